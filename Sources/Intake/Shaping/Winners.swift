internal import FlashSale
internal import SaleStore
internal import Synchronization
internal import Time

/// The orders of one sale that have won units, at once or after they waited, by 62 bits of their ids: so that a winner
/// who asks again is not told that nothing is left (I2). Read by all threads without a lock, written by one.
///
/// (1) A thread that has seen something published after an insertion finds the inserted order.
/// (2) An order that was not inserted can be found, once in 2^62 for each winner: a caller that finds one asks the
///     store.
/// (3) While `isComplete`, the set has every winner up to each level that the sale's gauges tell, and up to the sale's
///     end where they tell that it is settled. That is `RefusalGrounds`' to keep.
/// (4) It grows by further tables, each four times as large as the one before. What is in a table stays there. A sale
///     of up to `firstRoom` winners has one table.
///
/// `@unchecked Sendable`: `tables` is never changed, and all that it leads to is `Atomic`, which is Sendable. `writing`
/// is only used by `insert`, and so by one thread at a time: its one caller is an actor, `Refresher`.
final class Winners: @unchecked Sendable {
  /// A hash table with open addressing and linear probing: its slots hold ids, or 0. An id is never 0, because the
  /// second half of a UUID begins with the bits 10 (RFC 9562 §4.1).
  private typealias Slots = UnsafeMutablePointer<Atomic<UInt64>>

  /// Orders that the first table takes at most. It is there before the first order.
  private static let firstRoom = 16_384
  /// More than `Limits.winners` can ask for.
  private static let tablesMax = 20

  /// One after another; the rest are not there yet.
  private let tables: UnsafeMutablePointer<Atomic<Slots?>>
  private let firstCount: Int
  private let most: Int
  private let inserted = Atomic<Int>(0)
  private let complete = Atomic<Bool>(true)
  /// For the writer: where it inserts, and how many are in there.
  private var writing = (table: 0, count: 0)

  /// An empty set.
  ///
  /// - Parameters:
  ///   - room: for how many orders there is room before it grows: as many as a sale has units. More can win, since
  ///     units come back and are put up later.
  ///   - most: orders that it takes.
  init(room: Int, most: Int = Limits.winners) {
    self.most = most
    // At most two of three slots are taken, so that a search is short and always ends at a free one.
    let first = min(room, most, Self.firstRoom)
    let least = max(8, first + first / 2)
    firstCount = 1 << (Int.bitWidth - (least - 1).leadingZeroBitCount)
    tables = .allocate(capacity: Self.tablesMax)
    for table in 0..<Self.tablesMax { (tables + table).initialize(to: Atomic(nil)) }
    add(table: 0)
  }

  deinit {
    for table in 0..<Self.tablesMax {
      guard let slots = tables[table].load(ordering: .acquiring) else { break }
      slots.deinitialize(count: slotCount(of: table))
      slots.deallocate()
    }
    tables.deinitialize(count: Self.tablesMax)
    tables.deallocate()
  }

  private func slotCount(of table: Int) -> Int { firstCount << (2 * table) }

  private func add(table: Int) {
    let count = slotCount(of: table)
    let slots = Slots.allocate(capacity: count)
    for index in 0..<count { (slots + index).initialize(to: Atomic(0)) }
    tables[table].store(slots, ordering: .releasing)
  }

  /// Orders in it.
  var count: Int { inserted.load(ordering: .relaxed) }

  /// Whether who is not in it has not won, see (3). It does not come back once it is gone.
  var isComplete: Bool { complete.load(ordering: .acquiring) }

  /// Says that it is not kept up from here on.
  func abandon() { complete.store(false, ordering: .releasing) }

  /// Puts an order in; one that is there already changes nothing. One too many is left out, and the set is no longer
  /// complete. For one writer.
  func insert(_ order: OrderID) {
    guard !contains(order) else { return }
    guard count < most else { return abandon() }
    if writing.count >= slotCount(of: writing.table) / 3 * 2, writing.table + 1 < Self.tablesMax {
      writing = (writing.table + 1, 0)
      add(table: writing.table)
    }
    guard let slots = tables[writing.table].load(ordering: .relaxed) else { return abandon() }
    slots[Self.place(of: order, in: slots, count: slotCount(of: writing.table))].store(order.low, ordering: .relaxed)
    writing.count += 1
    inserted.store(count + 1, ordering: .relaxed)
  }

  /// Whether an order has won, as far as is known; see (1) and (2).
  func contains(_ order: OrderID) -> Bool {
    for table in 0..<Self.tablesMax {
      guard let slots = tables[table].load(ordering: .acquiring) else { return false }
      let place = Self.place(of: order, in: slots, count: slotCount(of: table))
      if slots[place].load(ordering: .relaxed) == order.low { return true }
    }
    return false
  }

  /// The slot that has the order, or the first free one where it would be.
  private static func place(of order: OrderID, in slots: Slots, count: Int) -> Int {
    let mask = count - 1
    var index = Int(truncatingIfNeeded: order.low) & mask
    while true {
      let found = slots[index].load(ordering: .relaxed)
      if found == order.low || found == 0 { return index }
      index = (index + 1) & mask
    }
  }
}

extension Winners {
  /// Of these sales, those whose winners are kept: who can still sell come first, then the newest. A sale that needs
  /// more room than is left of `Limits.winners` is left out.
  ///
  /// - Parameter known: winners that are kept by now. There can be more of them than units are sold, because one who
  ///   has cancelled since counts as well.
  static func kept(
    of sales: [StoredSale], knowing known: (SaleNumber) -> Int, at time: Timestamp
  ) -> Set<SaleNumber> {
    var room = Limits.winners
    var kept: Set<SaleNumber> = []
    let isOver = { (sale: StoredSale) in sale.closedAt != nil || sale.sale.endsAt <= time }
    for sale in sales.filter({ !isOver($0) }) + sales.filter(isOver) {
      // A winner has one unit or more. The first table is there even if nobody has won.
      let orders = max(sale.unitsSold, known(sale.number), min(sale.sale.unitsPutUp, firstRoom))
      guard orders <= room else { continue }
      room -= orders
      kept.insert(sale.number)
    }
    return kept
  }
}

extension StoredSale {
  /// Units sold, of all SKUs together; those of a SKU whose level is not known count as sold.
  fileprivate var unitsSold: Int {
    sale.items.reduce(0) { $0 + Int($1.stock.rawValue - (stock[$1.sku]?.left.rawValue ?? 0)) }
  }
}

extension Sale {
  /// Units put on sale, of all SKUs together: at most `Limits.saleItems` × `Limits.stockUnits`.
  var unitsPutUp: Int { items.reduce(0) { $0 + Int($1.stock.rawValue) } }
}
