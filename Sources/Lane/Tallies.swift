package import FlashSale

/// How many requests of each sale a batch holds, and how many of them repeat an order that has its outcome.
///
/// A request is a record that gets an order's row, a repeat of one, or a quarantined record that a sale is known of: so
/// that *requests − repeats = orders + quarantined* holds for every sale. A `close` that did what it says is none.
package struct Tallies: Sendable {
  package struct Tally: Sendable {
    package var requests: Int64 = 0
    package var repeats: Int64 = 0
  }

  package private(set) var bySale: [SaleNumber: Tally] = [:]

  /// Counts one request.
  mutating func count(_ sale: SaleNumber, repeats: Int64 = 0) {
    bySale[sale, default: Tally()].requests += 1
    if repeats > 0 { bySale[sale, default: Tally()].repeats += repeats }
  }
}
