import FlashSale
import Lane
import Postgres
import SaleStore
import TestSupport
import Time

/// Reads what lanes wrote, past the code that wrote it.
struct StoredRows {
  /// A row of `orders`.
  struct Order: Hashable {
    let position: LogPosition
    let order: OrderID
    let stock: StockKey
    let buyer: String
    let quantity: Units
    let outcome: Outcome
    let acceptedAt: Timestamp
  }

  /// A row of `quarantined_records`.
  struct Quarantined: Hashable {
    let position: LogPosition
    let raw: RawRecord
    let error: String
    let sale: SaleNumber?
    let order: OrderID?
  }

  struct Tally: Hashable {
    var requests: Int64
    var repeats: Int64
  }

  private let database: TestDatabase

  init(_ database: TestDatabase) { self.database = database }

  /// All orders, in the order of the log.
  func orders() async throws -> [Order] {
    try await query("SELECT * FROM orders ORDER BY partition, log_offset").map { row in
      let uuid = try row.uuid("order_id")
      let outcome = try row.int16("outcome")
      let refusal = Refusal(rawValue: outcome)
      guard let sku = SKU(rawValue: try row.string("sku")), outcome == 0 || refusal != nil else {
        throw TestSetUpError("an order that can't be")
      }
      return Order(
        position: try row.position(), order: OrderID(high: uuid.high, low: uuid.low),
        stock: StockKey(sale: SaleNumber(rawValue: try row.int32("sale")), sku: sku),
        buyer: try row.string("buyer"), quantity: Units(try row.int32("quantity")),
        outcome: refusal.map(Outcome.rejected) ?? .confirmed,
        acceptedAt: try row.timestamp("accepted_at"))
    }
  }

  /// All quarantined records, in the order of the log.
  func quarantined() async throws -> [Quarantined] {
    try await query("SELECT * FROM quarantined_records ORDER BY partition, log_offset").map { row in
      let raw = RawRecord(
        key: try row.optional("record_key", as: [UInt8].self), value: try row.optional("record_value", as: [UInt8].self)
      )
      return Quarantined(
        position: try row.position(), raw: raw, error: try row.string("error"),
        sale: try row.optional("sale", as: Int32.self).map(SaleNumber.init(rawValue:)),
        order: try row.optional("order_id", as: UUIDBytes.self).map { OrderID(high: $0.high, low: $0.low) })
    }
  }

  /// What lanes counted, over all partitions.
  func tallies() async throws -> [SaleNumber: Tally] {
    let rows = try await query(
      "SELECT sale, sum(requests)::int8 AS requests, sum(repeats)::int8 AS repeats FROM tallies GROUP BY sale")
    return try Dictionary(
      uniqueKeysWithValues: rows.map {
        (
          SaleNumber(rawValue: try $0.int32("sale")),
          Tally(requests: try $0.int64("requests"), repeats: try $0.int64("repeats"))
        )
      })
  }

  /// Units left, by SKU.
  func left() async throws -> [String: Int32] {
    let rows = try await query("SELECT sku, units_left FROM stock")
    return try Dictionary(uniqueKeysWithValues: rows.map { (try $0.string(0), try $0.int32(1)) })
  }

  /// Makes the database refuse every order of one buyer, as a rule of someone else's would.
  func refuseOrders(of buyer: String) async throws {
    _ = try await query("CREATE TABLE refused (buyer text)")
    let connection = try await database.connect()
    _ = try await connection.query("INSERT INTO refused VALUES ($1)", buyer)
    await connection.close()
    _ = try await query(
      """
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM refused WHERE buyer = NEW.buyer) THEN
          RAISE 'not this buyer' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
      END $$
      """)
    _ = try await query("CREATE TRIGGER refuse BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION refuse()")
  }

  /// Makes each order of a buyer end the session that writes it: at its row, or at the COMMIT after it.
  func endSession(atOrdersOf buyer: String, deferred: Bool) async throws {
    _ = try await query("CREATE TABLE ending (buyer text)")
    let connection = try await database.connect()
    _ = try await connection.query("INSERT INTO ending VALUES ($1)", buyer)
    await connection.close()
    _ = try await query(
      """
      CREATE FUNCTION end_session() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM ending WHERE buyer = NEW.buyer) THEN
          PERFORM pg_terminate_backend(pg_backend_pid());
        END IF;
        RETURN NEW;
      END $$
      """)
    if deferred {
      _ = try await query(
        """
        CREATE CONSTRAINT TRIGGER end_session AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION end_session()
        """)
    } else {
      _ = try await query(
        "CREATE TRIGGER end_session BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION end_session()")
    }
  }

  /// Takes `endSession` back, if it was there.
  func endNoMoreSessions() async throws { _ = try await query("DROP TRIGGER IF EXISTS end_session ON orders") }

  /// Ends every session of this database but the one that does it.
  func endSessions() async throws {
    _ = try await query(
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()
      """)
  }

  private func query(_ statement: Statement) async throws -> Rows {
    let connection = try await database.connect()
    let rows = try await connection.query(statement)
    await connection.close()
    return rows
  }
}

extension Row {
  fileprivate func position() throws -> LogPosition {
    LogPosition(partition: Partition(try int32("partition")), offset: Offset(try int64("log_offset")))
  }
}
