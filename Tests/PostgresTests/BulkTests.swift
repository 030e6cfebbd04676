import Foundation
import Postgres
import Synchronization
import Testing
import Time

/// What moves much data runs one after the other, so that the memory of one is not measured in another.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct BulkTests {
  @Test func `a pipeline of 10,000 statements with large answers does not deadlock`() async throws {
    try await Database.withConnection { connection in
      let filler = String(repeating: "x", count: 1_000)
      let lengths = try await connection.transaction { transaction in
        let rows = try transaction.pipeline { pipeline in
          for index in 0..<10_000 { try pipeline.add("SELECT $1 || $2", filler, String(index)) }
        }
        return try rows.map { try $0.single().string(0).utf8.count }
      }
      #expect(lengths.count == 10_000)
      #expect(lengths.first == 1_001)
      #expect(lengths.last == 1_004)
      #expect(await connection.preparedStatementCount == 1)
    }
  }

  @Test func `a failing statement of a pipeline is the error, and the rest is skipped`() async throws {
    try await Database.withConnection { connection in
      try await connection.run("CREATE TABLE t (a bigint CONSTRAINT one PRIMARY KEY)")
      let error = await failure {
        _ = try await connection.transaction { transaction in
          try transaction.pipeline { pipeline in
            try pipeline.add("INSERT INTO t VALUES ($1)", Int64(1))
            try pipeline.add("INSERT INTO t VALUES ($1)", Int64(1))
            try pipeline.add("INSERT INTO t SELECT 1 / $1", Int64(0))
          }.count
        }
      }
      #expect(error?.constraint == "one")
      #expect(try await connection.count("SELECT count(*) FROM t") == 0)
      // A statement that was skipped before it was prepared is prepared at its next use.
      #expect(try await connection.query("INSERT INTO t SELECT 1 / $1", Int64(1)).affected == 1)
    }
  }

  @Test func `100,000 rows are copied in the transaction of the statements around them`() async throws {
    try await Database.withConnection { connection in
      try await connection.run(
        "CREATE TABLE t (id bigint PRIMARY KEY, name text, code uuid, made timestamptz, n integer)")
      let start = ContinuousClock.now
      let copied = try await connection.transaction { transaction in
        try transaction.copyIn("COPY t FROM STDIN (FORMAT binary)") { copy in
          for index in 0..<Int64(100_000) {
            try copy.row(
              index, index % 10 == 0 ? nil : "a name of some forty characters, or more",
              UUIDBytes(high: 1, low: UInt64(index)), Timestamp(microseconds: index), Int32(7))
          }
        }
      }
      let seconds = (ContinuousClock.now - start).inSeconds
      print("COPY: \(Int(100_000 / seconds)) rows/s")
      #expect(copied == 100_000)
      let row = try await connection.query(
        "SELECT count(*), count(name), sum(id)::bigint, max(made), count(DISTINCT code) FROM t"
      ).single()
      #expect(try row.int64(0) == 100_000)
      #expect(try row.int64(1) == 90_000)
      #expect(try row.int64(2) == 4_999_950_000)
      #expect(try row.timestamp(3) == Timestamp(microseconds: 99_999))
      #expect(try row.int64(4) == 100_000)
    }
  }

  @Test func `a stream of a million rows keeps memory flat`() async throws {
    try await Database.withConnection { connection in
      let before = try residentBytes()
      let highest = Mutex(before)
      let sum = Mutex(Int64(0))
      let rows = try await connection.stream("SELECT n, repeat('x', 100) FROM generate_series(1, 1000000) n") { row in
        let n = try Int64(row.int32(0))
        sum.withLock { $0 += n }
        if n % 50_000 == 0 {
          let now = try residentBytes()
          highest.withLock { $0 = max($0, now) }
        }
      }
      let batched = try await connection.stream(
        "SELECT n, repeat('x', 100) FROM generate_series(1, 1000000) n", batch: Limits.streamBatchRows
      ) { rows in
        let now = try residentBytes()
        highest.withLock { $0 = max($0, now) }
        sum.withLock { [first = try rows[0].int32(0)] in $0 += Int64(first) }
      }
      print("stream: \((highest.withLock { $0 } - before) >> 10) KiB more")
      #expect(rows == 1_000_000)
      #expect(batched == 1_000_000)
      #expect(sum.withLock { $0 } == 500_000_500_000 + 2_499_505_000)
      #expect(highest.withLock { $0 } - before < 20 << 20)
    }
  }

  /// Second field of /proc/self/statm, in pages.
  private func residentBytes() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return try #require(Int(fields[1])) * sysconf(Int32(_SC_PAGESIZE))
  }
}
