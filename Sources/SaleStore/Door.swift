public import FlashSale
import Postgres
public import Time

/// How often requests for orders of a sale were answered in one way, before anything was written into the log.
public struct DoorCount: Sendable, Hashable {
  public let sale: SaleNumber
  /// The first instant of its slot; see `DoorSlot`.
  public let from: Timestamp
  /// The code of the answer, or `repeated`.
  public let reason: String
  /// Above 0.
  public let requests: Int64

  public init(sale: SaleNumber, from: Timestamp, reason: String, requests: Int64) {
    self.sale = sale
    self.from = from
    self.reason = reason
    self.requests = requests
  }

  /// A winner who asked again and was told so.
  public static let repeated = "repeated"

  /// The order may be in the log.
  static let unknown = "outcome_unknown"
}

extension SaleStore {
  /// What came of counts that were to be added.
  public enum Added: Sendable {
    case added
    /// Surely not: they can be added again.
    case refused(any Error)
    /// They may have been; added again, they could count twice.
    case unknown(any Error)
  }

  /// Adds counts to those of all intakes, all or none. One key may stand in `counts` once only.
  ///
  /// - Parameter accepted: by sale, how many requests for orders were answered with 202; each above 0.
  public func add(_ counts: [DoorCount], accepted: [SaleNumber: Int64] = [:]) async -> Added {
    do {
      // In one order, so that two intakes that add at once wait for one another, and never both.
      try await pool.withConnection { connection in
        try await connection.transaction { transaction in try Self.add(counts, accepted, in: transaction) }
      }
      return .added
    } catch let error as PostgresError where !error.mayHaveTakenEffect {
      return .refused(error)
    } catch {
      return .unknown(error)
    }
  }

  private static func add(
    _ counts: [DoorCount], _ accepted: [SaleNumber: Int64], in transaction: borrowing Transaction
  ) throws {
    if !accepted.isEmpty {
      try transaction.execute(
        """
        INSERT INTO accepted_requests AS a (sale, requests)
        SELECT sale, requests FROM unnest($1::int4[], $2::int8[]) AS new (sale, requests) ORDER BY sale
        ON CONFLICT (sale) DO UPDATE SET requests = a.requests + excluded.requests
        """, accepted.keys.map(\.rawValue), Array(accepted.values))
    }
    guard !counts.isEmpty else { return }
    try transaction.execute(
      """
      INSERT INTO door (sale, slot_start, reason, requests)
      SELECT sale, slot_start, reason, requests
      FROM unnest($1::int4[], $2::timestamptz[], $3::text[], $4::int8[]) AS new (sale, slot_start, reason, requests)
      ORDER BY sale, slot_start, reason
      ON CONFLICT (sale, slot_start, reason) DO UPDATE SET requests = door.requests + excluded.requests
      """,
      counts.map(\.sale.rawValue), counts.map(\.from), counts.map(\.reason), counts.map(\.requests))
  }
}
