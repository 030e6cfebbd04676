import Postgres
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TransactionTests {
  @Test func `a transaction commits what its body did`() async throws {
    try await Database.withConnection { connection in
      try await connection.run("CREATE TABLE t (a bigint)")
      let affected = try await connection.transaction { transaction in
        try transaction.execute("INSERT INTO t SELECT generate_series(1, 3)")
      }
      #expect(affected == 3)
      #expect(try await connection.count("SELECT count(*) FROM t") == 3)
    }
  }

  @Test func `a body that throws leaves nothing, and its own error comes out`() async throws {
    try await Database.withConnection { connection in
      try await connection.run("CREATE TABLE t (a bigint)")
      await #expect(throws: OnPurpose.self) {
        try await connection.transaction { transaction in
          try transaction.execute("INSERT INTO t VALUES (1)")
          throw OnPurpose()
        }
      }
      await #expect(throws: OnPurpose.self) { try await connection.transaction { _ in throw OnPurpose() } }
      #expect(try await connection.count("SELECT count(*) FROM t") == 0)
      #expect(try await connection.transaction { try $0.query("SELECT 1").count } == 1)
    }
  }

  @Test func `COMMIT of a failed transaction is an error`() async throws {
    try await Database.withConnection { connection in
      try await connection.run("CREATE TABLE t (a bigint)")
      let error = await failure {
        try await connection.transaction { transaction in
          try transaction.execute("INSERT INTO t VALUES (1)")
          do { try transaction.execute("SELECT 1 / 0") } catch {}
        }
      }
      #expect(error?.kind == .commitRolledBack)
      #expect(error?.mayHaveTakenEffect == false)
      #expect(try await connection.count("SELECT count(*) FROM t") == 0)
    }
  }

  @Test func `a constraint that is checked at COMMIT fails the commit, and the connection goes on`() async throws {
    try await Database.withConnection { connection in
      try await connection.run(
        "CREATE TABLE t (a bigint CONSTRAINT late UNIQUE DEFERRABLE INITIALLY DEFERRED)")
      let error = await failure {
        try await connection.transaction { _ = try $0.execute("INSERT INTO t VALUES (1), (1)") }
      }
      #expect(error?.kind == .commit)
      #expect(error?.constraint == "late")
      #expect(error?.isConnectionLost == false)
      #expect(try await connection.count("SELECT count(*) FROM t") == 0)
    }
  }

  @Test func `the last statements commit together with what came before them`() async throws {
    try await Database.withConnection { connection in
      try await connection.run("CREATE TABLE t (a bigint)")
      let counts = try await connection.transaction { transaction in
        try transaction.execute("INSERT INTO t VALUES (1)")
        return try transaction.commit { pipeline in
          try pipeline.add("INSERT INTO t VALUES (2), (3)")
          try pipeline.add("SELECT count(*) FROM t")
        }.map(\.affected)
      }
      #expect(counts == [2, 1])
      #expect(try await connection.count("SELECT count(*) FROM t") == 3)
      // As the first and only statements too: BEGIN travels along.
      _ = try await connection.transaction { try $0.commit { try $0.add("INSERT INTO t VALUES (4)") } }
      #expect(try await connection.count("SELECT count(*) FROM t") == 4)
    }
  }

  @Test func `a failure among the last statements commits nothing, and the connection goes on`() async throws {
    try await Database.withConnection { connection in
      try await connection.run(
        "CREATE TABLE t (a bigint CONSTRAINT late UNIQUE DEFERRABLE INITIALLY DEFERRED)")
      let failing: [(Statement, PostgresError.Kind)] = [
        ("SELECT 1 / 0", .statement), ("INSERT INTO t VALUES (1)", .commit),
      ]
      for (statement, kind) in failing {
        let error = await failure {
          try await connection.transaction { transaction in
            _ = try transaction.commit { pipeline in
              try pipeline.add("INSERT INTO t VALUES (1)")
              try pipeline.add(statement)
            }
          }
        }
        #expect(error?.kind == kind)
        #expect(error?.mayHaveTakenEffect == false)
        #expect(try await connection.count("SELECT count(*) FROM t") == 0)
      }
    }
  }

  @Test func `behind the last statements a body can do nothing more`() async throws {
    try await Database.withConnection { connection in
      try await connection.run("CREATE TABLE t (a bigint)")
      let error = await failure {
        try await connection.transaction { transaction in
          _ = try transaction.commit { try $0.add("INSERT INTO t VALUES (1)") }
          try transaction.execute("INSERT INTO t VALUES (2)")
        }
      }
      #expect(error?.kind == .misuse)
      // What was committed stays.
      #expect(try await connection.count("SELECT count(*) FROM t") == 1)
    }
  }

  @Test func `isolation and read-only reach the server`() async throws {
    try await Database.withConnection { connection in
      let isolation = try await connection.transaction(isolation: .repeatableRead, readOnly: true) { transaction in
        try transaction.query("SELECT current_setting('transaction_isolation')").single().string(0)
      }
      #expect(isolation == "repeatable read")
      let error = await failure {
        try await connection.transaction(readOnly: true) { _ = try $0.execute("CREATE TABLE t (a bigint)") }
      }
      #expect(error?.sqlState == "25006")
    }
  }

  @Test func `a serialization failure is retriable`() async throws {
    try await Database.withSchema { settings in
      let one = try await Connection.connect(settings, logger: Database.logger)
      let other = try BlockingConnection(settings)
      try await one.run("CREATE TABLE t AS SELECT 1 AS a")
      let error = await failure {
        try await one.transaction(isolation: .repeatableRead) { transaction in
          _ = try transaction.query("SELECT * FROM t")
          try other.run("UPDATE t SET a = 2")
          try transaction.execute("UPDATE t SET a = 3")
        }
      }
      #expect(error?.sqlState == "40001")
      #expect(error?.isRetriable == true)
      await one.close()
    }
  }

  @Test func `a statement cannot end the transaction that it is in`() async throws {
    try await Database.withConnection { connection in
      let error = await failure { try await connection.transaction { _ = try $0.execute("COMMIT") } }
      #expect(error?.kind == .misuse)
      #expect(error?.mayHaveTakenEffect == true)
      #expect(await connection.isOpen == false)
    }
  }

  @Test func `a backend that is ended inside a transaction leaves nothing, and that is known`() async throws {
    try await Database.withSchema { settings in
      let owner = try await Connection.connect(settings, logger: Database.logger)
      try await owner.run("CREATE TABLE t (a bigint)")
      for endsBeforeStatement in [true, false] {
        let victim = try await Connection.connect(settings, logger: Database.logger)
        let killer = try BlockingConnection(settings)
        let pid = victim.backendPID
        let error = try #require(
          await failure {
            try await victim.transaction { transaction in
              try transaction.execute("INSERT INTO t VALUES (1)")
              try killer.terminate(pid)
              if endsBeforeStatement { try transaction.execute("INSERT INTO t VALUES (2)") }
            }
          })
        #expect(error.kind == (endsBeforeStatement ? .statement : .commit))
        #expect(error.isConnectionLost)
        #expect(!error.mayHaveTakenEffect)
        #expect(error.isRetriable)
      }
      #expect(try await owner.count("SELECT count(*) FROM t") == 0)
      await owner.close()
    }
  }

  @Test func `the body's own error comes out even when the rollback fails`() async throws {
    try await Database.withSchema { settings in
      let victim = try await Connection.connect(settings, logger: Database.logger)
      let killer = try BlockingConnection(settings)
      let pid = victim.backendPID
      await #expect(throws: OnPurpose.self) {
        try await victim.transaction { transaction in
          _ = try transaction.query("SELECT 1")
          try killer.terminate(pid)
          throw OnPurpose()
        }
      }
      #expect(await victim.isOpen == false)
    }
  }
}
