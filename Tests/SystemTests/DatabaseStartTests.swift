import Foundation
import Postgres
import SaleStore
import TestSupport
import Testing

/// A database that cannot be reached, lets nobody in, or is unfit: libpq's words, and what to do.
@Suite(.serialized, .timeLimit(.minutes(3))) struct DatabaseStartTests {
  private func migrate(_ url: String) async throws -> (exit: PenstockProcess.Exit, output: String, errors: String) {
    try await PenstockProcess.run("penstock", ["migrate"], environment: ["PENSTOCK_DATABASE_URL": url])
  }

  /// The URL with parts replaced.
  private func url(_ database: TestDatabase, _ change: (inout URLComponents) -> Void) throws -> String {
    var components = try #require(URLComponents(string: database.url))
    change(&components)
    return try #require(components.string)
  }

  @Test func `each failure to connect has libpq's words, and a line of its own`() async throws {
    try await TestDatabase.with { database in
      let cases: [(url: String, code: Int32, words: [String])] = [
        (try url(database) { $0.password = "hunter2" }, 78, ["password authentication failed", "pg_hba.conf"]),
        (try url(database) { $0.path = "/nowhere" }, 78, ["database \"nowhere\" does not exist", "createdb"]),
        (try url(database) { $0.port = 1 }, 69, ["Connection refused"]),
        (try url(database) { $0.host = "no-such-host.invalid" }, 69, ["no-such-host.invalid", "not known"]),
        (try url(database) { $0.query = "sslmode=require" }, 69, ["does not support SSL", "sslmode"]),
      ]
      for (url, code, words) in cases {
        let run = try await migrate(url)
        #expect(run.exit.code == code, "\(run)")
        #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        for word in words + ["PENSTOCK_DATABASE_URL"] { #expect(run.errors.contains(word), "\(run.errors)") }
        #expect(!run.errors.contains("hunter2"))
      }
    }
  }

  @Test(arguments: ["up", "intake", "worker", "admin", "audit"])
  func `a wrong password is not waited for`(command: String) async throws {
    try await Shop.with { shop, database in
      let wrong = try url(database) { $0.password = "hunter2" }
      let run = try await PenstockProcess.run(
        "penstock", [command], environment: shop.environment.merging(["PENSTOCK_DATABASE_URL": wrong]) { $1 })
      // An audit that cannot be done is neither passed nor failed.
      #expect(run.exit.code == (command == "audit" ? 2 : 78), "\(run)")
      #expect(run.errors.contains("PENSTOCK_DATABASE_URL: connection to server"), "\(run)")
      #expect(run.errors.contains("password authentication failed"), "\(run)")
      #expect(!run.errors.contains("hunter2"))
    }
  }

  @Test func `a database with another encoding is refused before it is migrated`() async throws {
    try await TestDatabase.with { database in
      let connection = try await database.connect()
      _ = try await connection.query(
        "CREATE DATABASE penstock_latin1 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
      let run = try await migrate(try url(database) { $0.path = "/penstock_latin1" })
      _ = try await connection.query("DROP DATABASE penstock_latin1 WITH (FORCE)")
      await connection.close()
      #expect(run.exit.code == 78 && run.output.isEmpty, "\(run)")
      #expect(run.errors.contains("LATIN1") && run.errors.contains("ENCODING 'UTF8' TEMPLATE template0"), "\(run)")
      #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    }
  }

  @Test func `settings of the database that would do harm are refused, as they are in the session`() async throws {
    try await TestDatabase.with { database in
      let connection = try await database.connect()
      for (statement, words) in [
        ("default_transaction_read_only = on", "default_transaction_read_only is on"),
        ("default_transaction_isolation = serializable", "default_transaction_isolation is serializable"),
      ] {
        _ = try await connection.query(
          "SELECT set_config('penstock.change', $1, false)", statement)
        _ = try await connection.query(
          """
          DO $$ BEGIN
            EXECUTE format('ALTER DATABASE %I SET %s', current_database(), current_setting('penstock.change'));
          END $$
          """)
        let check = try await DatabaseCheck.run(database.settings, for: .serving, logger: quietLogger)
        #expect(check.refusals.count == 1 && check.refusals.first?.contains(words) == true, "\(check)")
        #expect(try await migrate(database.url).exit.code == 78)
        _ = try await connection.query(
          "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET ALL', current_database()); END $$")
      }
      // What a database sets does not reach a lane, which asks for it itself.
      _ = try await connection.query(
        """
        DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$
        """)
      let check = try await DatabaseCheck.run(database.settings, for: .serving, logger: quietLogger)
      #expect(check.refusals.isEmpty && check.warnings.isEmpty && !check.isStandby, "\(check)")
      await connection.close()
    }
  }

  @Test func `rights that are missing are told by table`() async throws {
    try await TestDatabase.with { database in
      let connection = try await database.connect()
      _ = try await connection.query("REVOKE INSERT ON orders FROM CURRENT_USER")
      _ = try await connection.query("REVOKE UPDATE ON stock FROM CURRENT_USER")
      let check = try await DatabaseCheck.run(database.settings, for: .serving, logger: quietLogger)
      #expect(check.refusals.count == 1, "\(check)")
      #expect(check.refusals.first?.contains("orders: INSERT") == true, "\(check)")
      #expect(check.refusals.first?.contains("stock: UPDATE") == true, "\(check)")
      await connection.close()
    }
  }

  @Test func `a search path without a schema is told when migrating`() async throws {
    try await TestDatabase.with(migrated: false) { database in
      var settings = try database.settings
      settings.sessionParameters["search_path"] = "nowhere"
      let check = try await DatabaseCheck.run(settings, for: .migrating, logger: quietLogger)
      #expect(check.refusals.count == 1 && check.refusals.first?.contains("CREATE SCHEMA") == true, "\(check)")
    }
  }
}
