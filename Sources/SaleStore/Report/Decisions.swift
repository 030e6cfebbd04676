public import FlashSale
import Postgres
public import Time

/// A sale's decisions over time, as a chart wants them.
public struct SaleDecisions: Sendable, Hashable {
  /// Upper bounds of the classes of times to a decision, in milliseconds; the last class has none.
  public static let delayBounds: [Double] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000,
  ]

  /// By slot, ascending; slots without a decision are omitted.
  public let slots: [Slot]

  /// Orders by the class of their time to the decision: the n-th (from 0) is below the n-th bound.
  public let delays: [Int: Int64]

  /// What was decided within one slot.
  public struct Slot: Sendable, Hashable {
    public let start: Timestamp
    public let confirmed: Int64
    public let waitlisted: Int64
    public let rejected: Int64
    public let quarantined: Int64

    public init(start: Timestamp, confirmed: Int64, waitlisted: Int64, rejected: Int64, quarantined: Int64) {
      self.start = start
      self.confirmed = confirmed
      self.waitlisted = waitlisted
      self.rejected = rejected
      self.quarantined = quarantined
    }
  }

  public init(slots: [Slot], delays: [Int: Int64]) {
    self.slots = slots
    self.delays = delays
  }
}

extension SaleStore {
  /// When the first and the last of a sale's orders was decided, or set aside; `nil` while none is. Reads every order
  /// of the sale.
  public func decisionWindow(of sale: SaleNumber, topic: String) async throws -> ClosedRange<Timestamp>? {
    let row = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT min(first), max(last) FROM (
          SELECT min(decided_at) AS first, max(decided_at) AS last FROM orders
          WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ((SELECT generations_of($3))::int4[])
          UNION ALL
          SELECT min(quarantined_at), max(quarantined_at) FROM quarantined_records WHERE topic = $4 AND sale = $5
        ) AS decided
        """, sale.orderIDs.lowerBound.uuid, sale.orderIDs.upperBound.uuid, [sale.rawValue], topic, sale.rawValue
      ).single()
    }
    guard let first = try row.optional(0, as: Timestamp.self), let last = try row.optional(1, as: Timestamp.self) else {
      return nil
    }
    return first...last
  }

  /// A sale's decisions from `window.lowerBound` on and before `window.upperBound`, in slots that begin at its lower
  /// bound. Reads every order of the sale.
  ///
  /// - Parameter width: milliseconds of a slot; above 0.
  public func decisions(
    of sale: SaleNumber, topic: String, in window: Range<Timestamp>, slotMilliseconds width: Int64
  ) async throws -> SaleDecisions {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT slot, kind, delay, count(*) AS orders FROM (
          SELECT date_bin($6::float8 * interval '1 ms', decided_at, $4) AS slot,
            CASE outcome WHEN 0 THEN 0 WHEN 100 THEN 1 ELSE 2 END AS kind,
            width_bucket(extract(epoch FROM decided_at - accepted_at)::float8 * 1000, $7::float8[]) AS delay
          FROM orders WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ((SELECT generations_of($3))::int4[])
            AND decided_at >= $4 AND decided_at < $5
          UNION ALL
          SELECT date_bin($6::float8 * interval '1 ms', quarantined_at, $4), 3, NULL FROM quarantined_records
          WHERE topic = $8 AND sale = $9 AND quarantined_at >= $4 AND quarantined_at < $5
        ) AS decided GROUP BY GROUPING SETS ((slot, kind), (delay))
        """, sale.orderIDs.lowerBound.uuid, sale.orderIDs.upperBound.uuid, [sale.rawValue], window.lowerBound,
        window.upperBound, Double(width), SaleDecisions.delayBounds, topic, sale.rawValue)
    }
    var counts: [Timestamp: [Int64]] = [:]
    var delays: [Int: Int64] = [:]
    for row in rows {
      let orders = try row.int64("orders")
      if let slot = try row.optional("slot", as: Timestamp.self) {
        counts[slot, default: [0, 0, 0, 0]][Int(try row.int32("kind"))] += orders
      } else if let delay = try row.optional("delay", as: Int32.self) {
        delays[Int(delay)] = orders
      }
    }
    let slots = counts.sorted { $0.key < $1.key }.map { start, counts in
      SaleDecisions.Slot(
        start: start, confirmed: counts[0], waitlisted: counts[1], rejected: counts[2],
        quarantined: counts[3])
    }
    return SaleDecisions(slots: slots, delays: delays)
  }
}
