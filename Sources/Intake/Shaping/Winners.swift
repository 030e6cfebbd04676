internal import FlashSale
internal import SaleStore
internal import Synchronization

/// The confirmed orders of one sale, by 62 bits of their ids: so that a winner who asks again is not told that nothing
/// is left (I2). Read by all threads without a lock, written by one.
///
/// (1) A thread that has seen something published after an insertion finds the inserted order.
/// (2) An order that was not inserted can be found, once in 2^62 for each winner: a caller that finds one asks the
///     store.
/// (3) While `isComplete`, the set has every winner up to each level that the sale's gauges tell, and up to the sale's
///     end where they tell that it is settled. That is `RefusalGrounds`' to keep.
///
/// `@unchecked Sendable`: the pointer is never changed, and the slots that it points to are `Atomic`, which is
/// Sendable.
final class Winners: @unchecked Sendable {
  /// A hash table with open addressing and linear probing: its slots hold ids, or 0. An id is never 0, because the
  /// second half of a UUID begins with the bits 10 (RFC 9562 §4.1).
  private let slots: UnsafeMutablePointer<Atomic<UInt64>>
  private let mask: Int
  private let room: Int
  private let inserted = Atomic<Int>(0)
  private let complete = Atomic<Bool>(true)

  /// An empty set.
  ///
  /// - Parameter room: the most orders that it takes: the units put up, since each winner has at least one.
  init(room: Int) {
    self.room = room
    let count = Self.slots(for: room)
    mask = count - 1
    slots = .allocate(capacity: count)
    for index in 0..<count { (slots + index).initialize(to: Atomic(0)) }
  }

  deinit {
    slots.deinitialize(count: mask + 1)
    slots.deallocate()
  }

  /// At most two of three are taken, so that a search is short and always ends at a free one.
  private static func slots(for room: Int) -> Int {
    let least = max(8, room + room / 2)
    return 1 << (Int.bitWidth - (least - 1).leadingZeroBitCount)
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
    var index = Int(truncatingIfNeeded: order.low) & mask
    while true {
      let found = slots[index].load(ordering: .relaxed)
      if found == order.low { return }
      if found == 0 { break }
      index = (index + 1) & mask
    }
    guard count < room else { return abandon() }
    slots[index].store(order.low, ordering: .relaxed)
    inserted.store(count + 1, ordering: .relaxed)
  }

  /// Whether an order has won, as far as is known; see (1) and (2).
  func contains(_ order: OrderID) -> Bool {
    var index = Int(truncatingIfNeeded: order.low) & mask
    while true {
      let found = slots[index].load(ordering: .relaxed)
      if found == order.low { return true }
      if found == 0 { return false }
      index = (index + 1) & mask
    }
  }
}

extension Winners {
  /// Of these sales, those whose winners are kept: who can still sell come first, then the newest. A sale that does not
  /// fit into what is left of `Limits.winners` is left out.
  static func kept(of sales: [StoredSale], at time: Timestamp) -> Set<SaleNumber> {
    var room = Limits.winners
    var kept: Set<SaleNumber> = []
    let isOver = { (sale: StoredSale) in sale.closedAt != nil || sale.sale.endsAt <= time }
    for sale in sales.filter({ !isOver($0) }) + sales.filter(isOver) {
      let units = sale.sale.unitsPutUp
      guard units <= room else { continue }
      room -= units
      kept.insert(sale.number)
    }
    return kept
  }
}

extension Sale {
  /// Units put on sale, of all SKUs together: at most `Limits.saleItems` × `Limits.stockUnits`.
  var unitsPutUp: Int { items.reduce(0) { $0 + Int($1.stock.rawValue) } }
}
