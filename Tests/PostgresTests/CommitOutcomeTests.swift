import Postgres
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CommitOutcomeTests {
  /// How the COMMIT is sent.
  enum Way: CaseIterable { case byItself, withTheLastStatement }

  /// Inserts a row through a proxy that cuts the line at COMMIT (as a whole text: BEGIN says READ COMMITTED), and
  /// returns the error and how many rows there are.
  private func cut(_ moment: CuttingProxy.Moment, _ way: Way) async throws -> (error: PostgresError, rows: Int64) {
    try await Database.withSchema { settings in
      let owner = try await Connection.connect(settings, logger: Database.logger)
      try await owner.run("CREATE TABLE t (a bigint)")
      let proxy = try CuttingProxy(cutAt: "COMMIT\0", moment)
      let connection = try await Connection.connect(try proxy.settings(like: settings), logger: Database.logger)
      let error = try #require(
        await failure {
          try await connection.transaction { transaction in
            switch way {
            case .byItself: try transaction.execute("INSERT INTO t VALUES (1)")
            case .withTheLastStatement: _ = try transaction.commit { try $0.add("INSERT INTO t VALUES (1)") }
            }
          }
        })
      #expect(await connection.isOpen == false)
      let rows = try await owner.count("SELECT count(*) FROM t")
      await owner.close()
      return (error, rows)
    }
  }

  @Test(arguments: Way.allCases)
  func `a commit whose answer was cut off is of unknown outcome, though it happened`(way: Way) async throws {
    let (error, rows) = try await cut(.afterTheServerAnswered, way)
    #expect(error.kind == .commitOutcomeUnknown)
    #expect(error.isConnectionLost)
    #expect(error.mayHaveTakenEffect)
    #expect(!error.isRetriable)
    #expect(rows == 1)
  }

  @Test(arguments: Way.allCases)
  func `a COMMIT that never arrived is of unknown outcome too`(way: Way) async throws {
    let (error, rows) = try await cut(.beforeItReachesTheServer, way)
    #expect(error.kind == .commitOutcomeUnknown)
    #expect(rows == 0)
  }
}
