internal import Postgres
public import Time

/// An audit that an admin process runs, or ran.
public struct StoredAudit: Sendable {
  /// How it stands.
  public enum State: String, Sendable {
    case running, finished
    /// It could not be carried through.
    case failed
    /// Whoever ran it has shown no life for `Limits.auditSilence`: it has no verdict, and will hardly get one.
    case notEnded = "not_ended"
  }

  public let id: Int64
  public let startedAt: Timestamp
  public let startedBy: String
  public let state: State

  /// What it does, and how much of that is done; a total of 0: not known.
  public let phase: String
  public let done: Int64
  public let total: Int64
  public let finishedAt: Timestamp?

  /// `sound`, `violated` or `unchecked`, with the whole report for people; `nil`: it has none.
  public let verdict: String?
  public let report: String?

  /// Why it failed.
  public let error: String?
}

/// How an audit ended.
public enum AuditEnd: Sendable {
  case verdict(String, report: String)
  case failed(String)
}

extension SaleStore {
  /// Begins an audit, unless one is running, in this process or another.
  ///
  /// - Parameter kept: how many are kept; older ones are forgotten.
  /// - Returns: `nil` if another one is running.
  public func startAudit(by name: String, phase: String, keeping kept: Int) async throws -> StoredAudit? {
    try await pool.withConnection { connection in
      try await connection.transaction { transaction -> StoredAudit? in
        // One after another, so that of two who start at once one sees the other's.
        try transaction.execute("LOCK TABLE admin_audits IN SHARE ROW EXCLUSIVE MODE")
        let silence = Limits.auditSilence.wholeMicroseconds
        let known = try transaction.query(StoredAudit.newest, silence, Int64(kept)).map(StoredAudit.init(row:))
        if known.contains(where: { $0.state == .running }) { return nil }
        try transaction.execute("INSERT INTO admin_audits (started_by, phase) VALUES ($1, $2)", name, phase)
        try transaction.execute(
          "DELETE FROM admin_audits WHERE id NOT IN (SELECT id FROM admin_audits ORDER BY id DESC LIMIT $1::int8)",
          Int64(kept))
        return try StoredAudit(row: transaction.query(StoredAudit.newest, silence, Int64(1)).single())
      }
    }
  }

  /// Tells how far an audit is, and that whoever runs it is alive.
  public func tellAudit(_ id: Int64, phase: String, done: Int64, total: Int64) async throws {
    _ = try await pool.withConnection { connection in
      try await connection.query(
        """
        UPDATE admin_audits SET phase = $2, done = $3, total = $4, told_at = clock_timestamp()
        WHERE id = $1 AND finished_at IS NULL
        """, id, phase, done, total)
    }
  }

  /// Ends an audit. Repeating it changes nothing.
  public func endAudit(_ id: Int64, _ end: AuditEnd) async throws {
    let (verdict, report, error): (String?, String?, String?) =
      switch end {
      case .verdict(let verdict, let report): (verdict, report.withoutNUL, nil)
      case .failed(let why): (nil, nil, why.withoutNUL)
      }
    _ = try await pool.withConnection { connection in
      try await connection.query(
        """
        UPDATE admin_audits SET finished_at = clock_timestamp(), verdict = $2, report = $3, error = $4
        WHERE id = $1 AND finished_at IS NULL
        """, id, verdict, report, error)
    }
  }

  /// The newest audits of all processes, the newest first.
  public func audits(limit: Int) async throws -> [StoredAudit] {
    try await pool.withConnection { connection in
      try await connection.query(StoredAudit.newest, Limits.auditSilence.wholeMicroseconds, Int64(limit))
    }.map(StoredAudit.init(row:))
  }
}

extension StoredAudit {
  /// Those of the newest ids; $1 is the silence in microseconds, $2 how many.
  fileprivate static let newest: Statement = """
    SELECT id, started_at, started_by, phase, done, total, finished_at, verdict, report, error, CASE
        WHEN verdict IS NOT NULL THEN 'finished'
        WHEN error IS NOT NULL THEN 'failed'
        WHEN told_at > clock_timestamp() - $1::int8 * interval '1 microsecond' THEN 'running'
        ELSE 'not_ended' END AS state
    FROM admin_audits ORDER BY id DESC LIMIT $2::int8
    """

  fileprivate init(row: Row) throws {
    let state = try row.string("state")
    guard let state = State(rawValue: state) else { throw StoreError.unreadable("an audit is \(state)") }
    self.init(
      id: try row.int64("id"), startedAt: try row.timestamp("started_at"), startedBy: try row.string("started_by"),
      state: state, phase: try row.string("phase"), done: try row.int64("done"), total: try row.int64("total"),
      finishedAt: try row.optional("finished_at"), verdict: try row.optional("verdict"),
      report: try row.optional("report"), error: try row.optional("error"))
  }
}

extension String {
  /// PostgreSQL takes no NUL in a text.
  fileprivate var withoutNUL: String { replacing("\u{0}", with: "\u{FFFD}") }
}
