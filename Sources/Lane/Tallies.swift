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
    // Orders of one sale stand beside each other. By index, because a loop over the orders copies each.
    var run: (sale: SaleNumber, requests: Int64)?
    for index in effects.orders.indices {
      let sale = effects.orders[index].request.stock.sale
      if run?.sale == sale {
        run?.requests += 1
      } else {
        if let run { bySale[run.sale, default: Tally()].requests += run.requests }
        run = (sale, 1)
      }
    }
    if let run { bySale[run.sale, default: Tally()].requests += run.requests }
    for (sale, repeats) in effects.repeats {
      bySale[sale, default: Tally()].requests += Int64(repeats)
      bySale[sale, default: Tally()].repeats += Int64(repeats)
    }
    for record in undecided { if let sale = record.sale { bySale[sale, default: Tally()].requests += 1 } }
  }
}
