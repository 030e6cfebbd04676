internal import Accounts
internal import FlashSale
internal import Foundation
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import SaleStore

/// What an operator does with sales on pages.
struct SaleRoutes: Sendable {
  let desk: SaleDesk
  let approvals: ApprovalDesk

  func add(to pages: GuardedRoutes) {
    pages.at("admin/new-sale", get: .needs(.operate, new), post: .form(.operate, create))
    pages.at("admin/sales/{sale}/edit", get: .needs(.operate, edit), post: .form(.operate, save))
    addImports(to: pages)
    pages.at("admin/sales/{sale}/close", post: .form(.operate, close))
    pages.at("admin/sales/{sale}/restock", post: .form(.operate, restock))
  }

  @Sendable private func new(_ visit: Visit) async throws -> Response {
    var form = SaleForm()
    if let id = visit.query("from").flatMap(SaleID.init(rawValue:)) {
      let stored = try await desk.stored(id)
      form = SaleForm(copying: stored, zone: try await desk.zone(of: stored))
    }
    return .page(SaleFormPage.html(PageFrame(visit), form, changing: nil))
  }

  @Sendable private func create(_ visit: Visit, _ fields: FormFields) async throws -> Response {
    var form = SaleForm(fields)
    guard let sale = form.sale() else { return refused(visit, form, changing: nil) }
    do {
      _ = try await visit.logged(.saleCreated, sale.id.rawValue, to: sale.summary) { try await desk.create(sale) }
    } catch let problem as Problem where problem.code == .saleExists {
      form.errors["id"] = .reason(problem.detail ?? "")
      return refused(visit, form, changing: nil)
    }
    try await desk.keep(zone: form.zone, of: sale.id)
    return .toPage("/admin/sales/\(sale.id)")
  }

  func refused(_ visit: Visit, _ form: SaleForm, changing stored: StoredSale?, note: HTML = "") -> Response {
    .page(
      SaleFormPage.html(PageFrame(visit), form, changing: stored, note: note), status: .unprocessableContent)
  }

  @Sendable private func edit(_ visit: Visit) async throws -> Response {
    let stored = try await desk.stored(visit.parameter())
    let form = SaleForm(stored, zone: try await desk.zone(of: stored))
    return .page(SaleFormPage.html(PageFrame(visit), form, changing: stored))
  }

  @Sendable private func save(_ visit: Visit, _ fields: FormFields) async throws -> Response {
    let stored = try await desk.stored(visit.parameter())
    var form = SaleForm(fields)
    form.id = stored.sale.id.rawValue
    let (frame, state) = (PageFrame(visit), SaleForm.state(stored.sale))
    if let conflict = conflict(visit, &form, stored) { return conflict }
    guard let change = form.change(of: stored) else { return refused(visit, form, changing: stored) }
    do {
      let (actor, name) = (try visit.actor(reason: change.reason), CommandName(try fields.commandKey()))
      _ = try await visit.logged(
        .saleChanged, stored.sale.id.rawValue, from: state, to: SaleForm.state(form.sale() ?? stored.sale),
        why: change.reason
      ) { try await desk.change(stored.sale.id, change, named: name, by: actor) }
    } catch let problem as Problem where problem.responseStatus.code < 500 {
      return refused(visit, form, changing: stored, note: frame.alert(frame.say.detail(of: problem)))
    }
    try await desk.keep(zone: form.zone, of: stored.sale.id)
    return .toPage("/admin/sales/\(stored.sale.id)")
  }

  /// Tells what somebody else has changed since the form was loaded; `nil`: nothing.
  func conflict(_ visit: Visit, _ form: inout SaleForm, _ stored: StoredSale) -> Response? {
    let (frame, state) = (PageFrame(visit), SaleForm.state(stored.sale))
    if form.seen == state { return nil }
    let note = SaleFormPage.conflict(frame, now: state, seen: String(form.seen.prefix(2_000)))
    form.seen = state
    return .page(SaleFormPage.html(frame, form, changing: stored, note: note), status: .conflict)
  }

  @Sendable private func close(_ visit: Visit, _ form: FormFields) async throws -> Response {
    let id: SaleID = try visit.parameter()
    let reason = try form.reason()
    let outcome = try await approvals.run(.close, .saleClosed, id.rawValue, body: "{}", why: reason, by: visit) {
      try await desk.close(id)
    }
    if case .waits = outcome { return .toPage("/admin/approvals") }
    return .toPage("/admin/sales/\(id)")
  }

  @Sendable private func restock(_ visit: Visit, _ form: FormFields) async throws -> Response {
    let stored = try await desk.stored(visit.parameter())
    let reason = try form.reason()
    guard let sku = SKU(rawValue: form["sku"]), let item = stored.sale.item(sku) else {
      throw Problem.invalidParameter("sku", "is no SKU of the sale")
    }
    guard let number = Int32(form["units"]), (1...FlashSale.Limits.stockUnits).contains(number) else {
      throw Problem.invalidParameter("units", "must be 1 to \(FlashSale.Limits.stockUnits)")
    }
    let units = Units(number)
    guard form["confirmed"] == "yes" else {
      return .page(SaleActions.preview(PageFrame(visit), stored, item, units: units, reason: reason))
    }
    let (actor, name) = (try visit.actor(reason: reason), CommandName(try form.commandKey()))
    _ = try await visit.logged(.stockRestocked, "\(stored.sale.id)/\(sku)", to: "+\(units)", why: reason) {
      try await desk.command(stored.sale.id, sku, .restock(units), named: name, by: actor)
    }
    return .toPage("/admin/sales/\(stored.sale.id)")
  }
}

extension SaleDesk {
  /// The zone that a sale's times are shown in; UTC for one that was not made on a page.
  func zone(of stored: StoredSale?) async throws -> TimeZone {
    guard let stored else { return .gmt }
    let name = try await asking("show a zone") { [store] in try await store.zone(of: stored.number) }
    return name.flatMap(LocalTime.zone) ?? .gmt
  }

  /// The same of several sales; those that were not made on a page are left out.
  func zones(of sales: [StoredSale]) async throws -> [SaleNumber: TimeZone] {
    let names = try await asking("show zones") { [store] in try await store.zones(of: sales.map(\.number)) }
    return names.compactMapValues(LocalTime.zone)
  }

  func keep(zone: String, of id: SaleID) async throws {
    let stored = try await stored(id)
    try await asking("keep a zone", changes: "the zone may be kept") { [store] in
      try await store.keep(zone: zone, of: stored.number)
    }
  }
}
