public import Accounts
internal import Postgres
public import Time

/// What is asked of the admin log. All that is given must fit.
public struct LogQuery: Sendable {
  public var who: String?
  public var action: LogAction?

  /// A part of the subject, the reason, or from and to; any case.
  public var text: String?
  public var from: Timestamp?
  public var to: Timestamp?

  /// Only lines with a lower number: the next page.
  public var before: Int64?

  /// Everything.
  public init() {}
}

/// A page of the lines that were looked for.
public struct LogListing: Sendable {
  /// The newest first.
  public let entries: [LogEntry]

  /// The next page has lines with lower numbers; `nil`: there is none.
  public let next: Int64?
}

extension SaleStore {
  /// The newest lines that fit, at most `limit`; over all pages each line once.
  ///
  /// What a page costs does not grow with the log: where few lines fit, it ends after some `Limits.searchedLogLines`
  /// with fewer than were asked for, perhaps with none.
  public func logEntries(_ query: LogQuery, limit: Int32) async throws -> LogListing {
    let (after, end) = try await logBounds(of: query)
    var (before, searched, batch) = (end, Int32(0), limit + 1)
    var found: [LogEntry] = []
    while true {
      let part = try await look(for: query, after: after, before: before, batch)
      for entry in part.entries {
        if found.count == limit { return LogListing(entries: found, next: found.last?.number) }
        found.append(entry)
      }
      searched += batch
      guard let last = part.last, searched < Limits.searchedLogLines else {
        return LogListing(entries: found, next: part.last)
      }
      before = last
      batch = min(batch * 4, Limits.searchedLogBatch)
    }
  }

  /// Numbers between which all lines of the query's times are.
  private func logBounds(of query: LogQuery) async throws -> (after: Int64, before: Int64) {
    let before = query.before ?? .max
    guard query.from != nil || query.to != nil else { return (0, before) }
    // Times go up with the numbers, unless the clock was set back: no line is further behind one before it than that.
    let row = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT (SELECT number FROM admin_log WHERE at < $1::timestamptz - back ORDER BY at DESC LIMIT 1),
          (SELECT number FROM admin_log WHERE at >= $2::timestamptz + back ORDER BY at LIMIT 1)
        FROM (SELECT set_back_us * interval '1 microsecond' AS back FROM admin_log_head) AS head
        """, query.from, query.to
      ).single()
    }
    let (after, end): (Int64?, Int64?) = (try row.optional(0), try row.optional(1))
    return (after ?? 0, min(before, end ?? .max))
  }

  /// Of the next lines, newest first, those that fit, and the last one that was looked at; `nil`: nothing is left.
  private func look(
    for query: LogQuery, after: Int64, before: Int64, _ lines: Int32
  ) async throws -> (entries: [LogEntry], last: Int64?) {
    let pattern = query.text.map { text in
      "%" + text.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_") + "%"
    }
    // Each way has an index; two of the three cost nothing.
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        WITH looked AS (
          (SELECT * FROM admin_log WHERE $2::text IS NOT NULL AND action = $2 AND number > $6 AND number < $7
            ORDER BY number DESC LIMIT $8)
          UNION ALL
          (SELECT * FROM admin_log WHERE $2 IS NULL AND $1::text IS NOT NULL AND who = $1 AND number > $6
            AND number < $7 ORDER BY number DESC LIMIT $8)
          UNION ALL
          (SELECT * FROM admin_log WHERE $2 IS NULL AND $1 IS NULL AND number > $6 AND number < $7
            ORDER BY number DESC LIMIT $8)
        )
        SELECT ended.lines, ended.last, fitting.*
        FROM (SELECT count(*) AS lines, min(number) AS last FROM looked) AS ended LEFT JOIN (
          SELECT * FROM looked WHERE ($1 IS NULL OR who = $1)
            AND ($3::text IS NULL OR subject ILIKE $3 OR why ILIKE $3 OR was ILIKE $3 OR becomes ILIKE $3)
            AND ($4::timestamptz IS NULL OR at >= $4) AND ($5::timestamptz IS NULL OR at < $5)
        ) AS fitting ON true ORDER BY fitting.number DESC
        """, query.who, query.action?.rawValue, pattern, query.from, query.to, after, before, lines)
    }
    guard let first = rows.first else { return ([], nil) }
    let last: Int64? = try first.int64("lines") < Int64(lines) ? nil : first.int64("last")
    let fits = try first.optional("number", as: Int64.self) != nil
    return (fits ? try rows.map(LogEntry.init(row:)) : [], last)
  }
}
