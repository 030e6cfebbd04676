import Postgres
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PoolTests {
  private func pool(
    _ settings: ConnectionSettings, size: Int = 1, waitLimit: Int = 100, waitTimeout: Duration = .seconds(20)
  ) -> Pool {
    Pool(settings, size: size, waitLimit: waitLimit, waitTimeout: waitTimeout, logger: Database.logger)
  }

  @Test func `no more connections are made than allowed, and all callers get one`() async throws {
    try await Database.withSchema { settings in
      let pool = pool(settings, size: 3)
      let pids = try await withThrowingTaskGroup(of: Int32.self) { group in
        for _ in 0..<60 {
          group.addTask {
            try await pool.withConnection { connection in
              _ = try await connection.query("SELECT pg_sleep(0.001)")
              return connection.backendPID
            }
          }
        }
        return try await group.reduce(into: [Int32]()) { $0.append($1) }
      }
      #expect(pids.count == 60)
      #expect((1...3).contains(Set(pids).count))
      await pool.close()
    }
  }

  @Test func `one caller more than may wait is told so at once`() async throws {
    try await Database.withSchema { settings in
      let pool = pool(settings, waitLimit: 1)
      try await pool.withConnection { _ in
        try await withThrowingTaskGroup(of: PostgresError?.self) { group in
          for _ in 0..<2 { group.addTask { await failure { try await pool.withConnection { _ in } } } }
          // One of the two waits for us, so only the other can be back by now.
          let first = try await group.next()
          #expect(first??.kind == .poolExhausted)
          #expect(first??.isRetriable == true)
          group.cancelAll()
        }
      }
      await pool.close()
    }
  }

  @Test func `waiting ends with an error after the time allowed`() async throws {
    try await Database.withSchema { settings in
      let pool = pool(settings, waitTimeout: .seconds(2))
      try await pool.withConnection { _ in
        let error = await failure { try await pool.withConnection { _ in } }
        #expect(error?.kind == .timedOut)
      }
      await pool.close()
    }
  }

  @Test func `a caller that is cancelled stops to wait`() async throws {
    try await Database.withSchema { settings in
      let pool = pool(settings)
      try await pool.withConnection { _ in
        let waiting = Task { try await pool.withConnection { _ in } }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
      }
      await pool.close()
    }
  }

  @Test func `a server that is away is said to be the reason of the timeout`() async throws {
    // Long enough for a loaded machine to have failed to connect once.
    let pool = pool(try ConnectionSettings("postgres://127.0.0.1:1/none"), waitTimeout: .seconds(2))
    let error = try #require(await failure { try await pool.withConnection { _ in } })
    #expect(error.kind == .timedOut)
    #expect(error.debugDescription.contains("connecting fails"))
    await pool.close()
  }

  @Test func `a connection that died in use or idle is replaced`() async throws {
    try await Database.withSchema { settings in
      let pool = pool(settings)
      let first = try await pool.withConnection { $0.backendPID }
      try await Database.terminate(first)
      let second = try await pool.withConnection { connection in
        try await connection.run("SELECT 1")
        return connection.backendPID
      }
      #expect(second != first)
      let error = await failure {
        try await pool.withConnection { connection in
          try await Database.terminate(connection.backendPID)
          try await connection.run("SELECT 1")
        }
      }
      #expect(error?.isConnectionLost == true)
      let third = try await pool.withConnection { connection in try await connection.count("SELECT 3::bigint") }
      #expect(third == 3)
      await pool.close()
    }
  }

  @Test func `closing waits for what is lent, and refuses the rest`() async throws {
    try await Database.withSchema { settings in
      let pool = pool(settings)
      let closing = try await pool.withConnection { connection in
        let closing = Task { await pool.close() }
        try await Database.until { await failure { try await pool.withConnection { _ in } }?.kind == .closed }
        #expect(try await connection.count("SELECT 1::bigint") == 1)
        return closing
      }
      await closing.value
      let owner = try await Connection.connect(settings, logger: Database.logger)
      try await Database.until {
        try await owner.count(
          """
          SELECT count(*) FROM pg_stat_activity WHERE application_name = current_setting('application_name')
          """) == 2
      }
      await owner.close()
    }
  }
}
