import Postgres
import Testing
import Time

@Suite(.timeLimit(.minutes(1)))
struct ValueTests {
  /// What the server understood, as text, and what comes back, as the same type.
  private func roundTrip<Value: PostgresEncodable & PostgresDecodable & Equatable>(
    _ values: [Value], _ statement: Statement, on connection: Connection
  ) async throws {
    for value in values {
      let row = try await connection.query(statement, value).single()
      #expect(try row.decode(0, as: Value.self) == value)
    }
    let row = try await connection.query(statement, Value?.none).single()
    #expect(try row.optional(0, as: Value.self) == nil)
  }

  @Test func `every type returns as it was sent, also at its ends and as NULL`() async throws {
    try await Database.withConnection { connection in
      try await roundTrip([true, false], "SELECT $1", on: connection)
      try await roundTrip([Int16.min, -1, 0, .max], "SELECT $1", on: connection)
      try await roundTrip([Int32.min, -1, 0, .max], "SELECT $1", on: connection)
      try await roundTrip([Int64.min, -1, 0, .max], "SELECT $1", on: connection)
      try await roundTrip(
        [0, -0.5, .pi, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude], "SELECT $1",
        on: connection)
      try await roundTrip(["", "a", "秒杀 🛒", "'; DROP TABLE x --", "\u{1}\n\\"], "SELECT $1", on: connection)
      try await roundTrip([[], [0], [0, 255, 92, 39]], "SELECT $1", on: connection)
      try await roundTrip([UUIDBytes(high: 0, low: 0), UUIDBytes(high: .max, low: 1)], "SELECT $1", on: connection)
      // The first is 4713-11-24 BC, where PostgreSQL begins.
      let ends: [Int64] = [-210_866_803_200_000_000, -1, 0, 1, .max]
      try await roundTrip(ends.map(Timestamp.init(microseconds:)), "SELECT $1", on: connection)
      let notANumber = try await connection.query("SELECT $1", Double.nan).single().double(0)
      #expect(notANumber.isNaN)
    }
  }

  @Test func `the server understands each value as what it is`() async throws {
    try await Database.withConnection { connection in
      let row = try await connection.query(
        """
        SELECT $1::text, $2::text, ($3 AT TIME ZONE 'UTC')::text, encode($4, 'hex'), length($5), $6::text, $7::text
        """,
        Int64(-42), UUIDBytes(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF),
        Timestamp(microseconds: 1_700_000_000_000_001), [UInt8]([0xDE, 0xAD]), "秒杀", 1.5, true
      ).single()
      #expect(
        try (0..<4).map { try row.string(.index($0)) } == [
          "-42", "00112233-4455-6677-8899-aabbccddeeff", "2023-11-14 22:13:20.000001", "dead",
        ])
      #expect(try row.int32(4) == 2)
      #expect(try row.string(5) == "1.5")
      #expect(try row.string(6) == "true")
    }
  }

  @Test func `arrays keep their elements, their order and their NULLs`() async throws {
    try await Database.withConnection { connection in
      let text = try await connection.query(
        "SELECT $1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text",
        [Int64](), [Int64.max, 0, -1], [Int32?.some(1), nil], ["a", "", "b,c"], [true, false], [[UInt8]]([[1], []]),
        [UUIDBytes(high: 0, low: 1)], [0.5]
      ).single()
      let expected = [
        "{}", "{9223372036854775807,0,-1}", "{1,NULL}", #"{a,"","b,c"}"#, "{t,f}", #"{"\\x01","\\x"}"#,
        "{00000000-0000-0000-0000-000000000001}", "{0.5}",
      ]
      #expect(try expected.indices.map { try text.string(.index($0)) } == expected)
      let numbers = (0..<5_000).map(Int64.init)
      let rows = try await connection.query("SELECT n FROM unnest($1) WITH ORDINALITY u(n, i) ORDER BY i", numbers)
      #expect(try rows.map { try $0.int64("n") } == numbers)
    }
  }

  @Test func `text with a NUL is refused before anything is sent`() async throws {
    try await Database.withConnection { connection in
      let single = await failure { _ = try await connection.query("SELECT $1", "a\0b") }
      let inArray = await failure { _ = try await connection.query("SELECT $1", ["a", "\0"]) }
      #expect(single?.kind == .encode)
      #expect(inArray?.kind == .encode)
      #expect(await connection.preparedStatementCount == 0)
    }
  }

  @Test func `a timestamp that PostgreSQL cannot hold is refused, and infinity is not read as an instant`() async throws
  {
    try await Database.withConnection { connection in
      for microseconds in [Int64.min, Int64.min + 946_684_800_000_000] {
        let error = await failure {
          _ = try await connection.query("SELECT $1", Timestamp(microseconds: microseconds))
        }
        #expect(error?.kind == .encode)
      }
      let rows = try await connection.query("SELECT 'infinity'::timestamptz AS end, '-infinity'::timestamptz AS start")
      for column in ["end", "start"] {
        let error = await failure { _ = try rows.single().timestamp(.name(column)) }
        #expect(error?.kind == .decode)
        #expect(error?.debugDescription.contains(column) == true)
      }
    }
  }

  @Test func `reading a wrong type, a NULL or a missing column names the column`() async throws {
    try await Database.withConnection { connection in
      let row = try await connection.query("SELECT 1::bigint AS big, NULL::text AS nothing").single()
      for read in [
        { _ = try row.string("big") }, { _ = try row.int32("big") }, { _ = try row.string("nothing") },
        { _ = try row.int64("missing") }, { _ = try row.int64(2) }, { _ = try row.int64(-1) },
      ] as [() throws -> Void] {
        let error = await failure { try read() }
        #expect(error?.kind == .decode)
        #expect(["big", "nothing", "missing", "2", "-1"].contains { error?.debugDescription.contains($0) == true })
      }
      #expect(try row.int64(0) == 1)
      let widened = try await connection.query("SELECT 7::smallint, 8::integer, '{\"a\":1}'::jsonb").single()
      #expect(try widened.int64(0) == 7)
      #expect(try widened.int64(1) == 8)
      #expect(try widened.string(2) == #"{"a": 1}"#)
    }
  }
}
