import FlashSale
import Foundation
import Postgres
import SaleStore
import TestSupport

/// A shop of real processes that is measured: release binaries, a broker and a database of its own.
struct BenchShop {
  static let topic = "orders"

  let shop: Shop
  let database: TestDatabase
  let partitions: Int
  let connection: Connection
  let admin: URL

  /// Opens one with these parts beside broker and admin, lends it to `body`, and ends it.
  static func with(
    partitions: Int = 12, _ body: (BenchShop) async throws -> Void
  ) async throws {
    try await Shop.with(partitions: partitions) { shop, database in
      let admin = try await shop.start("admin").admin
      let bench = BenchShop(
        shop: shop, database: database, partitions: partitions, connection: try await database.connect(), admin: admin)
      try await body(bench)
      await bench.connection.close()
    }
  }

  /// Puts up a sale that is open now.
  func putUp(_ id: String, _ items: [(sku: String, stock: Int)]) async throws -> StoredSale {
    try await shop.createSale(at: admin, id: id, items: items)
    return try await database.withStore { store in
      guard let sale = try await store.sale(SaleID(validating: id)) else { throw TestSetUpError("no sale \(id)") }
      return sale
    }
  }

  /// Tells intake that everything is decided, whatever it accepts: for rows without a worker, in which the backlog
  /// would otherwise soon be full. Intake reads progress anew every second.
  func openTheLine() async throws {
    for partition in 0..<Int32(partitions) {
      _ = try await connection.query(
        """
        INSERT INTO partition_progress (topic, partition, next_offset) VALUES ($1, $2, $3)
        ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset
        """, Self.topic, partition, Int64(1) << 50)
    }
  }

  /// Takes the last unit of a sale off its stock.
  func sellOut(_ sale: StoredSale) async throws {
    _ = try await connection.query("UPDATE stock SET units_left = 0 WHERE sale = $1", sale.number.rawValue)
  }

  /// The first undecided offset of each partition.
  func progress() async throws -> [Int32: Int64] {
    let rows = try await connection.query(
      "SELECT partition, next_offset FROM partition_progress WHERE topic = $1", Self.topic)
    return try Dictionary(uniqueKeysWithValues: rows.map { (try $0.int32(0), try $0.int64(1)) })
  }
}
