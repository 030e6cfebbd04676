public import FlashSale
import Postgres

// A report as of an earlier vector.

/// What one snapshot says.
private struct Found: Sendable {
  let now: ReportFacts

  /// As of the vector, without the orders that have changed since.
  let then: ReportFacts
  let changed: [OrderID]
}

extension SaleStore {
  /// The report on a sale as of an earlier vector, which the lanes must have reached: an export as of it has the same
  /// orders and sums, whenever either is asked for.
  ///
  /// It accounts for the log before the vector, so nothing is in flight. What the store does not keep by its place is
  /// reckoned back: from the present stock rows and tallies, without what lanes have done since. So a row that is lost
  /// or doubled now shows in it too. Reads every order of the sale, and each of which something has changed since.
  public func report(
    on sale: StoredSale, topic: String, countsAnew: Bool = true, asOf: OffsetVector
  ) async throws -> SaleReport {
    let found = try await counted(sale, topic: topic, countsAnew: countsAnew) { counts, transaction -> Found in
      let now = try ReportFacts(of: sale, topic: topic, &counts, in: transaction)
      var earlier = try SaleCounts(counts, asOf: asOf, of: sale, topic: topic, in: transaction)
      let changed = try LifeCounts.changed(of: sale.number, since: asOf, in: transaction)
      earlier.lives = try LifeCounts(of: sale.number, asOf: asOf, without: changed, in: transaction)
      return Found(
        now: now, then: try ReportFacts(of: sale, topic: topic, &earlier, in: transaction), changed: changed)
    }
    var facts = found.then
    // What an order was as of a vector is the same whenever it is asked for, so this needs no snapshot.
    for start in stride(from: 0, to: found.changed.count, by: Int(Limits.exportPageOrders)) {
      let some = found.changed[start..<min(start + Int(Limits.exportPageOrders), found.changed.count)]
      try await add(Array(some), of: sale, asOf: asOf, to: &facts)
    }
    facts.takeStockBack(from: found.now)
    return SaleReport(sale: sale, facts: facts, inFlight: 0)
  }

  /// Adds what some orders were as of a vector.
  private func add(
    _ orders: [OrderID], of sale: StoredSale, asOf: OffsetVector, to facts: inout ReportFacts
  ) async throws {
    let (living, others) = try await pool.withConnection { connection -> ([LivingOrder], [Payment]) in
      let decisions = try await connection.query(
        """
        SELECT found.order_id, found.partition, found.log_offset, found.sku, found.buyer, found.quantity,
          found.outcome, found.accepted_at, found.decided_at
        FROM unnest($1::uuid[]) AS wanted (order_id) CROSS JOIN unnest(generations_of($2)) AS kept (generation)
        CROSS JOIN LATERAL (
          SELECT * FROM orders WHERE generation = kept.generation AND order_id = wanted.order_id OFFSET 0
        ) AS found
        WHERE found.log_offset < coalesce(($3::int8[])[found.partition + 1], 0)
        """, orders.map(\.uuid), [sale.number.rawValue], asOf.dense
      ).map { try StoredOrder(row: $0, of: sale.number) }
      let living = try await LivingOrder.orders(
        decisions, of: sale, asOf: asOf, looksAtRefused: true, over: connection)
      let undecided = Set(orders).subtracting(decisions.map(\.order))
      return (living, try await LivingOrder.payments(for: Array(undecided), asOf: asOf, over: connection))
    }
    for order in living { facts.add(order) }
    for payment in others { facts.add(payment, of: nil) }
  }
}

extension ReportFacts {
  /// Sets what was left and reserved as of an earlier vector: what there is now, and by how much more or less the
  /// orders have now than then.
  fileprivate mutating func takeStockBack(from now: ReportFacts) {
    for index in stock.indices {
      let (then, now) = (units[stock[index].sku] ?? .init(), now.units[stock[index].sku] ?? .init())
      stock[index].left = stock[index].left.adding(now.held - then.held)
      stock[index].reserved = stock[index].reserved.adding(then.reserved - now.reserved)
    }
  }
}

extension Units {
  /// As far as it can be said: rows that contradict each other can lead anywhere.
  fileprivate func adding(_ units: Int64) -> Units { Units(Int32(clamping: Int64(rawValue) + units)) }
}
