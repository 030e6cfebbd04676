import Postgres

/// The lives of a row's orders as the store has them, compared with what buyers and providers were told.
struct LifeReckoning: Sendable {
  var violations: [String] = []
  var lives = 0
  var expired = 0
  var payments = 0
  /// How long after its due a hold ended, at most, in milliseconds.
  var latest: Int64 = 0

  /// Compares.
  init(_ journal: LifeJournal.Contents, _ connection: Connection) async throws {
    violations = journal.wrong.prefix(Limits.examples).map { "a buyer saw: \($0)" }
    try await addLives(connection)
    try await addMoney(journal, connection)
    try await addLimits(connection)
  }

  private mutating func addLives(_ connection: Connection) async throws {
    let row = try await connection.query(
      "SELECT count(*), count(*) FILTER (WHERE state = 7), count(*) FILTER (WHERE state = 2) FROM holds"
    ).single()
    (lives, expired) = (Int(try row.int64(0)), Int(try row.int64(1)))
    let held = try row.int64(2)
    if held > 0 { violations.append("\(held) holds did not end") }
    // Of what nobody extended, the due is known: the acceptance, and the time that the sale gives.
    let ends = try await connection.query(
      """
      SELECT order_id::text,
        floor(extract(epoch FROM history.at - orders.accepted_at) * 1000)::int8 - $1
      FROM history JOIN orders USING (order_id) JOIN holds USING (order_id)
      WHERE action = 6 AND history.result = 0 AND history.state = 7 AND extensions = 0 AND NOT is_offer
      """, Int64(LifeCrowd.holdSeconds * 1_000))
    for end in ends {
      let late = try end.int64(1)
      latest = max(latest, late)
      if late < 0 { violations.append("the hold of \(try end.string(0)) ended \(-late) ms early") }
    }
    let twice = try await connection.query(
      """
      SELECT order_id::text, count(*) FROM history WHERE action = 6 AND result = 0
      GROUP BY order_id HAVING count(*) > 1 LIMIT 5
      """)
    for row in twice { violations.append("\(try row.string(0)) expired \(try row.int64(1)) times") }
  }

  /// Each capture that was told is there, whole; and none that nobody sent.
  private mutating func addMoney(_ journal: LifeJournal.Contents, _ connection: Connection) async throws {
    var there: Set<String> = []
    for row in try await connection.query("SELECT payment, captured FROM payments") {
      let (payment, captured) = (try row.string(0), try row.int64(1))
      there.insert(payment)
      if journal.captures[payment] != captured { violations.append("\(payment) has \(captured), which nobody sent") }
    }
    payments = there.count
    for payment in journal.told.keys where !there.contains(payment) {
      violations.append("\(payment) was told \(journal.told[payment] ?? ""), and is not there")
    }
    // What an order owes and what it has paid for come from its payments, and from nothing else.
    let wrong = try await connection.query(
      """
      SELECT holds.order_id::text FROM holds LEFT JOIN payments USING (order_id)
      GROUP BY holds.order_id, holds.state, holds.units, holds.price_minor, holds.refund_due
      HAVING coalesce(sum(payments.refund_due) FILTER (WHERE counted), 0) <> holds.refund_due
        OR coalesce(sum(captured - payments.refund_due - refunded), 0)
          <> CASE WHEN holds.state IN (4, 5) THEN holds.units * holds.price_minor ELSE 0 END
      LIMIT 5
      """)
    for row in wrong { violations.append("the money of \(try row.string(0)) does not add up") }
  }

  /// Whoever waited was served in the order of the log.
  private mutating func addLimits(_ connection: Connection) async throws {
    let overtaken = try await OffersMade(connection).overtaken
    if overtaken > 0 { violations.append("\(overtaken) who waited were overtaken") }
  }
}
