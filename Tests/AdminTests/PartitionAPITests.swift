import Accounts
import Admin
import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import SaleStore
import TestSupport
import Testing

/// A halted partition goes on when a person says so, over HTTP.
@Suite struct PartitionAPITests {
  private static let path = "/admin/api/partitions/1/resume"

  /// With partition 1 halted and partition 0 at work.
  private func withHalted(_ body: @Sendable (Client) async throws -> Void) async throws {
    try await AdminUnderTest.with { admin, client in
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(0, nextOffset: 4)
        try await planted.progress(1, nextOffset: 9, halted: "the log was truncated")
      }
      try await body(client)
    }
  }

  private func partition(_ number: Int, of client: Client) async throws -> [String: Any] {
    let list = try #require(
      try await client.get("/admin/api/partitions").json("partitions") as? [[String: Any]])
    return try #require(list.first { $0["partition"] as? Int == number })
  }

  @Test(arguments: [(#"{"because":"I looked 👀"}"#, 9), (#"{"at":3,"because":"I looked 👀"}"#, 3)])
  func `a halted partition goes on, and the reason is kept`(body: String, next: Int) async throws {
    try await withHalted { client in
      let answer = try await client.post(Self.path, json: body)
      #expect(answer.status == 200)
      let told = try #require((answer.json("partitions") as? [[String: Any]])?.first)
      for partition in [told, try await partition(1, of: client)] {
        #expect(partition["partition"] as? Int == 1)
        #expect(partition["next_offset"] as? Int == next)
        #expect(partition["halted_at"] is NSNull && partition["halted_reason"] is NSNull)
        #expect(partition["resumed_because"] as? String == "I looked 👀")
        #expect(partition["resumed_at"] is String)
        // Its owner of before can write nothing any more.
        #expect(partition["epoch"] as? Int == 8)
      }
      // Once: a second person hears that it was done.
      let again = try await client.post(Self.path, json: body)
      #expect(again.status == 409 && again.string("code") == "partition_not_halted")
      #expect(try await partition(1, of: client)["epoch"] as? Int == 8)
    }
  }

  @Test func `a halt that came since is not the one that was meant`() async throws {
    try await withHalted { client in
      let halted = try #require(try await partition(1, of: client)["halted_at"] as? String)
      func resume(_ meant: String) async throws -> TestResponse {
        try await client.post(Self.path, json: #"{"because":"I looked","halted_at":"\#(meant)"}"#)
      }
      let other = try await resume("2026-01-01T00:00:00Z")
      #expect(other.status == 409 && other.string("code") == "partition_not_halted")
      #expect(other.string("detail")?.contains("halted anew") == true)
      #expect(try await resume("yesterday").string("code") == "invalid_field")
      #expect(try await partition(1, of: client)["halted_at"] as? String == halted)
      #expect(try await resume(halted).status == 200)
    }
  }

  @Test func `a resume that was approved is for the halt that was asked about, and for no later one`() async throws {
    try await AdminUnderTest.with(secondPerson: [.resume]) { admin, client in
      let connection = try await admin.database.connect()
      func halt(_ reason: String) async throws {
        _ = try await connection.query(
          "UPDATE partition_progress SET halted_at = clock_timestamp(), halted_reason = $1 WHERE partition = 1", reason)
      }
      try await PlantedRows.with(admin.database) { planted in try await planted.progress(1, nextOffset: 9, halted: "x")
      }
      let leo = try await Browser.signedIn("leo", .operator, admin, client)
      let mia = try await Browser.signedIn("mia", .operator, admin, client)
      let fields = ["because": "the log is right"]
      let asked = try await leo.submit("/admin/partitions/1/resume", on: "/admin/quarantine", fields)
      #expect(asked.headers[.location] == "/admin/approvals", "\(asked.text)")
      func approve(_ id: Int) async throws -> HTTPResponse.Status {
        try await mia.submit("/admin/approvals/\(id)/approve", on: "/admin/approvals", [:]).status
      }
      #expect(try await approve(1) == 303)
      #expect(try await partition(1, of: client)["halted_at"] is NSNull)
      try await halt("something else")
      // Alone, and for another halt than the one that two have looked at.
      #expect(try await approve(1) == 409)
      #expect(try await partition(1, of: client)["halted_reason"] as? String == "something else")
      // Nor where it went on and halted anew between the two.
      #expect(try await leo.submit("/admin/partitions/1/resume", on: "/admin/quarantine", fields).status == 303)
      try await halt("a third thing")
      #expect(try await approve(2) == 409)
      #expect(try await partition(1, of: client)["halted_reason"] as? String == "a third thing")
      await connection.close()
    }
  }

  @Test func `a partition does not go back to where records have outcomes`() async throws {
    try await AdminUnderTest.with { admin, client in
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(1, nextOffset: 9, halted: "the topic was recreated")
      }
      let connection = try await admin.database.connect()
      _ = try await connection.query(
        "INSERT INTO quarantined_records (topic, partition, log_offset, error) VALUES ('orders', 1, 5, 'a test')")
      await connection.close()
      let answer = try await client.post(Self.path, json: #"{"at":5,"because":"I looked"}"#)
      #expect(answer.status == 409 && answer.string("code") == "offset_decided")
      #expect(answer.string("detail")?.contains("goes on at 6") == true, "\(answer)")
      #expect(try await partition(1, of: client)["halted_reason"] as? String == "the topic was recreated")
      #expect(try await client.post(Self.path, json: #"{"at":6,"because":"I looked"}"#).status == 200)
    }
  }

  @Test(arguments: [
    ("", 400, "malformed_json"), ("[]", 400, "malformed_json"), ("{}", 422, "invalid_field"),
    (#"{"because":""}"#, 422, "invalid_field"), (#"{"because":"  "}"#, 422, "invalid_field"),
    (#"{"because":"a\nb"}"#, 422, "invalid_field"), (#"{"because":7}"#, 422, "invalid_field"),
    (#"{"because":"x","at":-1}"#, 422, "invalid_field"), (#"{"because":"x","at":1.5}"#, 422, "invalid_field"),
    (#"{"because":"x","at":9223372036854775807}"#, 422, "invalid_field"),
    (#"{"because":"x","offset":1}"#, 400, "unknown_field"), (#"{"because":"x","because":"y"}"#, 400, "duplicate_field"),
    (#"{"because":"\#(String(repeating: "x", count: 501))"}"#, 422, "invalid_field"),
  ])
  func `what is no reason changes nothing`(body: String, status: Int, code: String) async throws {
    try await withHalted { client in
      let answer = try await client.post(Self.path, json: body)
      #expect(answer.status.code == status && answer.string("code") == code, "\(answer)")
      #expect(try await partition(1, of: client)["halted_reason"] as? String == "the log was truncated")
    }
  }

  @Test(arguments: [
    ("0", 409, "partition_not_halted"), ("7", 404, "partition_not_found"), ("-1", 404, "not_found"),
    ("01", 404, "not_found"), ("+1", 404, "not_found"), ("2147483648", 404, "not_found"), ("one", 404, "not_found"),
  ])
  func `a partition that is not halted, or none, is told`(number: String, status: Int, code: String) async throws {
    try await withHalted { client in
      let answer = try await client.post(
        "/admin/api/partitions/\(number)/resume", json: #"{"because":"I looked"}"#)
      #expect(answer.status.code == status && answer.string("code") == code, "\(answer)")
    }
  }

  // MARK: Workers

  /// With these workers: 1 has partition 0, and all have this test's session.
  private func withWorkers(
    _ workers: [Int64], lease: Int32 = 600_000, partitions: Int32 = 2,
    _ body: @Sendable (Client, [[String: Any]]) async throws -> Void
  ) async throws {
    try await AdminUnderTest.with { admin, client in
      try await PlantedRows.with(admin.database) { planted in try await planted.progress(0, nextOffset: 4) }
      let connection = try await admin.database.connect()
      _ = try await connection.query(
        """
        INSERT INTO workers (id, topic, name, started_at, last_seen, lanes_max, lease_ms, session_pid, session_started)
        SELECT id, 'orders', 'worker ' || id, now(), now() - interval '2 s', 32, $2, pid, backend_start
        FROM unnest($1::int8[]) AS id, pg_stat_activity WHERE pid = pg_backend_pid()
        """, workers, lease)
      _ = try await connection.query("UPDATE partition_progress SET owner_id = 1, owner_name = 'worker 1'")
      _ = try await connection.query("UPDATE topics SET partitions = $1", partitions)
      let list = try await client.get("/admin/api/partitions")
      try await body(client, try #require(list.json("workers") as? [[String: Any]]))
      await connection.close()
    }
  }

  @Test func `owner, lease and workers are told`() async throws {
    try await withWorkers([1, 2]) { client, workers in
      #expect(workers.map { $0["id"] as? String } == ["1", "2"])
      #expect(workers.map { $0["partitions"] as? Int } == [1, 0])
      #expect(workers.allSatisfy { $0["alive"] as? Bool == true && $0["drained_at"] is NSNull })
      let first = try await partition(0, of: client)
      #expect(first["owner_id"] as? String == "1" && first["owner"] as? String == "worker 1")
      let age = try #require(first["lease_age_ms"] as? Int)
      #expect((2_000..<60_000).contains(age))
    }
  }

  @Test func `a worker is drained, once and for all`() async throws {
    try await withWorkers([1, 2]) { client, _ in
      var since: [String?] = []
      for _ in 0..<2 {
        let answer = try await client.post("/admin/api/workers/1/drain", json: "")
        #expect(answer.status == 200)
        let workers = try #require(answer.json("workers") as? [[String: Any]])
        since.append(workers.first { $0["id"] as? String == "1" }?["drained_at"] as? String)
        #expect(workers.first { $0["id"] as? String == "2" }?["drained_at"] is NSNull)
      }
      #expect(since[0] != nil && since[0] == since[1])
      // Nobody would be left.
      let last = try await client.post("/admin/api/workers/2/drain", json: "")
      #expect(last.status == 409 && last.string("code") == "worker_is_last")
    }
  }

  @Test func `workers that are silent for their lease are not alive, and nobody is drained into them`() async throws {
    try await withWorkers([1, 2], lease: 2_000) { client, workers in
      #expect(workers.map { $0["alive"] as? Bool } == [false, false])
      let answer = try await client.post("/admin/api/workers/1/drain", json: "")
      #expect(answer.status == 409 && answer.string("code") == "worker_is_last")
      let after = try await client.get("/admin/api/partitions").json("workers") as? [[String: Any]]
      #expect(after?.allSatisfy { $0["drained_at"] is NSNull } == true)
    }
  }

  @Test func `a worker is not drained when the others have no room`() async throws {
    try await withWorkers([1, 2], partitions: 33) { client, _ in
      let answer = try await client.post("/admin/api/workers/1/drain", json: "")
      #expect(answer.status == 409 && answer.string("code") == "lanes_full")
      #expect(answer.string("detail")?.contains("32 of 33 partitions") == true, "\(answer)")
    }
  }

  @Test(arguments: [
    ("7", "worker_not_found"), ("01", "not_found"), ("-1", "not_found"), ("one", "not_found"),
    ("9223372036854775808", "not_found"),
  ])
  func `a worker that is none is told`(id: String, code: String) async throws {
    try await withWorkers([1, 2]) { client, _ in
      let answer = try await client.post("/admin/api/workers/\(id)/drain", json: "")
      #expect(answer.status == 404 && answer.string("code") == code)
    }
  }
}
