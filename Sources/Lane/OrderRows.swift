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

  init(_ orders: [Effects.Order]) {
    self.orders = orders
    sorted = orders.indices.map { (id: orders[$0].request.order, index: $0) }.sorted { $0.id < $1.id }
  }

  /// How many.
  package var count: Int { orders.count }

  /// Does something with each row, in the order of the ids.
  @inline(__always)
  package func forEach(_ body: (_ place: Int, borrowing Effects.Order) throws -> Void) rethrows {
    for (place, (_, index)) in sorted.enumerated() { try body(place, orders[index]) }
  }

  /// All of them, in the order of the ids.
  package var all: [Effects.Order] { sorted.map { orders[$0.index] } }
}
