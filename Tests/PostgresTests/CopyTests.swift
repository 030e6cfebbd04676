import Postgres
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CopyTests {
  /// Runs `rows` as a COPY on a table of one bigint; returns what was thrown and how many rows are left.
  private func copy(
    on connection: Connection, _ rows: @Sendable (inout CopyWriter) throws -> Void
  ) async throws -> (error: (any Error)?, rows: Int64) {
    var thrown: (any Error)?
    do {
      _ = try await connection.transaction { try $0.copyIn("COPY t FROM STDIN (FORMAT binary)", rows: rows) }
    } catch {
      thrown = error
    }
    return (thrown, try await connection.count("SELECT count(*) FROM t"))
  }

  @Test func `a COPY that is given up leaves nothing, and the connection goes on`() async throws {
    try await Database.withConnection { connection in
      try await connection.run("CREATE TABLE t (a bigint)")
      let (error, rows) = try await copy(on: connection) { copy in
        for index in 0..<Int64(50_000) { try copy.row(index) }
        throw OnPurpose()
      }
      #expect(error is OnPurpose)
      #expect(rows == 0)
      let (none, three) = try await copy(on: connection) { copy in for index in 0..<Int64(3) { try copy.row(index) } }
      #expect(none == nil)
      #expect(three == 3)
    }
  }

  @Test func `rows that the table refuses fail the COPY with the reason`() async throws {
    try await Database.withConnection { connection in
      try await connection.run("CREATE TABLE t (a bigint CONSTRAINT one PRIMARY KEY)")
      let duplicate = try await copy(on: connection) { copy in
        for index in 0..<Int64(200_000) { try copy.row(index % 100_000) }
      }
      #expect((duplicate.error as? PostgresError)?.kind == .copy)
      #expect((duplicate.error as? PostgresError)?.constraint == "one")
      let wrongType = try await copy(on: connection) { copy in try copy.row(Int32(1)) }
      #expect((wrongType.error as? PostgresError)?.sqlState == "08P01")
      #expect((wrongType.error as? PostgresError)?.isRetriable == false)
      let wrongCount = try await copy(on: connection) { copy in try copy.row(Int64(1), Int64(2)) }
      #expect((wrongCount.error as? PostgresError)?.sqlState == "22P04")
      #expect(duplicate.rows + wrongType.rows + wrongCount.rows == 0)
    }
  }

  @Test func `a row with too few or too many fields is refused here`() async throws {
    try await Database.withConnection { connection in
      try await connection.run("CREATE TABLE t (a bigint)")
      for fields in [0, 2] {
        let (error, rows) = try await copy(on: connection) { copy in
          try copy.row(fieldCount: 1)
          for _ in 0..<fields { try copy.field(Int64(1)) }
          try copy.row(Int64(2))
        }
        #expect((error as? PostgresError)?.kind == .encode)
        #expect(rows == 0)
      }
    }
  }

  @Test func `a statement that is no COPY FROM STDIN is refused`() async throws {
    try await Database.withConnection { connection in
      let error = await failure {
        _ = try await connection.transaction { try $0.copyIn("SELECT 1") { _ in } }
      }
      #expect(error?.kind == .misuse)
      let one = try await connection.count("SELECT 1::bigint")
      #expect(one == 1)
      let unknown = await failure {
        _ = try await connection.transaction { try $0.copyIn("COPY nowhere FROM STDIN (FORMAT binary)") { _ in } }
      }
      #expect(unknown?.kind == .copy)
      #expect(unknown?.sqlState == "42P01")
    }
  }

  @Test func `a backend that is ended inside a COPY leaves nothing, and that is known`() async throws {
    try await Database.withSchema { settings in
      let owner = try await Connection.connect(settings, logger: Database.logger)
      try await owner.run("CREATE TABLE t (a bigint)")
      let victim = try await Connection.connect(settings, logger: Database.logger)
      let killer = try BlockingConnection(settings)
      let pid = victim.backendPID
      let error = try #require(
        await failure {
          _ = try await victim.transaction { transaction in
            try transaction.copyIn("COPY t FROM STDIN (FORMAT binary)") { copy in
              for index in 0..<Int64(100_000) {
                if index == 50_000 { try killer.terminate(pid) }
                try copy.row(index)
              }
            }
          }
        })
      #expect(error.isConnectionLost)
      #expect(!error.mayHaveTakenEffect)
      #expect(error.isRetriable)
      #expect(await victim.isOpen == false)
      #expect(try await owner.count("SELECT count(*) FROM t") == 0)
      await owner.close()
    }
  }
}
