import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CommitOutcomeTests {
  /// How the COMMIT is sent.
  enum Way: CaseIterable { case byItself, withTheLastStatement }

  /// Inserts a row over a line that is cut at COMMIT, and returns the error and how many rows there are.
  private func cut(_ moment: FaultyLine.Moment, _ way: Way) async throws -> (error: PostgresError, rows: Int64) {
    try await Database.withSchema { settings in
      let owner = try await Connection.connect(settings, logger: Database.logger)
      try await owner.run("CREATE TABLE t (a bigint)")
      let (line, url) = try FaultyLine.toPostgres(at: Database.url)
      var through = try ConnectionSettings(url)
      through.sessionParameters = settings.sessionParameters
      let connection = try await Connection.connect(through, logger: Database.logger)
      line.cutCommits([moment])
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
      #expect(line.commitsCut == 1)
      let rows = try await owner.count("SELECT count(*) FROM t")
      await owner.close()
      return (error, rows)
    }
  }

  @Test(arguments: Way.allCases)
  func `a commit whose answer was cut off is of unknown outcome, though it happened`(way: Way) async throws {
    let (error, rows) = try await cut(.beforeTheClientHears, way)
    #expect(error.kind == .commitOutcomeUnknown)
    #expect(error.isConnectionLost)
    #expect(error.mayHaveTakenEffect)
    #expect(!error.isRetriable)
    #expect(rows == 1)
  }

  @Test(arguments: Way.allCases)
  func `a COMMIT that never arrived is of unknown outcome too`(way: Way) async throws {
    let (error, rows) = try await cut(.beforeTheServerHears, way)
    #expect(error.kind == .commitOutcomeUnknown)
    #expect(rows == 0)
  }
}
