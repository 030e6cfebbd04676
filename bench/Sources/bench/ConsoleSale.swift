import FlashSale
import Postgres
import SaleStore
import TestSupport

/// A finished sale with orders and lives, stored as lanes would have left it: one order in ten has won and was paid or
/// has expired, and its command came 20 s later. Batches have 1,000 orders, and the crowd came within 20 s.
struct ConsoleSale {
  static let partitions = 4

  let bench: BenchShop
  let sale: StoredSale
  let count: Int

  /// Of a generation, as a lane closes it.
  private static let generationRows = 1 << 19

  /// The offset of each partition behind the orders; their commands come behind it.
  private var commands: Int { count / Self.partitions + 1 }

  /// Stores one, behind what the log's partitions have already.
  static func store(_ count: Int, named id: String, from base: Int, in bench: BenchShop) async throws -> ConsoleSale {
    let items = (0..<partitions).map { (sku: "sku-\($0)", stock: count / 10 / partitions + 1) }
    let stored = ConsoleSale(
      bench: bench, sale: try await bench.putUp(id, items, holds: ["seconds": 900]), count: count)
    try await stored.store(from: base)
    return stored
  }

  private func store(from base: Int) async throws {
    let number = sale.number.rawValue
    try await bench.psql(
      """
      INSERT INTO orders (order_id, log_offset, accepted_at, decided_at, sale, quantity, partition, outcome, sku, buyer,
        generation)
      SELECT (lpad(to_hex(\(number)), 8, '0') || left(hash, 4) || '8' || substr(hash, 5, 3) || 'a'
          || substr(hash, 8, 15))::uuid, \(base) + i / \(Self.partitions),
        s.starts_at + i * interval '20 s' / \(count),
        s.starts_at + (i / 1000 + 1) * 1000 * interval '20 s' / \(count) + interval '8 ms', \(number), 1,
        i % \(Self.partitions), CASE WHEN i % 10 = i / 10 % 10 THEN 0 ELSE 5 END, 'sku-' || i % \(Self.partitions),
        'buyer-' || i, i / \(Self.generationRows)
      FROM generate_series(0, \(count) - 1) AS i, md5(i::text) AS hash, sales s WHERE s.number = \(number)
      """)
    try await bench.psql(
      """
      INSERT INTO holds (order_id, log_offset, price_minor, as_of, sale, partition, units, sequence, state, is_lapsed,
        sku, currency, buyer, payment)
      SELECT o.order_id, o.log_offset, 1, o.log_offset + \(commands) + 1, o.sale, o.partition, 1, 2,
        CASE WHEN o.log_offset % 2 = 0 THEN 4 ELSE 7 END, o.log_offset % 2 = 1, o.sku, 'CNY', o.buyer,
        CASE WHEN o.log_offset % 2 = 0 THEN 'payment-' || o.partition || '-' || o.log_offset END
      FROM orders o WHERE o.sale = \(number) AND o.outcome = 0;
      INSERT INTO payments (sale, payment, order_id, captured, refund_due, refunded, as_of, partition, counted, sku,
        currency)
      SELECT sale, payment, order_id, 1, 0, 0, as_of, partition, true, sku, 'CNY' FROM holds
      WHERE sale = \(number) AND payment IS NOT NULL;
      INSERT INTO history (log_offset, at, minor, command_id, partition, sale, units, sequence, place, action, result,
        state, order_id, sku, by_whom, reason, payment)
      SELECT h.as_of - 1, s.starts_at + interval '20 s', CASE WHEN h.state = 4 THEN 1 ELSE 0 END, NULL, h.partition,
        h.sale, CASE WHEN h.state = 4 THEN 0 ELSE -1 END, 2, 0, CASE WHEN h.state = 4 THEN 1 ELSE 6 END, 0, h.state,
        h.order_id, h.sku, 'shop', '', h.payment
      FROM holds h JOIN sales s ON s.number = h.sale WHERE h.sale = \(number);
      UPDATE stock SET units_left = put_up - paid.units FROM (
        SELECT sku, count(*) FILTER (WHERE state = 4) AS units FROM holds WHERE sale = \(number) GROUP BY sku
      ) AS paid WHERE stock.sale = \(number) AND stock.sku = paid.sku
      """)
    try await finish(upTo: base + 2 * commands + 1)
  }

  private func finish(upTo next: Int) async throws {
    let number = sale.number.rawValue
    try await bench.psql(
      """
      UPDATE sale_generations SET sizes = array_fill(\(Self.generationRows)::int8,
        ARRAY[\((count - 1) / Self.generationRows)]) WHERE sale = \(number);
      INSERT INTO tallies (topic, partition, sale, requests, repeats)
      SELECT '\(bench.topic)', partition, sale, count(*), 0 FROM orders WHERE sale = \(number) GROUP BY 2, 3;
      UPDATE sales SET closed_at = now() WHERE number = \(number);
      INSERT INTO partition_progress (topic, partition, next_offset)
      SELECT '\(bench.topic)', partition, \(next) FROM generate_series(0, \(Self.partitions) - 1) AS partition
      ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset
      """)
    for table in ["orders", "holds", "payments", "history"] { try await bench.psql("VACUUM (ANALYZE) \(table)") }
  }
}
