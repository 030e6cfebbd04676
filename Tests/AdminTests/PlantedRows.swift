import FlashSale
import Postgres
import SaleStore
import TestSupport
import Time

/// Writes rows as a lane would, but whatever a test wants, right or wrong.
struct PlantedRows {
  static let topic = "orders"

  let connection: Connection

  /// A connection to the database with a topic of two partitions.
  static func with(_ database: TestDatabase, _ body: (PlantedRows) async throws -> Void) async throws {
    let connection = try await database.connect()
    _ = try await connection.query("INSERT INTO topics (name, partitions) VALUES ('orders', 2), ('other', 2)")
    try await body(PlantedRows(connection: connection))
    await connection.close()
  }

  /// `count` orders, decided at `decidedAt` (seconds since 1970), of which the i-th (from 1) waited i milliseconds.
  /// Each has `quantity` units; offsets go on from `offset`.
  func decide(
    _ sale: StoredSale, _ sku: String, _ outcome: Outcome, count: Int32, quantity: Int32 = 1, from offset: Int64 = 0,
    at decidedAt: Int64 = 1_762_800_000
  ) async throws {
    let code: Int16 =
      switch outcome {
      case .confirmed: 0
      case .waitlisted: 100
      case .rejected(let refusal): refusal.rawValue
      }
    _ = try await connection.query(
      """
      INSERT INTO orders (
        order_id, log_offset, accepted_at, decided_at, sale, quantity, partition, outcome, sku, buyer)
      SELECT
        (lpad(to_hex($1), 8, '0') || left(hash, 4) || '8' || substr(hash, 5, 3) || 'a' || substr(hash, 8, 15))::uuid,
        $5 + i, $6::timestamptz - i * interval '1 ms', $6, $1, $4, 0, $3, $2, 'buyer-' || i
      FROM generate_series(1, $7) AS i, md5($2 || '/' || $3 || '/' || ($5 + i)) AS hash
      """, sale.number.rawValue, sku, code, quantity, offset,
      Timestamp(microseconds: decidedAt * 1_000_000), count)
  }

  /// What the lane counted while it read the log.
  func tally(_ sale: StoredSale, requests: Int64, repeats: Int64 = 0, topic: String = topic) async throws {
    _ = try await connection.query(
      "INSERT INTO tallies (topic, partition, sale, requests, repeats) VALUES ($1, 0, $2, $3, $4)", topic,
      sale.number.rawValue, requests, repeats)
  }

  /// Takes units off the stock row.
  func take(_ units: Int32, of sku: String, _ sale: StoredSale) async throws {
    _ = try await connection.query(
      "UPDATE stock SET units_left = units_left - $3 WHERE sale = $1 AND sku = $2", sale.number.rawValue, sku, units)
  }

  /// Sets records aside.
  func quarantine(_ sale: StoredSale, count: Int32, topic: String = topic, at seconds: Int64 = 1_762_800_000)
    async throws
  {
    _ = try await connection.query(
      """
      INSERT INTO quarantined_records (topic, partition, log_offset, error, sale, quarantined_at)
      SELECT $1, 1, i, 'it cannot be decoded', $2, $4 FROM generate_series(1, $3) AS i
      """, topic, sale.number.rawValue, count, Timestamp(microseconds: seconds * 1_000_000))
  }

  /// How far a partition came; halted if there is a reason.
  func progress(_ partition: Int32, nextOffset: Int64, halted reason: String? = nil) async throws {
    _ = try await connection.query(
      """
      INSERT INTO partition_progress (topic, partition, epoch, next_offset, owner_name, halted_at, halted_reason)
      VALUES ('orders', $1, 7, $2, 'host/1', CASE WHEN $3::text IS NOT NULL THEN now() END, $3)
      """, partition, nextOffset, reason)
  }
}
