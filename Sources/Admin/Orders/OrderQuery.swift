internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import Hummingbird
internal import HummingbirdCore
internal import SaleStore
internal import Telemetry
internal import Time

/// What a search for orders asks, by the parameters of its query.
struct OrderQuery {
  private(set) var filter = OrderFilter()
  private(set) var cursor: OrderCursor?
  var asOf: OffsetVector?
  private(set) var limit = 50

  /// Reads it, or says which parameter is not valid. An empty parameter is none: forms send them.
  init(_ query: FlatDictionary<Substring, Substring>) throws(Problem) {
    func text(_ name: String) -> String? {
      query[Substring(name)].flatMap { $0.isEmpty ? nil : String($0) }
    }
    filter.buyer = try Self.value(text("buyer"), "buyer", "must be a buyer's id") { BuyerID(rawValue: $0) }
    filter.sku = try Self.value(text("sku"), "sku", "must be a SKU") { SKU(rawValue: $0) }
    filter.decision = try Self.value(
      text("outcome"), "outcome", "must be confirmed, waitlisted, rejected or a reason of a refusal"
    ) { OrderFilter.Decision($0) }
    if let state = text("state"), state == "rejected" {
      filter.decision = filter.decision ?? .rejected
    } else {
      filter.state = try Self.value(text("state"), "state", "must be a state of an order, or rejected") { name in
        Hold.State.allCases.first { $0.code == name }
      }
    }
    let time = "must be a time of RFC 3339, such as 2026-11-11T00:00:00+08:00"
    filter.from = try Self.value(text("from"), "from", time) { Timestamp(rfc3339: $0) }
    filter.until = try Self.value(text("until"), "until", time) { Timestamp(rfc3339: $0) }
    filter.includesRefused = try query.flag("refused")
    cursor = try Self.value(text("cursor"), "cursor", "must be as the page before has told it") { OrderCursor($0) }
    asOf = try query.vector()
    let most = SaleStore.foundOrdersMost
    limit =
      try Self.value(text("limit"), "limit", "must be 1 to \(most)") { text in
        Int(text).flatMap { (1...most).contains($0) ? $0 : nil }
      } ?? limit
  }

  private static func value<Value>(
    _ text: String?, _ name: String, _ rule: String, _ read: (String) -> Value?
  ) throws(Problem) -> Value? {
    guard let text else { return nil }
    guard let value = read(text) else { throw .invalidParameter(name, rule) }
    return value
  }
}

extension OrderQuery {
  /// What the admin log says of it.
  var words: String { filter.buyer.map { "orders of \(BuyerMask.text($0))" } ?? "orders" }
}

extension AdminAPI {
  @Sendable func findOrders(_ visit: Visit) async throws -> Response {
    let id: SaleID = try visit.parameter()
    let query = try OrderQuery(visit.request.uri.queryParameters)
    let showsBuyers = try visit.showsBuyers()
    let found = try await desk.orders(in: id, query)
    guard showsBuyers else { return try .json(found.masked) }
    return try await visit.logged(.buyersUnmasked, id.rawValue, to: query.words) { try .json(found) }
  }

  /// Orders by what a person has at hand: a payment's id, or a ticket.
  @Sendable func lookUpOrders(_ visit: Visit) async throws -> Response {
    let showsBuyers = try visit.showsBuyers()
    let orders: [OrderRecord]
    if let text = visit.query("payment") {
      guard let payment = PaymentID(rawValue: text) else {
        throw Problem.invalidParameter("payment", "must be a payment's id")
      }
      orders = try await desk.orders(paidBy: payment)
    } else {
      guard let text = visit.query("ticket"), let place = Ticket.place(of: text) else {
        throw Problem.invalidParameter("ticket", "must be a ticket, or payment a payment's id")
      }
      orders = [try await desk.order(at: place)]
    }
    guard showsBuyers else { return try .json(["orders": orders.map(\.masked)]) }
    let subject = orders.map { "\($0.orderID)" }.prefix(10).joined(separator: ", ")
    return try await visit.logged(.buyersUnmasked, subject) { try .json(["orders": orders]) }
  }
}
