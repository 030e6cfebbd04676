internal import FlashSale
internal import SaleStore

/// What a replay keeps of *living* sales: those with holds, and those of which anything but first decisions is stored.
///
/// (1) Of other sales a stretch loads what it needs from rows at lower offsets, which never change. The rows of lives
///     do: they say how an order stands now. So lives are kept from the log's first record on, and compared at its end.
/// (2) Its memory is bounded by the stock and by those who may wait, not by the crowd; `Limits` says how much.
struct Lives {
  /// A row of `subjects_held`.
  struct SubjectKey: Hashable {
    let order: OrderID
    let kind: SubjectKind
  }

  /// What it has by the log.
  struct SubjectValue: Hashable {
    let id: SubjectID
    var units: Units
    var isLapsed: Bool
    let position: LogPosition
  }

  let sales: Set<SaleNumber>

  /// Stock whose lane cannot be decided from its first record on: its rows are believed.
  var believed: Set<StockKey> = []

  /// Units that count for buyers, whether their sale limits them or not: a command can begin to.
  private(set) var units: [LaneStock.Holder: Int64] = [:]
  private(set) var subjects: [SubjectKey: SubjectValue] = [:]

  /// What `LaneStock.held` and `heldBySubject` are while a record of a living sale is decided.
  var held: [LaneStock.Holder: Units] = [:]
  var heldBySubject: [LaneStock.Subject: Units] = [:]

  /// By the rows: units of each stock, and the money of each sale and currency.
  var shelves: [StockKey: LiveShelf] = [:]
  var money: [MoneyKey: MoneySum] = [:]

  /// Payments that orders with units are paid with, by the orders' rows, and what these orders cost.
  var paying: [PaymentKey: Int64] = [:]

  init(_ sales: Set<SaleNumber>) { self.sales = sales }

  /// The units of a buyer, as a lane would load them.
  func held(by holder: LaneStock.Holder) -> Units {
    Units(Int32(clamping: min(units[holder] ?? 0, Int64(FlashSale.Limits.stockUnits))))
  }

  /// Takes in what a record has changed.
  ///
  /// - Parameter prior: the life of the order that it names, as it was before.
  mutating func take(_ effects: Effects, of record: LogRecord, prior: Hold?, in partition: Partition) {
    for order in effects.orders where order.outcome.isCounted {
      let request = order.request
      units[.init(sale: request.stock.sale, buyer: request.buyer), default: 0] += Int64(request.quantity.rawValue)
    }
    for change in effects.holds.values {
      // A life that this record begins was counted above, with all that it asked for.
      let begun = record.request.flatMap { $0.order == change.after.order ? $0.quantity : nil }
      let before = (change.before ?? prior)?.liveUnits ?? begun ?? .zero
      let holder = LaneStock.Holder(sale: change.after.stock.sale, buyer: change.after.buyer)
      units[holder, default: 0] += Int64(change.after.liveUnits.rawValue) - Int64(before.rawValue)
    }
    for count in effects.subjects {
      subjects[SubjectKey(order: count.order, kind: count.subject.kind)] = SubjectValue(
        id: count.subject.id, units: count.count, isLapsed: false,
        position: LogPosition(partition: partition, offset: count.offset))
    }
    for change in effects.subjectChanges {
      let key = SubjectKey(order: change.order, kind: change.subject.kind)
      subjects[key]?.units = change.count
      subjects[key]?.isLapsed = change.isLapse
    }
  }

  /// What the log has of such a row, once.
  mutating func takeSubject(_ key: SubjectKey) -> SubjectValue? { subjects.removeValue(forKey: key) }
}

/// The units of one stock by the rows of its orders.
struct LiveShelf {
  var reserved: Int64 = 0
  var sold: Int64 = 0

  mutating func add(_ units: Int64, _ state: Hold.State) {
    if state == .reserved { reserved += units } else if state.hasUnits { sold += units }
  }
}

/// Amounts of two currencies are never added.
struct MoneyKey: Hashable, Comparable {
  let sale: SaleNumber
  let currency: String

  static func < (a: Self, b: Self) -> Bool { (a.sale, a.currency) < (b.sale, b.currency) }
}

/// Payments as they are stored, valid or not.
struct PaymentKey: Hashable {
  let sale: SaleNumber
  let payment: String
}

/// The captures of one sale and currency by their rows. Nothing bounds how many there are.
struct MoneySum {
  var captured: Int128 = 0

  /// What the orders have of it that are paid with it.
  var applied: Int128 = 0
  var refundDue: Int128 = 0
  var refunded: Int128 = 0
}
