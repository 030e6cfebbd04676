import Postgres
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ConnectionTests {
  @Test func `a statement is prepared once, and anew for other types`() async throws {
    try await Database.withConnection { connection in
      func ask(_ value: any PostgresEncodable) async throws -> String {
        try await connection.query("SELECT pg_typeof($1)::text", value).single().string(0)
      }
      for _ in 0..<5 { #expect(try await ask(Int64(1)) == "bigint") }
      #expect(await connection.preparedStatementCount == 1)
      #expect(try await ask("x") == "text")
      #expect(await connection.preparedStatementCount == 2)
      let kept = try await connection.count("SELECT count(*) FROM pg_prepared_statements")
      #expect(kept == 3)
    }
  }

  @Test func `a statement whose plan a migration invalidated works again after one failure`() async throws {
    try await Database.withConnection { connection in
      func read() async throws -> Rows { try await connection.query("SELECT * FROM t") }
      try await connection.run("CREATE TABLE t (a bigint)")
      _ = try await read()
      try await connection.run("ALTER TABLE t ADD b bigint")
      let error = await failure { _ = try await read() }
      #expect(error?.sqlState == "0A000")
      try await connection.run("INSERT INTO t VALUES (1, 2)")
      #expect(try await read().single().int64("b") == 2)
    }
  }

  @Test func `a violated constraint is recognised with its name`() async throws {
    try await Database.withConnection { connection in
      try await connection.run(
        "CREATE TABLE t (a bigint CONSTRAINT only_once UNIQUE, b bigint CONSTRAINT not_negative CHECK (b >= 0))")
      try await connection.run("INSERT INTO t VALUES (1, 1)")
      let unique = await failure { try await connection.run("INSERT INTO t VALUES (1, 1)") }
      #expect(unique?.isUniqueViolation == true)
      #expect(unique?.constraint == "only_once")
      #expect(unique?.isRetriable == false)
      let check = await failure { try await connection.run("INSERT INTO t VALUES (2, -1)") }
      #expect(check?.isCheckViolation == true)
      #expect(check?.constraint == "not_negative")
    }
  }

  @Test func `an error shows a stranger neither the statement nor data`() async throws {
    try await Database.withConnection { connection in
      let error = try #require(await failure { try await connection.run("SELECT secret FROM nowhere") })
      #expect(error.description == "PostgreSQL: a statement failed (SQLSTATE 42P01)")
      #expect("\(error)" == error.description)
      #expect(error.debugDescription.contains("nowhere"))
    }
  }

  @Test func `settings show no password, in no form`() throws {
    let settings = try ConnectionSettings("postgres://me:hunter2@db.example:6432/sale")
    var dumped = ""
    dump(settings, to: &dumped)
    for text in [settings.description, settings.debugDescription, "\(settings)", String(reflecting: settings), dumped] {
      #expect(!text.contains("hunter2"))
      #expect(text.contains("db.example:6432"))
    }
  }

  @Test func `settings that cannot be read and servers that are not there are connect errors`() async throws {
    let unreadable = await failure { _ = try ConnectionSettings("postgres://[::1") }
    #expect(unreadable?.kind == .connect)
    let nowhere = try ConnectionSettings("postgres://127.0.0.1:1/none")
    let error = await failure { _ = try await Connection.connect(nowhere, logger: Database.logger) }
    #expect(error?.kind == .connect)
    #expect(error?.isRetriable == true)
  }

  @Test func `session parameters, application name and statement timeout reach the server`() async throws {
    var settings = try ConnectionSettings(Database.url)
    settings.applicationName = "a name"
    settings.statementTimeout = .milliseconds(50)
    settings.sessionParameters = ["search_path": #""a b", "c\d""#]
    let connection = try await Connection.connect(settings, logger: Database.logger)
    let row = try await connection.query(
      "SELECT current_setting('application_name'), current_setting('search_path'), current_setting('client_encoding')"
    ).single()
    #expect(try row.string(0) == "a name")
    #expect(try row.string(1) == #""a b", "c\d""#)
    #expect(try row.string(2) == "UTF8")
    let error = await failure { try await connection.run("SELECT pg_sleep(60)") }
    #expect(error?.sqlState == "57014")
    #expect(error?.isConnectionLost == false)
    #expect(try await connection.count("SELECT 1::bigint") == 1)
    await connection.close()
  }

  @Test func `a connection whose backend was ended says so, and stays lost`() async throws {
    try await Database.withConnection { connection in
      try await Database.terminate(connection.backendPID)
      let first = try #require(await failure { try await connection.run("SELECT 1") })
      #expect(first.isConnectionLost)
      // Its own transaction may have been committed before the connection went.
      #expect(first.mayHaveTakenEffect)
      #expect(!first.isRetriable)
      #expect(await connection.isOpen == false)
      let second = try #require(await failure { try await connection.run("SELECT 1") })
      #expect(second.kind == .closed)
      #expect(second.isConnectionLost)
      let third = await failure { _ = try await connection.transaction { _ in 1 } }
      #expect(third?.kind == .closed)
    }
  }

  @Test func `more blocked connections than cores do not hold Swift's threads`() async throws {
    try await Database.withSchema { settings in
      let owner = try await Connection.connect(settings, logger: Database.logger)
      _ = try await owner.query("SELECT pg_advisory_lock(hashtext(current_setting('search_path')))")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<16 {
          let connection = try await Connection.connect(settings, logger: Database.logger)
          group.addTask {
            _ = try await connection.query("SELECT pg_advisory_lock_shared(hashtext(current_setting('search_path')))")
            await connection.close()
          }
        }
        try await Database.until {
          try await owner.count(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE application_name = current_setting('application_name') AND wait_event = 'advisory'
            """) == 16
        }
        _ = try await owner.query("SELECT pg_advisory_unlock(hashtext(current_setting('search_path')))")
        try await group.waitForAll()
      }
      await owner.close()
    }
  }

  @Test func `a statement cannot leave a transaction open`() async throws {
    try await Database.withConnection { connection in
      let error = await failure { try await connection.run("BEGIN") }
      #expect(error?.kind == .misuse)
      #expect(await connection.isOpen == false)
    }
  }
}
