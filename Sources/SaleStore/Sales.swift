public import FlashSale
import Postgres
public import Time

/// A sale as it is stored, with what is left of it.
public struct StoredSale: Sendable, Hashable {
  public let number: SaleNumber
  public let sale: Sale

  /// When the shop asked to close it.
  public let closedAt: Timestamp?

  /// The committed level of each SKU of the sale.
  public let stock: [SKU: StockLevel]

  /// Creates a stored sale from its parts.
  public init(number: SaleNumber, sale: Sale, closedAt: Timestamp?, stock: [SKU: StockLevel]) {
    self.number = number
    self.sale = sale
    self.closedAt = closedAt
    self.stock = stock
  }

  /// What a shop calls the sale's state at an instant.
  public func status(at time: Timestamp) -> SaleStatus {
    if closedAt != nil { return .closed }
    if time < sale.startsAt { return .upcoming }
    return time < sale.endsAt ? .open : .ended
  }
}

/// Where a sale stands. The raw values are the API's.
public enum SaleStatus: String, Sendable, Codable {
  case upcoming, open, ended, closed
}

extension SaleStore {
  /// Puts a sale and its stock into the store, and tells every intake (`CatalogSignal`).
  ///
  /// Throws `StoreError.saleExists` if the id is taken, even if both sales are the same.
  public func create(_ sale: Sale) async throws -> StoredSale {
    let number = try await pool.withConnection { connection in
      try await connection.transaction { transaction in
        let inserted = try transaction.query(
          """
          INSERT INTO sales (id, name, starts_at, ends_at, per_buyer_limit, ordering, shaping, holds)
          VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8::jsonb) ON CONFLICT (id) DO NOTHING RETURNING number
          """,
          sale.id.rawValue, sale.name, sale.startsAt, sale.endsAt, sale.perBuyerLimit?.rawValue,
          sale.ordering.rawValue, try sale.shaping.text, try sale.holds?.text)
        guard let row = inserted.first else { throw StoreError.saleExists(sale.id) }
        let number = try row.int32(0)
        _ = try transaction.query(
          """
          INSERT INTO stock (sale, sku, position, price_minor, currency, put_up, units_left)
          SELECT $1, item.sku, item.position, item.price_minor, item.currency, item.put_up, item.put_up
          FROM unnest($2::text[], $3::int2[], $4::int8[], $5::text[], $6::int4[])
            AS item (sku, position, price_minor, currency, put_up)
          """,
          number, sale.items.map(\.sku.rawValue), Array(0..<Int16(sale.items.count)), sale.items.map(\.price.minor),
          sale.items.map(\.price.currency), sale.items.map(\.stock.rawValue))
        _ = try transaction.query("INSERT INTO sale_generations (sale) VALUES ($1)", number)
        if let room = sale.shaping.room, room.order == .lottery, let beacon = room.beacon {
          let secret = Draw.newSecret()
          _ = try transaction.query(
            "INSERT INTO room_secrets (sale, secret, commitment) VALUES ($1, $2, $3)", number, secret,
            Draw.commitment(to: secret, beacon, fallback: room.fallback))
        }
        _ = try transaction.query("SELECT pg_notify($1, $2)", "\(CatalogSignal.channel)", sale.id.rawValue)
        return SaleNumber(rawValue: number)
      }
    }
    let stock = sale.items.map { ($0.sku, StockLevel(left: $0.stock, isClosed: false, asOf: Offset(0))) }
    return StoredSale(
      number: number, sale: sale, closedAt: nil, stock: Dictionary(stock, uniquingKeysWith: { first, _ in first }))
  }

  /// All sales, the newest first.
  public func sales() async throws -> [StoredSale] {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT s.number, s.id, s.name, coalesce(k.starts_at, s.starts_at) AS starts_at,
          coalesce(k.ends_at, s.ends_at) AS ends_at, coalesce(k.per_buyer_limit, s.per_buyer_limit) AS per_buyer_limit,
          s.ordering, s.closed_at,
          s.shaping::text, s.holds::text,
          k.sku, k.price_minor, k.currency, k.put_up, k.units_left, k.reserved, k.closed, k.as_of
        FROM sales s JOIN stock k ON k.sale = s.number ORDER BY s.number DESC, k.position
        """)
    }
    return try StoredSale.sales(from: rows)
  }

  /// The newest sales whose number is below another's, the newest first.
  ///
  /// - Parameter number: `nil`: of all sales.
  public func sales(before number: SaleNumber?, limit: Int) async throws -> [StoredSale] {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT s.number, s.id, s.name, coalesce(k.starts_at, s.starts_at) AS starts_at,
          coalesce(k.ends_at, s.ends_at) AS ends_at, coalesce(k.per_buyer_limit, s.per_buyer_limit) AS per_buyer_limit,
          s.ordering, s.closed_at,
          s.shaping::text, s.holds::text,
          k.sku, k.price_minor, k.currency, k.put_up, k.units_left, k.reserved, k.closed, k.as_of
        FROM (SELECT * FROM sales WHERE $1::int4 IS NULL OR number < $1 ORDER BY number DESC LIMIT $2) AS s
        JOIN stock k ON k.sale = s.number ORDER BY s.number DESC, k.position
        """, number?.rawValue, Int64(limit))
    }
    return try StoredSale.sales(from: rows)
  }

  /// One sale, or `nil` if there is none of this number.
  public func sale(_ number: SaleNumber) async throws -> StoredSale? {
    // There is one of the next number or none, and then that is the newest one below.
    try await sales(before: SaleNumber(rawValue: number.rawValue &+ 1), limit: 1).first { $0.number == number }
  }

  /// One sale, or `nil` if there is none of this id.
  public func sale(_ id: SaleID) async throws -> StoredSale? {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        StoredSale.byID, id.rawValue)
    }
    return try StoredSale.sales(from: rows).first
  }

  /// Notes that the shop closed a sale, so that intakes turn requests away; the first time stands.
  ///
  /// This decides nothing: the record in each lane ends selling.
  ///
  /// - Parameter isRepeat: whether its lanes had decided it before: then it is closed only if no SKU was reopened.
  /// - Returns: the sale, or `nil` if there is none of this id.
  public func markClosed(_ id: SaleID, isRepeat: Bool = false) async throws -> StoredSale? {
    try await pool.withConnection { connection in
      try await connection.transaction { transaction in
        _ = try transaction.query(
          """
          UPDATE sales SET closed_at = now() WHERE id = $1 AND closed_at IS NULL
            AND NOT ($2 AND EXISTS (SELECT FROM stock WHERE sale = number AND NOT closed))
          """, id.rawValue, isRepeat)
        _ = try transaction.query("SELECT pg_notify($1, $2)", "\(CatalogSignal.channel)", id.rawValue)
      }
    }
    return try await sale(id)
  }
}

extension SaleStore {
  /// Notes that a sale that was closed is open again, at least for some of its SKUs, and tells every intake; and so of
  /// a sale whose rules have changed.
  ///
  /// This decides nothing: the records in the lanes do.
  ///
  /// - Parameters:
  ///   - isReopened: whether it counts as closed no more.
  ///   - time: what was closed later stays closed; `nil`: nothing was.
  public func markChanged(_ id: SaleID, isReopened: Bool, at time: Timestamp? = nil) async throws -> StoredSale? {
    try await pool.withConnection { connection in
      try await connection.transaction { transaction in
        if isReopened {
          _ = try transaction.query(
            "UPDATE sales SET closed_at = NULL WHERE id = $1 AND ($2::timestamptz IS NULL OR closed_at <= $2)",
            id.rawValue, time)
        }
        _ = try transaction.query("SELECT pg_notify($1, $2)", "\(CatalogSignal.channel)", id.rawValue)
      }
    }
    return try await sale(id)
  }
}

extension StoredSale {
  /// The rows of the sale whose id is $1.
  static let byID: Statement = """
    SELECT s.number, s.id, s.name, coalesce(k.starts_at, s.starts_at) AS starts_at,
      coalesce(k.ends_at, s.ends_at) AS ends_at, coalesce(k.per_buyer_limit, s.per_buyer_limit) AS per_buyer_limit,
      s.ordering, s.closed_at,
      s.shaping::text, s.holds::text,
      k.sku, k.price_minor, k.currency, k.put_up, k.units_left, k.reserved, k.closed, k.as_of
    FROM sales s JOIN stock k ON k.sale = s.number WHERE s.id = $1 ORDER BY k.position
    """

  /// Sales from rows of (sale, item), a sale's rows together and in the order of its items.
  static func sales(from rows: Rows) throws -> [StoredSale] {
    var sales: [StoredSale] = []
    var start = rows.startIndex
    while start < rows.endIndex {
      let number = try rows[start].int32("number")
      var end = start
      while try end < rows.endIndex && rows[end].int32("number") == number { end += 1 }
      sales.append(try StoredSale(itemRows: Array(rows[start..<end])))
      start = end
    }
    return sales
  }

  private init(itemRows: [Row]) throws {
    let row = itemRows[0]
    var items: [SaleItem] = []
    var stock: [SKU: StockLevel] = [:]
    var (startsAt, endsAt) = (try row.timestamp("starts_at"), try row.timestamp("ends_at"))
    var limit: Int32? = try row.optional("per_buyer_limit")
    for row in itemRows {
      // Commands change the rules of each SKU by itself. Until all are changed, the sale is told as the widest of them:
      // whoever is outside of her SKU's window is refused by its lane.
      startsAt = min(startsAt, try row.timestamp("starts_at"))
      endsAt = max(endsAt, try row.timestamp("ends_at"))
      if let known = limit { limit = try row.optional("per_buyer_limit", as: Int32.self).map { max(known, $0) } }
      let price = try Price(minor: row.int64("price_minor"), currency: row.string("currency"))
      let sku: SKU = try row.identifier("sku")
      items.append(SaleItem(sku: sku, putUp: try row.units("put_up"), price: price))
      stock[sku] = StockLevel(
        left: try row.units("units_left"), reserved: try row.units("reserved"), isClosed: try row.bool("closed"),
        asOf: try row.offset("as_of"))
    }
    // Lanes by SKU keep no limit that spans several; one that a command gave a single SKU is its lane's to hold.
    let ordering = try Ordering(rawValue: row.string("ordering"))
    if ordering == .sku, items.count > 1 { limit = nil }
    let sale = try Sale(
      id: row.identifier("id"), name: row.string("name"),
      startsAt: startsAt, endsAt: endsAt, perBuyerLimit: limit.map(Units.init(_:)),
      ordering: ordering, shaping: SaleShaping(stored: row.string("shaping")),
      holds: row.optional("holds", as: String.self).map(HoldRules.init(stored:)), items: items)
    self.init(
      number: try row.saleNumber("number"), sale: sale, closedAt: try row.optional("closed_at"), stock: stock)
  }
}
