package import FlashSale

/// How many requests of each sale a batch holds, and how many of them repeat an order that has its outcome.
///
/// A request is a record that gets an order's row, a repeat of one, or a quarantined record that a sale is known of: so
/// that *requests − repeats = orders + quarantined* holds for every sale.
package struct Tallies: Sendable {
  package struct Tally: Sendable {
    package var requests: Int64 = 0
    package var repeats: Int64 = 0
  }

  package private(set) var bySale: [SaleNumber: Tally] = [:]

  init(_ effects: Effects, _ undecided: [UndecidedRecord]) {
    for order in effects.orders { bySale[order.request.stock.sale, default: Tally()].requests += 1 }
    for (sale, repeats) in effects.repeats {
      bySale[sale, default: Tally()].requests += Int64(repeats)
      bySale[sale, default: Tally()].repeats += Int64(repeats)
    }
    for record in undecided { if let sale = record.sale { bySale[sale, default: Tally()].requests += 1 } }
  }
}
