internal import FlashSale
internal import SaleStore
internal import Time

/// An order, and what one has to know to do something with it: a value, from which follows what can be done, and what
/// will come of it. A lane decides in the end: the order can change meanwhile.
struct OrderStanding: Sendable {
  let record: OrderRecord

  /// Its sale; `nil`: there is none of its number.
  let sale: StoredSale?

  /// `nil`: it was refused, or no decision is known.
  let state: Hold.State?

  /// The SKUs that it has units of, or waits for, each with the price at which they were won.
  let lines: [Hold.Line]

  /// The hold's end, and how often it was extended; `nil` in any other state than `reserved`.
  let due: Timestamp?
  let extensions: Int32

  /// Whether its units were offered to one who waited.
  let isOffer: Bool

  /// Webhooks that were given up; at most as many as are shown.
  let deadLetters: [DeadLetter]
}

extension OrderStanding {
  init(_ record: OrderRecord, _ history: OrderHistory, in sale: StoredSale?, deadLetters: [DeadLetter]) {
    (self.record, self.sale, self.deadLetters) = (record, sale, deadLetters)
    let life = history.life
    let state = life?.state ?? (history.decision?.outcome == .confirmed ? .confirmed : nil)
    (due, extensions, isOffer) = (life?.due, life?.extensions ?? 0, life?.isOffer ?? false)
    self.state = state
    lines = Self.lines(history, in: sale, isLive: state?.isLive ?? false)
  }

  private static func lines(_ history: OrderHistory, in sale: StoredSale?, isLive: Bool) -> [Hold.Line] {
    guard isLive, let decision = history.decision else { return [] }
    if let life = history.life {
      let one = Hold.Line(sku: life.stock.sku, units: life.units, priceMinor: life.price.minor)
      return (life.lines.isEmpty ? [one] : life.lines).filter { $0.units > .zero }
    }
    func line(_ sku: SKU, _ units: Units) -> Hold.Line {
      Hold.Line(sku: sku, units: units, priceMinor: sale?.sale.item(sku)?.price.minor ?? 0)
    }
    if decision.lines.isEmpty { return [line(decision.stock.sku, decision.quantity)] }
    return decision.lines.map { line($0.sku, $0.quantity) }
  }

  /// Whether it has several lines, of which each is cancelled by itself.
  var isBasket: Bool { !record.lines.isEmpty }

  /// The captures of which something is not paid back yet.
  var refundable: [OrderRecord.Capture] { record.payments.filter { $0.captured > $0.refunded } }

  /// Until when the hold can be extended; `nil`: it cannot.
  var extended: Timestamp? {
    guard state == .reserved, let due, let sale, let rules = sale.sale.holds, extensions < rules.extensions else {
      return nil
    }
    let end = due.after(.seconds(Int64(rules.extensionSeconds)))
    let most = isOffer ? min(end, sale.sale.endsAt) : end
    return most > due ? most : nil
  }

  /// How often it can be extended still.
  var extensionsLeft: Int32 { max(0, (sale?.sale.holds?.extensions ?? 0) - extensions) }

  /// Whether the state allows it.
  func allows(_ action: OrderAction) -> Bool {
    switch action {
    case .cancel: state.map { $0.isLive && $0 != .fulfilled } ?? false
    case .refund: record.acceptedAt != nil && !refundable.isEmpty
    case .extend: extended != nil
    case .release: state == .reserved || state == .waiting
    case .resend: !deadLetters.isEmpty
    }
  }
}
