internal import Accounts
public import FlashSale
public import SaleStore
public import Time

/// An order in the admin API: its first decision, where it stands, and, where it is asked for by its id, every record
/// that touched it.
public struct OrderRecord: Codable, Sendable, Hashable {
  /// A record that touched the order: the first decision (`place`), and each entry of the history.
  public struct Event: Codable, Sendable, Hashable {
    public let partition: Int32
    public let offset: Int64

    /// When the record was accepted.
    public let at: Timestamp

    /// `place`, or as `HistoryEntry.Action.code`.
    public let action: String

    /// The first outcome or the refusal's reason, or as `HistoryEntry.Result.code`.
    public let result: String

    /// By how much the order's live units have changed.
    public let units: Int32

    /// The same of each line of a basket; empty where none has changed, and for an order of one line.
    public let lineUnits: [Int32]

    /// Minor units of money that it moved.
    public let amountMinor: Int64

    /// Where the order stood behind it; `null`: there was none.
    @Nullable public private(set) var state: String?

    /// The end of the hold, where an extension or an offer has set it; `null`: it did not.
    @Nullable public private(set) var expiresAt: Timestamp?

    /// Its number among the order's events; 0: it changed nothing.
    public let sequence: Int32
    public let by: String
    public let reason: String

    private enum CodingKeys: String, CodingKey {
      case partition, offset, at, action, result, units, state, sequence, by, reason
      case amountMinor = "amount_minor"
      case lineUnits = "line_units"
      case expiresAt = "expires_at"
    }
  }

  /// One line of a basket, as it stands.
  public struct Line: Codable, Sendable, Hashable {
    public let sku: SKU

    /// What the order asked for.
    public let quantity: Int32

    /// What of it counts for the buyer by now.
    public let units: Int32

    private enum CodingKeys: String, CodingKey {
      case sku, quantity, units
    }
  }

  /// One capture, in minor units of its currency.
  public struct Capture: Codable, Sendable, Hashable {
    public let paymentID: String
    public let currency: String
    public let captured: Int64
    public let applied: Int64
    public let refundDue: Int64
    public let refunded: Int64

    private enum CodingKeys: String, CodingKey {
      case currency, captured, applied, refunded
      case paymentID = "payment_id"
      case refundDue = "refund_due"
    }
  }

  public let orderID: OrderID
  @Nullable public private(set) var sale: String?

  /// Of a basket, of its first line.
  @Nullable public private(set) var sku: String?

  /// All lines of a basket, in the buyer's order; empty for an order of one line.
  public let lines: [Line]
  @Nullable public private(set) var buyer: String?

  /// By the first decision; `unknown`: there is none, and a command or a payment has named it.
  public let outcome: String
  @Nullable public private(set) var reason: String?

  /// The SKU for which a basket is refused.
  @Nullable public private(set) var refusedSKU: String?
  @Nullable public private(set) var acceptedAt: Timestamp?
  @Nullable public private(set) var decidedAt: Timestamp?

  /// As `Hold.State.code`, or `rejected`, or `unknown`.
  public let state: String
  public let units: Int32
  @Nullable public private(set) var amountMinor: Int64?
  @Nullable public private(set) var currency: String?

  /// Until when unpaid units are held.
  @Nullable public private(set) var expiresAt: Timestamp?

  public let payments: [Capture]
  public let events: [Event]

  private enum CodingKeys: String, CodingKey {
    case sale, sku, lines, buyer, outcome, reason, state, units, currency, payments, events
    case orderID = "order_id"
    case refusedSKU = "refused_sku"
    case acceptedAt = "accepted_at"
    case decidedAt = "decided_at"
    case amountMinor = "amount_minor"
    case expiresAt = "expires_at"
  }
}

extension OrderRecord {
  /// Everything about one order.
  init(_ order: OrderID, _ history: OrderHistory) {
    let (decision, hold) = (history.decision, history.hold)
    let living = decision.map {
      LivingOrder(decision: $0, life: history.life, price: hold?.price, lines: hold?.lines ?? [])
    }
    self.init(
      order, sale: history.sale?.rawValue, living, payments: history.payments.map(Capture.init),
      events: (decision.map { [Event(placing: $0)] } ?? []) + history.entries.map(Event.init))
  }

  /// One of a buyer's orders, without its records.
  init(_ living: LivingOrder, in sale: SaleID) {
    self.init(
      living.decision.order, sale: sale.rawValue, living, payments: [], events: [Event(placing: living.decision)])
  }

  /// As those see it who may not know the buyer.
  var masked: OrderRecord {
    var masked = self
    masked.buyer = buyer.flatMap(BuyerID.init(rawValue:)).map(BuyerMask.text)
    return masked
  }

  private init(
    _ order: OrderID, sale: String?, _ living: LivingOrder?, payments: [Capture], events: [Event]
  ) {
    orderID = order
    self.sale = sale
    let decision = living?.decision
    sku = decision?.stock.sku.rawValue
    let isLive = living.map { $0.liveUnits > .zero } ?? false
    lines =
      decision?.lines.map { line in
        let units = living?.lines.first { $0.sku == line.sku }?.units ?? .zero
        return Line(sku: line.sku, quantity: line.quantity.rawValue, units: isLive ? units.rawValue : 0)
      } ?? []
    refusedSKU = decision?.refusedSKU?.rawValue
    buyer = decision?.buyer.rawValue
    outcome = decision.map(\.outcome.name) ?? "unknown"
    if case .rejected(let refusal)? = decision?.outcome { reason = refusal.code }
    (acceptedAt, decidedAt) = (decision?.acceptedAt, decision?.decidedAt)
    state = living?.state ?? "unknown"
    units = living?.liveUnits.rawValue ?? 0
    (amountMinor, currency) = (living?.amount?.minor, living?.amount?.currency)
    expiresAt = living?.life?.due
    self.payments = payments
    self.events = events
  }
}

extension OrderRecord.Event {
  fileprivate init(placing decision: StoredOrder) {
    partition = decision.position.partition.rawValue
    offset = decision.position.offset.rawValue
    at = decision.acceptedAt
    action = "place"
    if case .rejected(let refusal) = decision.outcome { result = refusal.code } else { result = decision.outcome.name }
    units = decision.outcome.isCounted ? decision.quantity.rawValue : 0
    lineUnits = decision.outcome.isCounted ? decision.lines.map(\.quantity.rawValue) : []
    amountMinor = 0
    state = nil
    expiresAt = nil
    sequence = decision.outcome.isCounted ? 1 : 0
    by = Actor.buyer.name
    reason = ""
  }

  fileprivate init(_ entry: StoredEntry) {
    partition = entry.position.partition.rawValue
    offset = entry.position.offset.rawValue
    at = entry.at
    action = entry.action.code
    result = entry.result.code
    units = entry.units
    lineUnits = entry.lineUnits
    amountMinor = entry.minor
    state = entry.state?.code
    expiresAt = entry.due
    sequence = entry.sequence
    by = entry.by
    reason = entry.reason
  }
}

extension OrderRecord.Capture {
  fileprivate init(_ payment: Payment) {
    paymentID = payment.key.id.rawValue
    currency = payment.currency
    captured = payment.captured
    applied = payment.applied
    refundDue = payment.refundDue
    refunded = payment.refunded
  }
}

extension Outcome {
  var name: String {
    switch self {
    case .confirmed: "confirmed"
    case .waitlisted: "waitlisted"
    case .rejected: "rejected"
    }
  }
}

/// A page of orders that were looked for.
public struct FoundOrders: Codable, Sendable {
  public let orders: [OrderRecord]

  /// The cursor of the next page; `null`: there is none.
  @Nullable public private(set) var next: String?

  /// The vector that all pages of the search are as of, as `OffsetVector` writes it.
  public let asOf: String

  /// Orders that were looked at for this page.
  public let searched: Int

  /// As those see it who may not know the buyers.
  var masked: FoundOrders {
    FoundOrders(orders: orders.map(\.masked), next: next, asOf: asOf, searched: searched)
  }

  private enum CodingKeys: String, CodingKey {
    case orders, next, searched
    case asOf = "as_of"
  }

  init(orders: [OrderRecord], next: String?, asOf: String, searched: Int) {
    (self.orders, self.asOf, self.searched) = (orders, asOf, searched)
    self.next = next
  }
}

extension OrderRecord {
  /// The money that a record moved. `nil`: none; or its captures are of several currencies, and a record does not tell
  /// which it is of.
  func amount(of event: Event) -> Money? {
    let currencies = Set(payments.map(\.currency) + [currency].compactMap(\.self))
    guard event.amountMinor != 0, currencies.count == 1, let currency = currencies.first else { return nil }
    return Money(minor: event.amountMinor, currency: currency)
  }
}

/// An order's records for the terminal.
public enum OrderText {
  /// The order, its captures and every record that touched it, ending with a line feed. Times are UTC.
  public static func text(_ order: OrderRecord) -> String {
    var lines = [head(order)]
    for line in order.lines { lines.append("line \(line.sku): \(line.quantity) asked for, \(line.units) live") }
    if let expires = order.expiresAt { lines.append("held until \(expires)") }
    for payment in order.payments {
      func words(_ minor: Int64) -> String { "\(Money(minor: minor, currency: payment.currency))" }
      lines.append(
        "payment \(payment.paymentID): captured \(words(payment.captured)), applied \(words(payment.applied)), "
          + "refund due \(words(payment.refundDue)), refunded \(words(payment.refunded))")
    }
    if !order.events.isEmpty { lines.append("") }
    let rows = order.events.map { event in
      [
        "\(event.partition)@\(event.offset)", "\(event.at)", event.action, event.result,
        (event.state.map { "→ \($0)" } ?? "") + (event.expiresAt.map { " until \($0)" } ?? ""), unitsText(of: event),
        amountText(of: event, order),
        "by \(event.by)" + (event.reason.isEmpty ? "" : " (\(event.reason))"),
      ]
    }
    return (lines + aligned(rows)).joined(separator: "\n") + "\n"
  }

  private static func amountText(of event: OrderRecord.Event, _ order: OrderRecord) -> String {
    if let amount = order.amount(of: event) { return "\(amount)" }
    return event.amountMinor == 0 ? "" : "\(event.amountMinor) minor units"
  }

  /// As `+2`, and with each line of a basket as `+3 (+2, +1)`.
  private static func unitsText(of event: OrderRecord.Event) -> String {
    func signed(_ units: Int32) -> String { "\(units > 0 ? "+" : "")\(units)" }
    guard event.units != 0 else { return "" }
    guard !event.lineUnits.isEmpty else { return signed(event.units) }
    return "\(signed(event.units)) (\(event.lineUnits.map(signed).joined(separator: ", ")))"
  }

  /// One line for each order.
  public static func text(_ found: FoundOrders) -> String {
    let lines = found.orders.map(head)
    let more =
      found.orders.isEmpty && found.next == nil ? ["The buyer has no decided order in this sale."] : []
    return (lines + more).joined(separator: "\n") + "\n"
  }

  private static func head(_ order: OrderRecord) -> String {
    let refusal = order.reason.map { reason in reason + (order.refusedSKU.map { " of \($0)" } ?? "") }
    var words = ["order \(order.orderID)", refusal.map { "\(order.state): \($0)" } ?? order.state]
    if let sale = order.sale, let sku = order.sku {
      words.append("\(sale)/\(order.lines.isEmpty ? sku : order.lines.map(\.sku.rawValue).joined(separator: "+"))")
    }
    if let buyer = order.buyer { words.append("buyer \(buyer)") }
    words.append("\(order.units) units")
    if let minor = order.amountMinor, let currency = order.currency {
      words.append("\(Money(minor: minor, currency: currency))")
    }
    return words.joined(separator: "  ")
  }

  private static func aligned(_ rows: [[String]]) -> [String] {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    return rows.map { row in
      zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
        .joined(separator: "  ")
    }.map { line in String(line.reversed().drop { $0 == " " }.reversed()) }
  }
}
