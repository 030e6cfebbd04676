import FlashSale
import Postgres

/// How long each of a sale's orders waited for its decision.
struct DecisionDelays: Sendable {
  /// In microseconds, ascending. Below 0 where intake's clock is ahead of the worker's.
  private var microseconds: [Int64] = []

  /// Of no order.
  init() {}

  /// Adds what PostgreSQL sends of intervals, one behind the other: 8 bytes of microseconds, 4 of days, 4 of months,
  /// which a difference of two times does not have.
  mutating func add(intervals bytes: [UInt8]) {
    var more: [Int64] = []
    more.reserveCapacity(bytes.count / 16)
    bytes.withUnsafeBytes { bytes in
      for start in stride(from: 0, to: bytes.count - 15, by: 16) {
        let part = Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: Int64.self))
        let days = Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: start + 8, as: Int32.self))
        more.append(part + Int64(days) * 86_400_000_000)
      }
    }
    more.sort()
    guard let first = more.first else { return }
    // What has come since is a small part of all, and mostly among the longest or the shortest.
    guard let last = microseconds.last, first < last else {
      microseconds += more
      return
    }
    var merged: [Int64] = []
    merged.reserveCapacity(microseconds.count + more.count)
    var index = 0
    for delay in more {
      while index < microseconds.count, microseconds[index] <= delay {
        merged.append(microseconds[index])
        index += 1
      }
      merged.append(delay)
    }
    microseconds = merged + microseconds[index...]
  }

  /// The delays, in milliseconds, that these parts of all orders have at most, as `percentile_disc` reckons; empty
  /// without any order.
  func milliseconds(of parts: [Double]) -> [Double] {
    guard !microseconds.isEmpty else { return [] }
    return parts.map { part in
      let rank = Int((part * Double(microseconds.count)).rounded(.up))
      return Double(microseconds[min(max(rank, 1), microseconds.count) - 1]) / 1_000
    }
  }
}

extension DecisionDelays {
  /// The same of all orders of a sale, or of those before a vector, counted by PostgreSQL.
  static func milliseconds(
    of parts: [Double], _ sale: SaleNumber, before vector: OffsetVector?, in transaction: borrowing Transaction
  ) throws -> [Double] {
    try transaction.prepareForCounting()
    let ids = sale.orderIDs
    return try transaction.query(
      """
      SELECT (extract(epoch FROM delay) * 1000)::float8 FROM (
        SELECT unnest(percentile_disc($4::float8[]) WITHIN GROUP (ORDER BY decided_at - accepted_at)) AS delay
        FROM orders WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ($3)
          AND ($5::int8[] IS NULL OR log_offset < coalesce(($5::int8[])[partition + 1], 0))
      ) AS delays ORDER BY delay
      """, ids.lowerBound.uuid, ids.upperBound.uuid, try transaction.generations(of: sale), parts,
      vector?.dense
    ).map { try $0.double(0) }
  }
}
