import Accounts
import FlashSale
import HTTPTypes
import HummingbirdTesting
import Postgres
import SaleStore
import TestSupport
import Testing
import Time

/// Lines of a long admin log that fit, however few.
@Suite struct LogSearchTests {
  private static let lines: Int64 = 120_000

  /// A log with a line each minute. Every now and then the clock was set back.
  private static let log: Statement = """
    INSERT INTO admin_log (number, at, who, action, subject, was, why, address, hash)
    SELECT n, '2025-01-01T00:00:00Z'::timestamptz + n * interval '1 minute'
        - CASE WHEN n % 1009 < 20 THEN interval '30 minutes' ELSE interval '0' END,
      CASE WHEN n % 20011 = 7 THEN 'rare' ELSE 'mia' END,
      CASE WHEN n % 30011 = 11 THEN 'sale.close' ELSE 'sale.change' END, 'double11',
      CASE WHEN n % 40009 = 5 THEN 'a Needle' END, 'why', '', decode(repeat('00', 32), 'hex')
    FROM generate_series(1, 120000) AS n
    """

  private func withLog(_ body: @Sendable (AdminUnderTest, Client, Connection) async throws -> Void) async throws {
    try await AdminUnderTest.with { admin, client in
      let connection = try await admin.database.connect()
      _ = try await connection.query(Self.log)
      _ = try await connection.query(
        """
        UPDATE admin_log_head SET number = 120000, latest_at = (SELECT max(at) FROM admin_log),
          set_back_us = 30 * 60 * 1000000
        """)
      _ = try await connection.query("ANALYZE admin_log")
      try await body(admin, client, connection)
      await connection.close()
    }
  }

  /// The numbers of all lines that fit, page by page, and of how many pages.
  private static func numbers(_ filter: String, _ client: Client) async throws -> (numbers: [Int64], pages: Int) {
    var (numbers, pages, before) = ([Int64](), 0, "")
    while true {
      let page = try await client.get("/admin/api/log?\(filter)\(before)")
      try #require(page.status == 200, "\(page.text)")
      let entries = try #require(page.json("entries") as? [[String: Any]])
      numbers += entries.compactMap { ($0["number"] as? Int).map(Int64.init) }
      pages += 1
      guard let next = page.json("next") as? Int else { return (numbers, pages) }
      before = "&before=\(next)"
    }
  }

  @Test func `pages and the file have each line that fits once, for any filter`() async throws {
    let filters: [(String, Statement)] = [
      ("text=needle", "SELECT number FROM admin_log WHERE was ILIKE '%needle%' ORDER BY number DESC"),
      ("text=missing", "SELECT number FROM admin_log WHERE false"),
      ("who=rare", "SELECT number FROM admin_log WHERE who = 'rare' ORDER BY number DESC"),
      ("action=sale.close", "SELECT number FROM admin_log WHERE action = 'sale.close' ORDER BY number DESC"),
      (
        "who=rare&action=sale.change&text=WHY",
        "SELECT number FROM admin_log WHERE who = 'rare' ORDER BY number DESC"
      ),
      (
        "from=2025-01-15T00:00:00Z&to=2025-01-15T04:10:00Z",
        """
        SELECT number FROM admin_log WHERE at >= '2025-01-15T00:00:00Z' AND at < '2025-01-15T04:10:00Z'
        ORDER BY number DESC
        """
      ),
      ("text=w_y", "SELECT number FROM admin_log WHERE false"),
      (
        "to=2025-01-01T04:00:00Z&text=wHy",
        "SELECT number FROM admin_log WHERE at < '2025-01-01T04:00:00Z' ORDER BY number DESC"
      ),
    ]
    try await withLog { _, client, connection in
      for (filter, statement) in filters {
        let fitting = try await connection.query(statement).map { try $0.int64(0) }
        let found = try await Self.numbers(filter, client)
        #expect(found.numbers == fitting, "\(filter)")
        let file = try await client.get("/admin/api/log.csv?\(filter)").text
        let lines = file.split(separator: "\r\n").dropFirst().compactMap { Int64($0.prefix { $0 != "," }) }
        // The export is a line of its own.
        #expect(lines.filter { $0 <= Self.lines } == fitting, "\(filter)")
      }
      let first = try await client.get("/admin/log?text=needle").text
      #expect(first.contains("rel=\"next\""), "\(first)")
    }
  }

  @Test func `a page looks at so many lines and no more, and at few where an index leads to them`() async throws {
    try await withLog { admin, client, connection in
      let bounds: [(String, Int64, (inout LogQuery) -> Void)] = [
        ("a word that no line has", 80_000, { $0.text = "missing" }),
        ("all lines", 200, { _ in }),
        ("an action", 200, { $0.action = .saleClosed }),
        ("a person", 200, { $0.who = "rare" }),
        ("a time long ago", 2_000, { $0.to = Timestamp(rfc3339: "2025-01-01T02:00:00Z") }),
        (
          "a word and a time", 2_000,
          { query in
            query.text = "missing"
            query.from = Timestamp(rfc3339: "2025-02-01T00:00:00Z")
            query.to = Timestamp(rfc3339: "2025-02-01T12:00:00Z")
          }
        ),
      ]
      for (name, most, change) in bounds {
        var query = LogQuery()
        change(&query)
        let before = try await Self.read(connection)
        try await admin.database.withEndedStore { [query] store in _ = try await store.logEntries(query, limit: 100) }
        let read = try await Self.read(connection) - before
        #expect(read > 0)
        #expect(read <= most, "\(name): \(read)")
      }
    }
  }

  /// Lines that were read, and looks for them, by all sessions that have ended.
  private static func read(_ connection: Connection) async throws -> Int64 {
    try await connection.query(
      """
      SELECT (seq_tup_read + idx_tup_fetch + seq_scan + idx_scan)::int8 FROM pg_stat_user_tables
      WHERE relname = 'admin_log'
      """
    ).single().int64(0)
  }

  @Test func `lines of a clock that was set back are found by their times`() async throws {
    try await AdminUnderTest.with { admin, _ in
      let line = LogEntry.Content(who: "mia", action: .saleClosed, subject: "double11")
      try await admin.store.log(line)
      let connection = try await admin.database.connect()
      _ = try await connection.query(
        """
        INSERT INTO admin_log SELECT 2, at + interval '1 hour', who, action, subject, was, becomes, why, problem,
          address, hash FROM admin_log
        """)
      _ = try await connection.query(
        "UPDATE admin_log_head SET number = 2, latest_at = (SELECT max(at) FROM admin_log)")
      await connection.close()
      try await admin.store.log(line)
      var query = LogQuery()
      query.to = Timestamp.now.after(.seconds(600))
      #expect(try await admin.store.logEntries(query, limit: 9).entries.map(\.number) == [3, 1])
      (query.from, query.to) = (query.to, nil)
      #expect(try await admin.store.logEntries(query, limit: 9).entries.map(\.number) == [2])
    }
  }
}
