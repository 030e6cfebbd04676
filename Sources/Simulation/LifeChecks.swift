internal import FlashSale
internal import Time

/// What the log makes of orders' lives, of stock and of money, reckoned without `decide`: from the records, first
/// decisions and the history alone. What a command must do is said by `verdict`.
struct LifeChecks {
  struct Life {
    let request: PurchaseRequest
    let offset: Offset
    /// The price of one unit of each line, when it was won or began to wait.
    let prices: [Int64]
    var state: Hold.State
    /// Units of each line of the order, live or not.
    var lines: [Int32]
    var due: Timestamp?
    var isOffer = false
    var lapsed = false
    /// How often it was extended.
    var extensions: Int32 = 0
    /// The number of its last event.
    var sequence: Int32 = 1
    /// What its units are paid with.
    var payment: PaymentID?

    /// What is to be paid for its units, in minor units.
    var cost: Int64 { zip(lines, prices).reduce(0) { $0 + Int64($1.0) * $1.1 } }

    var units: Int32 { lines.reduce(0, +) }
    var live: Int32 { state.isLive ? units : 0 }

    /// The stock of each line.
    var keys: [StockKey] { request.keys }
  }

  struct Shelf: Equatable {
    var left: Int32
    var reserved: Int32 = 0
    var putUp: Int32
    /// These, too, as commands have left them, up to the record that is looked at.
    var rules: SaleRules
    var priceMinor: Int64
    var isClosed = false
    let currency: String
    /// When units came back last, or somebody began to wait, units could be offered: the sale had time left for who
    /// waits to pay.
    var mustOffer = false

    func isOpen(at time: Timestamp) -> Bool { rules.startsAt <= time && time < rules.endsAt }

    /// Whether units can be offered now: who gets them has time to pay.
    func canOffer(at time: Timestamp) -> Bool {
      guard let waitlist = rules.holds?.waitlist, !isClosed else { return false }
      return min(time.after(seconds: waitlist.offerSeconds), rules.endsAt) >= time.after(seconds: waitlist.leastSeconds)
    }
  }

  /// What became of one capture, in minor units.
  struct Money {
    let order: OrderID
    let stock: StockKey
    let captured: Int64
    /// Whether it is of the order's own currency and was told of the right order, so that what is due stands there too.
    let isCounted: Bool
    var due: Int64
    var refunded: Int64 = 0

    var applied: Int64 { captured - due - refunded }
  }

  let shop: Shop
  var shelves: [StockKey: Shelf] = [:]
  var lives: [OrderID: Life] = [:]

  /// What the refused ones had asked for.
  var refused: [OrderID: StockKey] = [:]
  var bought: [LaneStock.Holder: Int32] = [:]
  var counted: [LaneStock.Subject: Int32] = [:]
  var lapses: [LaneStock.Holder: Int32] = [:]
  var lapsesBySubject: [LaneStock.Subject: Int32] = [:]

  /// The captures that the decided log has, each once.
  var money: [Payment.Key: Money] = [:]

  /// What the first command with each id asked for.
  var commands: [NamedCommand: CommandDigest] = [:]

  /// A command that is known by its id; without an order it is about the stock.
  struct NamedCommand: Hashable {
    let order: OrderID?
    let stock: StockKey
    let id: CommandID
  }

  init(_ shop: Shop) {
    self.shop = shop
    for (key, level) in shop.stock {
      shelves[key] = Shelf(
        left: level.left.rawValue, putUp: level.putUp.rawValue, rules: level.rules, priceMinor: level.price.minor,
        currency: level.price.currency)
    }
  }

  /// A record was decided, and this is all that was written of it: a first decision, and what it did.
  mutating func follow(
    _ record: LogRecord, _ order: SimulatedStore.Order?, _ history: ArraySlice<HistoryEntry>
  ) -> Violation? {
    guard shelves[record.stock] != nil else { return nil }
    switch record {
    case .place(let request):
      return order.flatMap { judge($0) } ?? judge(offers: history, at: request.acceptedAt)
    case .close(let key, let time):
      shelves[key]?.isClosed = true
      return judge(offers: history, at: time)
    case .order(let command): return judge(command, history)
    case .stock(let command): return judge(command, history)
    }
  }

  // MARK: Those who wait

  func waiting(for key: StockKey) -> [Life] {
    lives.values.filter { $0.request.stock == key && $0.state == .waiting }.sorted { $0.offset < $1.offset }
  }

  /// Whether what is left is kept for one who waits, and could be offered to her.
  func isKept(_ key: StockKey, at time: Timestamp) -> Bool {
    guard let shelf = shelves[key], let short = shelf.rules.holds?.waitlist?.short, short != .skip else { return false }
    return shelf.canOffer(at: time) && !waiting(for: key).isEmpty
  }

  /// Nobody new gets units that are kept for one who waits.
  func passed(over key: StockKey, at time: Timestamp) -> Violation? {
    guard isKept(key, at: time) else { return nil }
    return Violation(
      invariant: "waitlist", what: "units of \(key.sku) were kept for one who waits, and somebody new got them")
  }

  /// Nobody is offered units before one who waits, came first, and could have used them.
  func waiters(of key: StockKey, before offset: Offset, served units: Int32) -> Violation? {
    guard let rules = shelves[key]?.rules.holds?.waitlist else { return nil }
    let passed = waiting(for: key).filter { $0.offset < offset }
    guard let first = passed.first(where: { rules.short != .skip || $0.units <= units }) else { return nil }
    return Violation(invariant: "waitlist", what: "order \(first.request.order) waited longer, and was passed over")
  }

  mutating func noteChance(at time: Timestamp, of key: StockKey) {
    // The last one counts: by its time the sale's end can be too near for any offer.
    guard let shelf = shelves[key] else { return }
    shelves[key]?.mustOffer = shelf.canOffer(at: time)
  }
}

extension PurchaseRequest {
  var holder: LaneStock.Holder { LaneStock.Holder(sale: stock.sale, buyer: buyer) }

  /// The stock of each of its lines.
  var keys: [StockKey] { lines.map { StockKey(sale: stock.sale, sku: $0.sku) } }
}

extension Timestamp {
  func after(seconds: Int32) -> Timestamp { after(Int64(seconds) * 1_000_000) }
}
