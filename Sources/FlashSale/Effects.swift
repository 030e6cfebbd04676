/// What records change in the store: sets, whatever the records asked for. Those who use them handle sets, and never
/// kinds of records.
///
/// (1) A record adds to some of the sets, or to none: closing what is closed changes nothing.
/// (2) `orders` and `quarantined` are in the order of the log.
public struct Effects: Hashable, Sendable {
  /// A first decision.
  public struct Order: Hashable, Sendable {
    public let offset: Offset
    public let request: PurchaseRequest
    public let outcome: Outcome

    /// Which of its lines a basket is refused for, from 0; 0 for any other order. In a byte that costs nothing.
    public let refusedLine: UInt8

    /// Creates a first decision of the request at this offset.
    public init(offset: Offset, request: PurchaseRequest, outcome: Outcome, refusedLine: UInt8 = 0) {
      self.offset = offset
      self.request = request
      self.outcome = outcome
      self.refusedLine = refusedLine
    }
  }

  /// A record that can't be decided: it is kept whole, for a person.
  public struct Quarantined: Hashable, Sendable {
    public let offset: Offset
    public let error: String
  }

  /// What a confirmed order counts for a limit subject (I9).
  public struct SubjectCount: Hashable, Sendable {
    public let subject: LaneStock.Subject
    public let count: Units
    public let order: OrderID
    public let offset: Offset

    /// Creates a count.
    public init(subject: LaneStock.Subject, count: Units, order: OrderID, offset: Offset) {
      self.subject = subject
      self.count = count
      self.order = order
      self.offset = offset
    }
  }

  /// First decisions.
  public private(set) var orders: [Order] = []

  /// Which of them are baskets.
  private var basketPlaces: [Int] = []

  /// Those of the first decisions that are baskets; in the order of the log.
  public var baskets: [Order] { basketPlaces.map { orders[$0] } }

  /// Counts of those of them that are confirmed, for their limit subjects; in the order of the log.
  public private(set) var subjects: [SubjectCount] = []

  /// Stock whose level changed; the state has the new levels.
  public private(set) var stock: Set<StockKey> = []

  /// How many requests of each sale repeat an order that has its outcome.
  public private(set) var repeats: [SaleNumber: Int] = [:]

  /// An order's life as it was before the batch, and as it is behind it.
  public struct HoldChange: Hashable, Sendable {
    /// `nil`: the batch begins it.
    public let before: Hold?
    public let after: Hold

    /// Creates a change.
    public init(before: Hold?, after: Hold) {
      self.before = before
      self.after = after
    }
  }

  /// A payment as it was before the batch, and as it is behind it.
  public struct PaymentChange: Hashable, Sendable {
    /// `nil`: the batch begins it.
    public let before: Payment?
    public let after: Payment
  }

  /// What an order counts for a limit subject from now on, where it gave something back.
  public struct SubjectChange: Hashable, Sendable {
    public let order: OrderID
    public let subject: LaneStock.Subject
    public let count: Units

    /// Whether its hold has lapsed.
    public let isLapse: Bool
  }

  /// Lives of orders that changed.
  public private(set) var holds: [OrderID: HoldChange] = [:]

  /// Payments that changed.
  public private(set) var payments: [Payment.Key: PaymentChange] = [:]

  /// What orders gave back, in the order of the log; the last one of an order and a subject counts.
  public private(set) var subjectChanges: [SubjectChange] = []

  /// Of each order and subject, the last change.
  public var lastSubjectChanges: [SubjectChange] {
    struct Key: Hashable {
      let order: OrderID
      let subject: LaneStock.Subject
    }
    var places: [Key: Int] = [:]
    var last: [SubjectChange] = []
    for change in subjectChanges {
      let key = Key(order: change.order, subject: change.subject)
      if let place = places[key] {
        last[place] = change
      } else {
        places[key] = last.count
        last.append(change)
      }
    }
    return last
  }

  /// What records did that are no first decision, and why some did nothing.
  public private(set) var history: [HistoryEntry] = []

  /// Records that can't be decided.
  public private(set) var quarantined: [Quarantined] = []

  /// Changes nothing.
  public init() {}

  /// Makes room for what so many requests more will add.
  public mutating func reserveCapacity(_ requests: Int) { orders.reserveCapacity(orders.count + requests) }

  /// Adds a first decision. Offsets come in their order.
  public mutating func decide(_ request: PurchaseRequest, at offset: Offset, _ outcome: Outcome) {
    orders.append(Order(offset: offset, request: request, outcome: outcome))
  }

  /// Adds the first decision of a basket.
  mutating func decide(basket request: PurchaseRequest, at offset: Offset, _ outcome: Outcome, refusedLine: Int = 0) {
    basketPlaces.append(orders.count)
    orders.append(Order(offset: offset, request: request, outcome: outcome, refusedLine: UInt8(refusedLine)))
  }

  /// Adds what a confirmed order counts for a subject. Offsets come in their order.
  public mutating func count(_ count: SubjectCount) { subjects.append(count) }

  /// Adds a level that changed.
  public mutating func change(_ key: StockKey) { stock.insert(key) }

  /// Adds a life that changed.
  mutating func change(_ hold: Hold, from before: Hold?) {
    holds[hold.order] = HoldChange(
      before: holds[hold.order].map(\.before) ?? before.flatMap { $0.isImplied ? nil : $0 }, after: hold)
  }

  /// Adds a payment that changed.
  mutating func change(_ payment: Payment, from before: Payment?) {
    payments[payment.key] = PaymentChange(before: payments[payment.key].map(\.before) ?? before, after: payment)
  }

  /// Adds what an order gave back.
  mutating func change(_ change: SubjectChange) { subjectChanges.append(change) }

  /// Adds what a record did. Offsets come in their order.
  mutating func note(_ entry: HistoryEntry) {
    var entry = entry
    if let last = history.last, last.offset == entry.offset { entry.place = last.place + 1 }
    history.append(entry)
  }

  /// Adds a request of an order that has its outcome.
  public mutating func repeated(_ sale: SaleNumber) { repeats[sale, default: 0] += 1 }

  /// Adds a record that can't be decided. Offsets come in their order.
  public mutating func quarantine(_ offset: Offset, error: String) {
    quarantined.append(Quarantined(offset: offset, error: error))
  }
}
