internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import Hummingbird
internal import HummingbirdCore
internal import SaleStore
internal import Telemetry
internal import Time

/// The pages about orders and instants.
struct DeskPages: Sendable {
  let desk: SaleDesk

  func add(to pages: GuardedRoutes) {
    pages.at("admin/sales/{sale}/orders", get: .needs(.view, orders))
    pages.at("admin/sales/{sale}/moment", get: .needs(.view, moment))
    pages.at("admin/orders", get: .needs(.view, find))
    pages.at("admin/orders/{order}", get: .needs(.view, order))
    OrderActionPages(desk: desk).add(to: pages)
  }

  @Sendable private func orders(_ visit: Visit) async throws -> Response {
    let parameters = visit.request.uri.queryParameters
    let id: SaleID = try visit.parameter()
    let search = OrdersPage.Search(parameters: parameters.map { (name: String($0.key), value: String($0.value)) })
    let query: OrderQuery
    do throws(Problem) { query = try OrderQuery(parameters) } catch {
      let page = OrdersPage.html(visit.refusing(error), try await desk.stored(id), nil, search)
      return .page(page, status: error.responseStatus)
    }
    let showsBuyers = try visit.showsBuyers()
    let stored = try await desk.stored(id)
    let found = try await desk.orders(in: id, query)
    let frame = PageFrame(visit).showing(try await desk.zone(of: stored))
    guard showsBuyers else { return .page(OrdersPage.html(frame, stored, found.masked, search)) }
    return try await visit.logged(.buyersUnmasked, id.rawValue, to: query.words) {
      .page(OrdersPage.html(frame, stored, found, search))
    }
  }

  @Sendable private func order(_ visit: Visit) async throws -> Response {
    let id: OrderID = try visit.parameter()
    let showsBuyers = try visit.showsBuyers()
    let order = try await desk.standing(of: id, looksForDeadLetters: visit.may(OrderAction.resend.right))
    let frame = PageFrame(visit).showing(try await desk.zone(of: order.sale))
    var note = HTML.empty
    if let record = visit.query("record") { note = OrderResult.html(frame, order.record, record: record) }
    if let resent = visit.query("resent").flatMap({ Int($0) }) { note = OrderResult.html(frame, resent: resent) }
    guard showsBuyers else {
      return .page(OrderHistoryPage.html(frame, order.record.masked, isMasked: true, order, note: note))
    }
    return try await visit.logged(.buyersUnmasked, "\(id)") {
      .page(OrderHistoryPage.html(frame, order.record, isMasked: false, order, note: note))
    }
  }

  @Sendable private func moment(_ visit: Visit) async throws -> Response {
    let id: SaleID = try visit.parameter()
    let frame = PageFrame(visit).showing(try await desk.zone(of: desk.stored(id)))
    if let text = visit.query("at") {
      guard let at = Timestamp(rfc3339: text) else {
        throw Problem.invalidParameter("at", "must be a time of RFC 3339, such as 2026-11-11T00:00:03.250+08:00")
      }
      return .page(MomentPage.html(frame, try await desk.moment(of: id, at: at)))
    }
    guard let span = try await desk.span(of: id) else {
      return .page(MomentPage.html(frame, try await desk.moment(of: id, at: .now)))
    }
    let (first, last) = (span.lowerBound, span.upperBound)
    let after = visit.query("ms").map { Int64($0) ?? -1 } ?? last.microseconds(since: first) / 1_000 + 1
    guard (0...Int64(1e12)).contains(after) else { throw Problem.invalidParameter("ms", "must be 0 or more") }
    return .page(MomentPage.html(frame, try await desk.moment(of: id, at: first.after(.milliseconds(after)))))
  }

  /// By whatever a person has at hand: an order's id, a ticket, or a payment's id.
  @Sendable private func find(_ visit: Visit) async throws -> Response {
    guard let text = visit.query("q") else {
      return .page(OrdersPage.start(PageFrame(visit), try await desk.sales(.init(), at: .now).sales))
    }
    if let order = OrderID(text) { return .toPage("/admin/orders/\(order)") }
    let orders = try await orders(namedBy: text)
    guard let first = orders.first else {
      throw Problem(.orderNotFound, detail: "No order, payment or ticket is \(text.debugDescription.prefix(200)).")
    }
    if orders.count == 1 { return .toPage("/admin/orders/\(first.orderID)") }
    return .page(OrdersPage.several(PageFrame(visit), orders.map(\.masked)))
  }

  /// By a ticket it is one, by a payment perhaps several, each of another sale.
  private func orders(namedBy text: String) async throws -> [OrderRecord] {
    if let place = Ticket.place(of: text) {
      do { return [try await desk.order(at: place)] } catch let problem as Problem where problem.code == .orderNotFound
      {}
    }
    guard let payment = PaymentID(rawValue: text) else { return [] }
    return try await desk.orders(paidBy: payment)
  }
}
