public import FlashSale
internal import Postgres

extension SaleStore {
  /// The time zone that people of a sale think in; `nil`: nobody has said one.
  public func zone(of sale: SaleNumber) async throws -> String? {
    try await pool.withConnection { connection in
      try await connection.query("SELECT zone FROM sale_zones WHERE sale = $1", sale.rawValue)
    }.first?.string(0)
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
