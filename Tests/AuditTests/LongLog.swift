import Audit
import FlashSale
import Postgres
import SaleStore
import TestSupport

/// A log of any length that is made up as it is read, with the rows that a worker would have written: the embedded
/// broker keeps too little for it. Buyers come round and round; each gets a unit the first time, and is at the limit
/// after that.
struct LongLog: AuditLog {
  let sale: SaleNumber
  let length: Int64

  /// Buyers before the first one comes again.
  var buyers: Int64 { length * 2 / 5 }

  func bounds(of partition: Partition) async throws -> Range<Offset> { Offset(0)..<Offset(length) }

  func records(
    of partition: Partition, in range: Range<Offset>, fingerprinting whole: Set<Offset>
  ) async throws -> [LoggedRecord] {
    try (range.lowerBound.rawValue..<range.upperBound.rawValue).map { offset in
      let request = try PurchaseRequest(
        order: OrderID(high: UInt64(sale.rawValue) << 32 | 0x8000, low: 0x8000_0000_0000_0000 | UInt64(offset)),
        stock: StockKey(sale: sale, sku: SKU(unchecked: "phone")),
        buyer: BuyerID(unchecked: "a-buyer-of-usual-length-\(offset % buyers)"), quantity: Units(1),
        acceptedAt: insideTheSale)
      return LoggedRecord(offset: Offset(offset), content: .success(.place(request)))
    }
  }

  /// Makes the log, and writes what a worker makes of it.
  static func fill(_ store: SaleStore, _ database: TestDatabase, records: Int64) async throws -> LongLog {
    try await store.record(topic: AuditBench.topic, partitions: 1)
    let sale = try await store.create(openSale("long", stock: ["phone": 900_000_000], limit: 1))
    let log = LongLog(sale: sale.number, length: records)
    let connection = try await database.connect()
    let number = sale.number.rawValue
    _ = try await connection.query(
      """
      INSERT INTO orders (order_id, log_offset, accepted_at, decided_at, sale, quantity, partition, outcome, sku, buyer)
      SELECT (lpad(to_hex($1::int4), 8, '0') || '-0000-8000-8' || lpad(to_hex(n), 15, '0'))::uuid, n,
        '2027-01-15T08:00:00Z', now(), $1, 1, 0, CASE WHEN n < $3 THEN 0 ELSE 4 END, 'phone',
        'a-buyer-of-usual-length-' || n % $3
      FROM generate_series(0, $2::int8 - 1) AS n
      """, number, records, log.buyers)
    _ = try await connection.query("ANALYZE orders")
    _ = try await connection.query("UPDATE stock SET units_left = put_up - $1::int8", log.buyers)
    _ = try await connection.query(
      "INSERT INTO partition_progress (topic, partition, next_offset) VALUES ($1, 0, $2)", AuditBench.topic, records)
    _ = try await connection.query(
      "INSERT INTO tallies (topic, partition, sale, requests, repeats) VALUES ($1, 0, $2, $3, 0)", AuditBench.topic,
      number, records)
    await connection.close()
    return log
  }

  static func audit(_ log: LongLog, _ database: TestDatabase) async throws -> AuditReport {
    let store = try await AuditStore.connect(try database.settings, logger: quietLogger)
    do {
      let report = try await Auditor(store: store, log: log, topic: AuditBench.topic).run()
      await store.close()
      return report
    } catch {
      await store.close()
      throw error
    }
  }
}
