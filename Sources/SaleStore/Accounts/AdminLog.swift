public import Accounts
internal import Postgres
internal import Time

extension SaleStore {
  /// Adds a line to the admin log.
  public func log(_ content: LogEntry.Content) async throws {
    try await logging(content) { _ in }
  }

  /// Does something and adds its line to the admin log, both or neither; no line where it answers `false`, which says
  /// that nothing was done.
  @discardableResult
  func logging<Answer: Sendable>(
    _ content: LogEntry.Content, _ work: @escaping @Sendable (borrowing Transaction) throws -> Answer
  ) async throws -> Answer {
    try await pool.withConnection { connection in
      try await connection.transaction { transaction in
        let answer = try work(transaction)
        if let isDone = answer as? Bool, !isDone { return answer }
        try Self.add(content, in: transaction)
        return answer
      }
    }
  }

  private static func add(_ content: LogEntry.Content, in transaction: borrowing Transaction) throws {
    // Its lock puts writers into one order; the database's clock is theirs all.
    let row = try transaction.query(
      "SELECT number, hash, clock_timestamp() FROM admin_log_head FOR UPDATE"
    ).single()
    let entry = LogEntry(
      content, at: try row.timestamp(2), after: LogHead(number: try row.int64(0), hash: try row.bytes(1)))
    try transaction.execute(
      """
      INSERT INTO admin_log (number, at, who, action, subject, was, becomes, why, problem, address, hash)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
      """, entry.number, entry.at, content.who, content.action.rawValue, content.subject, content.from, content.to,
      content.why, content.problem, content.address, entry.hash)
    try transaction.execute(
      """
      UPDATE admin_log_head SET number = $1, hash = $2, latest_at = greatest(latest_at, $3),
        set_back_us = greatest(set_back_us, (extract(epoch FROM latest_at - $3) * 1000000)::int8)
      """, entry.number, entry.hash, entry.at)
  }
}

extension LogEntry {
  init(row: Row) throws {
    let action = try row.string("action")
    guard let action = LogAction(rawValue: action) else {
      throw StoreError.unreadable("the admin log has an action \(action.debugDescription), which is not known")
    }
    // As it was written: its hash is over just that.
    var content = Content(who: "", action: action, subject: "")
    (content.who, content.subject) = (try row.string("who"), try row.string("subject"))
    (content.from, content.to) = (try row.optional("was"), try row.optional("becomes"))
    (content.why, content.address) = (try row.string("why"), try row.string("address"))
    content.problem = try row.optional("problem")
    self.init(
      number: try row.int64("number"), at: try row.timestamp("at"), content: content, hash: try row.bytes("hash"))
  }
}
