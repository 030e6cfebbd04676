package import FlashSale

/// The rows that a batch adds to `orders`.
///
/// In the order of the ids: the index pages are visited one after another, and two lanes that write the same ids take
/// them in the same order and cannot deadlock.
package struct OrderRows: Sendable {
  private let orders: [Effects.Order]
  /// The places in `orders`, by id. Sorted apart from the rest of the rows: each step would otherwise move whole rows
  /// and retain their texts.
  private let sorted: [(id: OrderID, index: Int)]
  /// How many of the sorted rows go into which generation, one after another: a sale's ids lie together.
  let counts: [(SaleGeneration, rows: Int)]

  /// - Parameter open: the generation of each sale.
  init(_ orders: [Effects.Order], into open: [SaleNumber: Generation]) {
    self.orders = orders
    sorted = orders.indices.map { (id: orders[$0].request.order, index: $0) }.sorted { $0.id < $1.id }
    var counts: [(SaleGeneration, rows: Int)] = []
    for (id, _) in sorted {
      if counts.last?.0.sale == id.sale {
        counts[counts.count - 1].rows += 1
      } else {
        counts.append((SaleGeneration(id.sale, open[id.sale] ?? .first), rows: 1))
      }
    }
    self.counts = counts
  }

  /// How many.
  package var count: Int { orders.count }

  /// Does something with each row, in the order of the ids.
  @inline(__always)
  package func forEach(_ body: (Generation, borrowing Effects.Order) throws -> Void) rethrows {
    var place = 0
    // An array would hand out a copy of each.
    try orders.withUnsafeBufferPointer { orders in
      for (generation, rows) in counts {
        for _ in 0..<rows {
          try body(generation.number, orders[sorted[place].index])
          place += 1
        }
      }
    }
  }

  /// All of them, in the order of the ids.
  package var all: [(generation: Generation, order: Effects.Order)] {
    var all: [(generation: Generation, order: Effects.Order)] = []
    all.reserveCapacity(count)
    forEach { all.append((generation: $0, order: copy $1)) }
    return all
  }
}
