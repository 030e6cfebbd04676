internal import Accounts
internal import FlashSale
internal import Foundation
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import SaleStore
internal import Time

/// What an operator does with sales on pages.
struct SaleRoutes: Sendable {
  let desk: SaleDesk
  let approvals: ApprovalDesk

  func add(to pages: GuardedRoutes) {
    pages.at("admin/new-sale", get: .needs(.operate, new), post: .form(.operate, create))
    pages.at("admin/sales/{sale}/edit", get: .needs(.operate, edit), post: .form(.operate, save))
    addImports(to: pages)
    pages.at("admin/sales/{sale}/close", post: .form(.operate) { try await answer($0, $1, .close, close) })
    pages.at("admin/sales/{sale}/restock", post: .form(.operate) { try await answer($0, $1, .restock, restock) })
  }

  private func answer(
    _ visit: Visit, _ fields: FormFields, _ form: SaleActions.Form,
    _ perform: @Sendable (Visit, FormFields) async throws -> Response
  ) async throws -> Response {
    let sale = try await desk.stored(visit.parameter()).sale
    return try await visit.answer(fields, on: "/admin/sales/\(sale.id)") {
      try await perform(visit, fields)
    } again: { frame in
      SaleActions.again(frame, sale, form)
    }
  }

  @Sendable private func new(_ visit: Visit) async throws -> Response {
    var form = SaleForm()
    if let id = visit.query("from").flatMap(SaleID.init(rawValue:)) {
      let stored = try await desk.stored(id)
      form = SaleForm(copying: stored, zone: try await desk.zone(of: stored))
    }
    return .page(SaleFormPage.html(PageFrame(visit), form, try await origin(of: form)))
  }

  /// What the form of a new sale is a copy of, as it is now.
  func origin(of form: SaleForm) async throws -> SaleForm.Origin {
    guard let id = SaleID(rawValue: form.source) else { return .nothing }
    return .copy(of: try await desk.stored(id).sale)
  }

  @Sendable private func create(_ visit: Visit, _ fields: FormFields) async throws -> Response {
    var form = SaleForm(fields)
    let origin = try await origin(of: form)
    let wanted = form.sale(origin)
    do throws(Problem) { _ = try fields.reason() } catch { form.errors["reason"] = .reason(error.detail ?? "") }
    guard let sale = wanted, form.errors.isEmpty else { return refused(visit, form, origin) }
    do {
      _ = try await visit.logged(.saleCreated, sale.id.rawValue, to: sale.summary, why: form.reason) {
        try await desk.create(sale)
      }
    } catch let problem as Problem where problem.code == .saleExists {
      form.errors["id"] = .reason(problem.detail ?? "")
      return refused(visit, form, origin)
    }
    try await desk.keep(zone: form.zone, of: sale.id)
    return .toPage("/admin/sales/\(sale.id)")
  }

  func refused(_ visit: Visit, _ form: SaleForm, _ origin: SaleForm.Origin, note: HTML = "") -> Response {
    .page(SaleFormPage.html(PageFrame(visit), form, origin, note: note), status: .unprocessableContent)
  }

  @Sendable private func edit(_ visit: Visit) async throws -> Response {
    // Its version before its rules: what changes in between is in conflict, and not overwritten.
    let version = try await desk.edit(of: desk.stored(visit.parameter()))?.version ?? 0
    let stored = try await desk.stored(visit.parameter())
    let zone = try await desk.zone(of: stored)
    let form = SaleForm(stored, zone: zone, version: version)
    return .page(SaleFormPage.html(PageFrame(visit), form, .change(stored.sale)))
  }

  @Sendable private func save(_ visit: Visit, _ fields: FormFields) async throws -> Response {
    let stored = try await desk.stored(visit.parameter())
    let (id, zone, name) = (stored.sale.id, try await desk.zone(of: stored), CommandName(try fields.commandKey()))
    let (frame, origin) = (PageFrame(visit), SaleForm.Origin.change(stored.sale))
    var form = SaleForm(fields)
    form.id = id.rawValue
    // A form that is sent twice is its own last change.
    let isOwn = try await desk.edit(of: stored)?.command == name.id
    if !isOwn, let conflict = try await conflict(visit, &form, stored) { return conflict }
    switch form.result(for: stored.sale) {
    case .wrong: return refused(visit, form, origin)
    case .nothing where isOwn: return .toPage("/admin/sales/\(id)")
    case .nothing:
      guard form.zone != zone.identifier else {
        return refused(visit, form, origin, note: frame.alert(frame.say(SaleWords.nothingChanged)))
      }
      try await visit.logged(.saleChanged, id.rawValue, from: zone.identifier, to: form.zone, why: form.reason) {
        try await desk.keep(zone: form.zone, of: id)
      }
      return .toPage("/admin/sales/\(id)")
    case .change(let asked):
      do {
        let outcome = try await approvals.change(
          stored, asked.change, body: asked.body, named: name, from: form.version ?? 0, by: visit)
        if form.zone != zone.identifier { try await desk.keep(zone: form.zone, of: id) }
        guard case .done(let effects) = outcome else { return .toPage("/admin/approvals") }
        return .toPage("/admin/sales/\(id)\(effects.isDecided ? "" : "?queued=1")")
      } catch is OutdatedEdit {
        return try await conflict(visit, &form, stored)
          ?? refused(visit, form, origin, note: frame.alert(frame.say(SaleWords.changedMeanwhile)))
      } catch let problem as Problem where problem.responseStatus.code < 500 {
        return refused(visit, form, origin, note: frame.alert(frame.say.detail(of: problem)))
      }
    }
  }

  /// Tells what somebody else has changed since the form was loaded; `nil`: nothing. The form then has what there is
  /// now to compare with.
  func conflict(_ visit: Visit, _ form: inout SaleForm, _ loaded: StoredSale) async throws -> Response? {
    let edit = try await desk.settledEdit(of: loaded)
    let stored = try await desk.stored(loaded.sale.id)
    let differences = SeenSale(form.seen)?.differences(from: stored.sale)
    let isLast = edit?.version ?? 0 == form.version ?? 0
    if isLast, edit?.isSettled ?? true, differences == [] { return nil }
    let frame = PageFrame(visit)
    let zone = LocalTime.zone(form.zone) ?? .gmt
    let note = SaleConflict.html(frame, stored.sale, differences ?? [], edit, in: zone)
    (form.seen, form.version) = (SeenSale(stored.sale).text, edit?.version)
    return .page(SaleFormPage.html(frame, form, .change(stored.sale), note: note), status: .conflict)
  }

  @Sendable private func close(_ visit: Visit, _ form: FormFields) async throws -> Response {
    let id: SaleID = try visit.parameter()
    let reason = try form.reason()
    guard form["confirmed"] == "yes" else {
      let stored = try await desk.stored(id)
      let report = try await desk.report(on: stored, countsAnew: false)
      return .page(SaleActions.closing(PageFrame(visit), stored, inLine: report.requests.inFlight, reason: reason))
    }
    let (actor, name) = (try visit.actor(reason: reason), CommandName(try form.commandKey()))
    let from = try await desk.stored(id).standing(at: .now)
    let outcome = try await approvals.run(
      .close, .saleClosed, id.rawValue, from: from, to: "closed", body: ApprovalDesk.plainClose, named: name,
      why: reason, by: visit
    ) { try await desk.close(id, named: name, by: actor) }
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
      let forecast = try RestockForecast(units, of: item, in: stored, at: .now)
      let waiting = try await desk.firstWaiting(for: [sku], of: stored)[sku] ?? []
      let frame = PageFrame(visit).showing(try await desk.zone(of: stored))
      return .page(SaleActions.preview(frame, stored, forecast, waiting: waiting, reason: reason))
    }
    let (actor, name) = (try visit.actor(reason: reason), CommandName(try form.commandKey()))
    _ = try await visit.logged(
      .stockRestocked, "\(stored.sale.id)/\(sku)", from: stored.words(for: sku), to: "+\(units)", why: reason
    ) {
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
