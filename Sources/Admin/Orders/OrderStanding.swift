internal import FlashSale
internal import SaleStore
internal import Time

/// An order, and what one has to know to do something with it: a value, from which follows what can be done, and what
/// will come of it. A lane decides in the end: the order can change meanwhile.
struct OrderStanding: Sendable {
  let record: OrderRecord

  /// Its sale; `nil`: there is none of its number.
  let sale: StoredSale?

  /// What its lane would know of it.
  let lane: LaneStock

  /// `nil`: it was refused, or no decision is known.
  let hold: Hold?

  /// When it was read: what is tried out comes at this time.
  let readAt: Timestamp

  /// Webhooks that were given up; at most as many as are shown.
  let deadLetters: [DeadLetter]
}

extension OrderStanding {
  init(_ history: OrderHistory, _ record: OrderRecord, in sale: StoredSale?, at now: Timestamp, _ letters: [DeadLetter])
  {
    self.init(
      record: record, sale: sale, lane: history.lane, hold: history.hold, readAt: now, deadLetters: letters)
  }

  /// The SKUs that it has units of, or waits for, each with the price at which they were won.
  var lines: [Hold.Line] { (hold?.liveLines ?? []).filter { $0.units > .zero } }

  /// Whether it has several lines, of which each is cancelled by itself.
  var isBasket: Bool { !record.lines.isEmpty }

  /// The captures of which something is not paid back yet.
  var refundable: [OrderRecord.Capture] {
    record.payments.filter { payment in
      PaymentID(rawValue: payment.paymentID).map { can(.refund($0, minor: 1)) } ?? false
    }
  }

  /// Whether the order allows it as it stands.
  func allows(_ action: OrderAction) -> Bool {
    switch action {
    case .cancel: can(.cancel(nil, of: nil))
    case .refund: !refundable.isEmpty
    case .extend: can(.extend)
    case .release: can(.release)
    case .resend: !deadLetters.isEmpty
    }
  }

  private func can(_ request: OrderRequest) -> Bool { (try? forecast(request)) != nil }
}
