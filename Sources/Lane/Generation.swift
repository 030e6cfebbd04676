package import FlashSale

/// Which part of a sale's orders a row is stored in.
///
/// An order id is random within its sale. In one index of all of them, each batch would touch each page. So the orders
/// of a sale are stored in *generations*, numbered from 0: new rows go into the open one, the last. The index has the
/// generation in front of the id, so a batch meets the pages of the open generation only. Nothing is decided by it.
package struct Generation: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  package let rawValue: Int32

  /// From 0.
  package init(rawValue: Int32) { self.rawValue = rawValue }

  package static let first = Generation(rawValue: 0)

  package var next: Generation { Generation(rawValue: rawValue + 1) }

  package var description: String { "\(rawValue)" }

  package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// A generation of one sale.
package struct SaleGeneration: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let sale: SaleNumber
  package let number: Generation

  /// Names it.
  package init(_ sale: SaleNumber, _ number: Generation) {
    self.sale = sale
    self.number = number
  }

  package var description: String { "generation \(number) of sale \(sale)" }

  package static func < (a: Self, b: Self) -> Bool { (a.sale, a.number) < (b.sale, b.number) }
}

/// The open generation of a sale, as the store says under the fence.
package struct OpenGeneration: Hashable, Sendable {
  package let number: Generation

  /// How many lanes the sale has at most, at least 1.
  package let lanes: Int

  /// How many orders the generation before it has; `nil`: there is none.
  package let closedSize: Int64?

  /// Creates what was read.
  package init(_ number: Generation, lanes: Int, closedSize: Int64?) {
    self.number = number
    self.lanes = max(1, lanes)
    self.closedSize = closedSize
  }
}

/// An order id that is looked up in one generation.
package struct OrderProbe: Hashable, Sendable {
  package let order: OrderID
  package let generation: Generation

  /// Names both.
  package init(_ order: OrderID, _ generation: Generation) {
    self.order = order
    self.generation = generation
  }
}
