import FlashSale

/// The orders that this lane has written into the open generation of each sale. If it wrote them all, it makes the
/// filter itself once the generation is closed, and nobody has to read them.
///
/// (1) Only what was certainly committed is here, and each order once. So they are all if they are as many as the store
///     counts, whatever other lanes, or this one's predecessors, have written.
/// (2) It is no part of `LaneMemory`, which is copied for each batch that is decided ahead.
struct OwnOrders: Sendable {
  private struct Written: Sendable {
    let generation: Generation
    var orders: [OrderID] = []
  }

  private let room: Int
  private let isCounted: Bool
  private var written: [SaleNumber: Written] = [:]
  private var count = 0

  /// Knows of none.
  init(tuning: LaneTuning) {
    room = tuning.ownOrders
    isCounted = tuning.countsOwnOrders
  }

  /// Takes in the orders of a committed batch. Without room for them, it forgets all that it has.
  mutating func add(_ batch: WrittenBatch) {
    for (generation, rows) in batch.rows where written[generation.sale]?.generation != generation.number {
      forget(generation.sale)
      written[generation.sale] = Written(generation: generation.number)
      written[generation.sale]?.orders.reserveCapacity(rows)
    }
    count += batch.effects.orders.count
    guard count <= room else {
      (written, count) = ([:], 0)
      return
    }
    // Taken out while it grows: in the dictionary, each order would cost allocations.
    var taken: (sale: SaleNumber, written: Written)?
    let orders = batch.effects.orders
    // By index: an element that is taken whole is copied, with its texts.
    for index in orders.indices {
      let order = orders[index].request.order
      let sale = order.sale
      if taken?.sale != sale {
        if let taken { written[taken.sale] = taken.written }
        taken = written.removeValue(forKey: sale).map { (sale, $0) }
      }
      taken?.written.orders.append(order)
    }
    if let taken { written[taken.sale] = taken.written }
  }

  /// The filter of the generation of the sale that was closed last, if all of its orders are here. They are not kept.
  mutating func takeFilter(of sale: SaleNumber, before open: OpenGeneration) -> [SaleGeneration: IDFilter] {
    guard let closed = written[sale], closed.generation.next == open.number else { return [:] }
    forget(sale)
    guard !isCounted || Int64(closed.orders.count) == open.closedSize else { return [:] }
    var filter = IDFilter(for: closed.orders.count)
    for order in closed.orders { filter.insert(order) }
    return [SaleGeneration(sale, closed.generation): filter]
  }

  private mutating func forget(_ sale: SaleNumber) {
    count -= written.removeValue(forKey: sale)?.orders.count ?? 0
  }
}
