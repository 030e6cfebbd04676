public import FlashSale
internal import Postgres

extension SaleStore {
  /// The time zone that people of a sale think in; `nil`: nobody has said one.
  public func zone(of sale: SaleNumber) async throws -> String? { try await zones(of: [sale])[sale] }

  /// The same of several sales, where somebody has said one.
  public func zones(of sales: [SaleNumber]) async throws -> [SaleNumber: String] {
    let rows = try await pool.withConnection { connection in
      try await connection.query("SELECT sale, zone FROM sale_zones WHERE sale = ANY ($1)", sales.map(\.rawValue))
    }
    return try Dictionary(
      rows.map { (try $0.saleNumber(0), try $0.string(1)) }, uniquingKeysWith: { first, _ in first })
  }

  /// Keeps the time zone of a sale: a name of the tz database.
  public func keep(zone: String, of sale: SaleNumber) async throws {
    _ = try await pool.withConnection { connection in
      try await connection.query(
        "INSERT INTO sale_zones (sale, zone) VALUES ($1, $2) ON CONFLICT (sale) DO UPDATE SET zone = $2", sale.rawValue,
        zone)
    }
  }
}
