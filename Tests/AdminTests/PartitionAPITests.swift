import Admin
import FlashSale
import Foundation
import SaleStore
import Testing

/// A halted partition goes on when a person says so, over HTTP.
@Suite struct PartitionAPITests {
  private static let path = "/admin/api/partitions/1/resume"

  /// An admin server, with partition 1 halted and partition 0 at work.
  private func withHalted(_ body: (AdminUnderTest) async throws -> Void) async throws {
    try await AdminUnderTest.with { admin in
      try await Lane.with(admin.database) { lane in
        try await lane.progress(0, nextOffset: 4)
        try await lane.progress(1, nextOffset: 9, halted: "the log was truncated")
      }
      try await body(admin)
    }
  }

  private func partition(_ number: Int, of admin: AdminUnderTest) async throws -> [String: Any] {
    let list = try #require(
      try await admin.client.get("/admin/api/partitions").json("partitions") as? [[String: Any]])
    return try #require(list.first { $0["partition"] as? Int == number })
  }

  @Test(arguments: [(#"{"because":"I looked 👀"}"#, 9), (#"{"at":3,"because":"I looked 👀"}"#, 3)])
  func `a halted partition goes on, and the reason is kept`(body: String, next: Int) async throws {
    try await withHalted { admin in
      let answer = try await admin.client.post(Self.path, json: body)
      #expect(answer.status == 200)
      let told = try #require((answer.json("partitions") as? [[String: Any]])?.first)
      for partition in [told, try await partition(1, of: admin)] {
        #expect(partition["partition"] as? Int == 1)
        #expect(partition["next_offset"] as? Int == next)
        #expect(partition["halted_at"] is NSNull && partition["halted_reason"] is NSNull)
        #expect(partition["resumed_because"] as? String == "I looked 👀")
        #expect(partition["resumed_at"] is String)
        // Its owner of before can write nothing any more.
        #expect(partition["epoch"] as? Int == 8)
      }
      // Once: a second person hears that it was done.
      let again = try await admin.client.post(Self.path, json: body)
      #expect(again.status == 409 && again.string("code") == "partition_not_halted")
      #expect(try await partition(1, of: admin)["epoch"] as? Int == 8)
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
    try await withHalted { admin in
      let answer = try await admin.client.post(Self.path, json: body)
      #expect(answer.status == status && answer.string("code") == code, "\(answer)")
      #expect(try await partition(1, of: admin)["halted_reason"] as? String == "the log was truncated")
    }
  }

  @Test(arguments: [
    ("0", 409, "partition_not_halted"), ("7", 404, "partition_not_found"), ("-1", 404, "not_found"),
    ("01", 404, "not_found"), ("+1", 404, "not_found"), ("2147483648", 404, "not_found"), ("one", 404, "not_found"),
  ])
  func `a partition that is not halted, or none, is told`(number: String, status: Int, code: String) async throws {
    try await withHalted { admin in
      let answer = try await admin.client.post(
        "/admin/api/partitions/\(number)/resume", json: #"{"because":"I looked"}"#)
      #expect(answer.status == status && answer.string("code") == code, "\(answer)")
    }
  }
}
