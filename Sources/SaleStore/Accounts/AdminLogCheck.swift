public import Accounts
internal import Postgres

/// What a check of the admin log has found.
public struct AdminLogCheck: Sendable {
  /// Where the log ends. Whoever has noted it elsewhere sees when lines are cut off at the end.
  public let head: LogHead

  /// The number of the first line that is not as it was written; `nil`: all are.
  public let firstBroken: Int64?
}

extension AuditStore {
  /// Checks every line of the admin log. Lines that come meanwhile are not looked at.
  public func checkAdminLog() async throws -> AdminLogCheck {
    let row = try await connection.query("SELECT number, hash FROM admin_log_head").single()
    let end = LogHead(number: try row.int64(0), hash: try row.bytes(1))
    var head = LogHead.none
    while head.number < end.number {
      let page = try await connection.query(
        """
        SELECT number, at, who, action, subject, was, becomes, why, problem, address, hash FROM admin_log
        WHERE number > $1 AND number <= $2 ORDER BY number LIMIT $3
        """, head.number, end.number, Limits.logPageEntries
      )
      for row in page {
        // A line whose action is none was not written by us.
        guard let entry = try? LogEntry(row: row), entry.follows(head) else {
          return AdminLogCheck(head: end, firstBroken: head.number + 1)
        }
        head = LogHead(number: entry.number, hash: entry.hash)
      }
      if page.isEmpty { return AdminLogCheck(head: end, firstBroken: head.number + 1) }
    }
    return AdminLogCheck(head: end, firstBroken: head.hash == end.hash ? nil : end.number)
  }
}
