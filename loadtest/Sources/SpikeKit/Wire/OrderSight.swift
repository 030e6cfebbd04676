/// What an order's status, or a command's answer, says of the order.
struct OrderSight: Equatable, Sendable {
  enum State: String, CaseIterable, Sendable {
    case queued, waiting, reserved, confirmed, paid, fulfilled, released, expired, cancelled, lapsed, refunded, rejected
    case quarantined
    case refundDue = "refund_due"

    /// Whether its units are the buyer's, or held for her.
    var hasUnits: Bool {
      switch self {
      case .reserved, .confirmed, .paid, .fulfilled: true
      case .queued, .waiting, .released, .expired, .cancelled, .lapsed, .refunded, .rejected, .quarantined, .refundDue:
        false
      }
    }
  }

  let id: OrderID
  let state: State
  /// `nil` where the answer does not say it: then it is what was asked for.
  var units: Int?
  /// What its units cost.
  var minor = 0
  var currency = ""
  var refundDueMinor = 0
  /// Until when it has to be paid, and now, by the server's clock: microseconds since 1970.
  var due: Int64?
  var serverTime: Int64?
  /// Why it was rejected.
  var reason = ""
  var accepted: Int64?
  var decided: Int64?

  /// `nil` if the body is no such answer.
  init?(_ body: borrowing Span<UInt8>) {
    guard let text = FlatJSON.string("order_id", in: body), let id = OrderID(body, text),
      let word = FlatJSON.string("status", in: body), let state = State(rawValue: body.text(at: word))
    else { return nil }
    (self.id, self.state) = (id, state)
    units = FlatJSON.number("units", in: body)
    minor = FlatJSON.number("amount_minor", in: body) ?? 0
    currency = FlatJSON.string("currency", in: body).map { body.text(at: $0) } ?? ""
    refundDueMinor = FlatJSON.number("refund_due_minor", in: body) ?? 0
    due = FlatJSON.string("expires_at", in: body).flatMap { body.timestamp(at: $0) }
    serverTime = FlatJSON.string("server_time", in: body).flatMap { body.timestamp(at: $0) }
    reason = FlatJSON.string("reason", in: body).map { body.text(at: $0) } ?? ""
    accepted = FlatJSON.string("accepted_at", in: body).flatMap { body.timestamp(at: $0) }
    decided = FlatJSON.string("decided_at", in: body).flatMap { body.timestamp(at: $0) }
  }

  /// For tests.
  init(id: OrderID, _ state: State) { (self.id, self.state) = (id, state) }
}
