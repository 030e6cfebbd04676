import FlashSale
import Postgres

/// The outcomes of a row's requests, counted in the tables and compared with the crowd's own journal.
struct Reckoning: Sendable {
  var requests = 0
  var accepted = 0
  var decided = 0
  /// Accepted orders without an outcome that are not behind a halt.
  var lost = 0
  /// Accepted orders behind a halt that waits for a person.
  var waiting = 0
  /// Keys with two orders, orders with two outcomes, orders that nobody asked for, and units that left the stock
  /// without an order of their own.
  var doubled = 0
  /// Units confirmed beyond what was put up.
  var oversold = 0
  /// Units left of a stock that somebody was told is sold out.
  var unsold = 0
  var examples: [String] = []

  private struct Stock {
    var sku: String
    var putUp: Int64
    var left: Int64
    /// Of those who have them now.
    var confirmed: Int64
    var soldOut: Int64
    var isHeld: Bool
    /// Orders that wait for units.
    var waiting: Int64
  }

  /// Counts.
  ///
  /// - Parameter before: what had been accepted when a partition was halted; later orders without an outcome wait.
  init(_ journal: Journal.Contents, acceptedBeforeHalt before: Set<String>?, _ connection: Connection) async throws {
    requests = journal.intents.count
    accepted = journal.accepted.count
    let sales = try await Self.sales(connection)
    let asked = Set(
      journal.intents.compactMap { order -> String? in
        guard let sale = sales[order.sale] else { return nil }
        return OrderID(
          sale: SaleNumber(rawValue: sale), buyer: BuyerID(unchecked: order.buyer),
          key: IdempotencyKey(unchecked: order.key)
        ).description
      })
    let outcomes = try await Self.outcomes(connection)
    for (id, number) in journal.accepted {
      if outcomes[id] != nil {
        decided += 1
      } else if let before, !before.contains(id) {
        waiting += 1
      } else {
        lost += 1
        note("\(id) (order \(number)) was accepted and has no outcome")
      }
    }
    for (id, outcomes) in outcomes where outcomes.count > 1 || outcomes.isOurs && !asked.contains(id) {
      doubled += 1
      note(outcomes.count > 1 ? "\(id) has \(outcomes.count) outcomes" : "nobody asked for \(id)")
    }
    doubled += journal.twoIDs.count
    journal.twoIDs.forEach { note("two ids for the key \($0)") }
    try await addStock(connection)
  }

  private mutating func note(_ example: String) {
    if examples.count < Limits.examples { examples.append(example) }
  }

  private mutating func addStock(_ connection: Connection) async throws {
    for stock in try await Self.stock(connection) {
      oversold += Int(max(0, stock.confirmed - stock.putUp))
      let gone = stock.putUp - stock.left
      if gone != stock.confirmed {
        doubled += Int((gone - stock.confirmed).magnitude)
        note("\(stock.sku): \(gone) units left the stock, orders have \(stock.confirmed)")
      }
      // Units that are held can come back after somebody was told the truth.
      if stock.soldOut > 0, stock.left > 0, !stock.isHeld {
        unsold += Int(stock.left)
        note("\(stock.sku): \(stock.soldOut) were told sold out, \(stock.left) units are left")
      }
      if stock.left > 0, stock.waiting > 0 {
        unsold += Int(min(stock.left, stock.waiting))
        note("\(stock.sku): \(stock.left) units are left, and \(stock.waiting) orders wait for some")
      }
    }
  }

  private static func sales(_ connection: Connection) async throws -> [String: Int32] {
    let rows = try await connection.query("SELECT id, number FROM sales")
    return try Dictionary(uniqueKeysWithValues: rows.map { (try $0.string(0), try $0.int32(1)) })
  }

  /// Outcomes by order id, and whether it is an order in one of the crowd's sales.
  private static func outcomes(
    _ connection: Connection
  ) async throws -> [String: (count: Int, isOurs: Bool)] {
    let rows = try await connection.query(
      """
      SELECT order_id::text, sale IN (SELECT number FROM sales WHERE id IN ($1, $2)) FROM orders
      UNION ALL SELECT order_id::text, false FROM quarantined_records WHERE order_id IS NOT NULL
      """, Goods.open, Goods.limited)
    var outcomes: [String: (count: Int, isOurs: Bool)] = [:]
    for row in rows {
      outcomes[try row.string(0), default: (0, false)].count += 1
      if try row.bool(1) { outcomes[try row.string(0)]?.isOurs = true }
    }
    return outcomes
  }

  private static func stock(_ connection: Connection) async throws -> [Stock] {
    // An order has what its life says, if it has one; else what its first decision gave it.
    let rows = try await connection.query(
      """
      SELECT stock.sku, put_up::int8, units_left::int8,
        coalesce(sum(CASE WHEN holds.state IS NOT NULL THEN holds.units ELSE quantity END)
          FILTER (WHERE holds.state BETWEEN 2 AND 5 OR holds.state IS NULL AND outcome = 0), 0)::int8,
        count(*) FILTER (WHERE outcome = 5), sales.holds IS NOT NULL, count(*) FILTER (WHERE holds.state = 1)
      FROM stock JOIN sales ON sales.number = stock.sale
        LEFT JOIN orders ON orders.sale = stock.sale AND orders.sku = stock.sku
        LEFT JOIN holds ON holds.order_id = orders.order_id
      GROUP BY stock.sale, stock.sku, put_up, units_left, sales.holds IS NOT NULL
      """)
    return try rows.map { row in
      Stock(
        sku: try row.string(0), putUp: try row.int64(1), left: try row.int64(2), confirmed: try row.int64(3),
        soldOut: try row.int64(4), isHeld: try row.bool(5), waiting: try row.int64(6))
    }
  }
}
