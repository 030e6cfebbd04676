import Postgres
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StreamTests {
  @Test func `batches are full, in order, and end with the rest`() async throws {
    try await Database.withConnection { connection in
      let sizes = Mutex([Int]())
      let last = Mutex(Int32(0))
      let rows = try await connection.stream("SELECT generate_series(1, $1)", Int32(25), batch: 10) { batch in
        sizes.withLock { sizes in sizes.append(batch.count) }
        for row in batch {
          let n = try row.int32(0)
          let previous = last.withLock { last in
            defer { last = n }
            return last
          }
          #expect(n == previous + 1)
        }
      }
      #expect(rows == 25)
      #expect(sizes.withLock { $0 } == [10, 10, 5])
      #expect(try await connection.stream("SELECT 1 WHERE false") { _ in } == 0)
    }
  }

  @Test func `while a stream is open the connection takes nothing else, and is free after it`() async throws {
    try await Database.withConnection { connection in
      let refused = Mutex(0)
      _ = try await connection.stream("SELECT generate_series(1, 30)", batch: 10) { _ in
        let error = await failure { try await connection.run("SELECT 1") }
        if error?.kind == .misuse { refused.withLock { $0 += 1 } }
      }
      #expect(refused.withLock { $0 } == 3)
      #expect(try await connection.count("SELECT 1::bigint") == 1)
    }
  }

  @Test func `a statement that was prepared before a stream has all its rows after it`() async throws {
    try await Database.withConnection { connection in
      for _ in 0..<3 {
        let rows = try await connection.query("SELECT generate_series(1, 5)")
        #expect(rows.count == 5)
        #expect(try await connection.stream("SELECT generate_series(1, 30)") { _ in } == 30)
        let error = await failure {
          _ = try await connection.stream("SELECT 1 / (20 - n) FROM generate_series(1, 30) n") { _ in }
        }
        #expect(error?.sqlState == "22012")
      }
    }
  }

  @Test func `a reader that gives up closes the connection instead of reading on`() async throws {
    try await Database.withConnection { connection in
      await #expect(throws: OnPurpose.self) {
        _ = try await connection.stream("SELECT generate_series(1, 1000000000)") { _ in throw OnPurpose() }
      }
      #expect(await connection.isOpen == false)
    }
  }

  @Test func `a stream that fails midway throws the server's reason and leaves the connection free`() async throws {
    try await Database.withConnection { connection in
      let error = await failure {
        _ = try await connection.stream("SELECT 1 / (1000 - n) FROM generate_series(1, 2000) n") { _ in }
      }
      #expect(error?.sqlState == "22012")
      let unknown = await failure { _ = try await connection.stream("SELECT * FROM nowhere") { _ in } }
      #expect(unknown?.sqlState == "42P01")
      let one = try await connection.count("SELECT 1::bigint")
      #expect(one == 1)
    }
  }
}
