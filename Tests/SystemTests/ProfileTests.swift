import Foundation
import TestSupport
import Testing

/// The load test's profiles of crowds that mean to get more than their part, small, on real processes. `make chaos`
/// runs them whole.
@Suite(.serialized, .timeLimit(.minutes(4))) struct ProfileTests {
  /// Runs a profile alone and then whole; each must end with success, and so with its promise kept.
  private func expectKept(
    _ profile: String, requests: Int, stock: Int, shaping: [String: Any], says words: [String]
  ) async throws {
    try await Shop.with { shop, _ in
      let admin = try await shop.start("admin")
      _ = try await shop.start("worker")
      let http = try #require(try await shop.start("intake").http)
      let alone = FileManager.default.temporaryDirectory.appending(path: "alone-\(UUID().uuidString).json").path
      defer { try? FileManager.default.removeItem(atPath: alone) }
      for (sale, more) in [("alone", ["--alone", "--json", alone]), ("whole", ["--control", alone])] {
        try await createSale(sale, stock: stock, shaping, at: admin.admin)
        #expect(try await eventually { try await HTTP.get(http.appending(path: "v1/sales/\(sale)")).status == 200 })
        let run = try await PenstockProcess.run(
          "spike",
          [
            "--url", http.absoluteString, "--sale", sale, "--profile", "loadtest/profiles/\(profile).json", "--seed",
            "11", "--requests", "\(requests)", "--connections", "64",
          ] + more)
        #expect(run.exit == .success, "\(run.output)\(run.errors)")
        if sale == "whole" { for word in words { #expect(run.output.contains(word), "\(run.output)") } }
      }
    }
  }

  private func createSale(_ id: String, stock: Int, _ shaping: [String: Any], at admin: URL) async throws {
    let start = Date.now.addingTimeInterval(-60)
    let body: [String: Any] = [
      "id": id, "name": id, "starts_at": start.formatted(.iso8601),
      "ends_at": start.addingTimeInterval(3_600).formatted(.iso8601), "per_buyer_limit": 1,
      "items": [["sku": "rare", "stock": stock, "price_minor": 1, "currency": "CNY"] as [String: Any]],
      "shaping": shaping,
    ]
    let answer = try await HTTP.post(
      admin.appending(path: "admin/api/sales"), headers: ["Authorization": "Bearer \(Shop.adminToken)"],
      body: JSONSerialization.data(withJSONObject: body))
    try #require(answer.status == 201, "\(answer.text)")
  }

  private let limits: [String: Any] = ["per_buyer": ["requests": 20, "per_seconds": 10]]

  @Test func `bots at the door get no more than their own limits, and people the rest`() async throws {
    // So few requests that the usual limit would let all tabs of a bot through.
    let tight: [String: Any] = ["per_buyer": ["requests": 2, "per_seconds": 60]]
    try await expectKept(
      "bots", requests: 300, stock: 185, shaping: ["limits": tight], says: ["people got", "bots sent"])
  }

  @Test func `a storm of retries takes nothing from who comes for the first time`() async throws {
    try await expectKept(
      "retry-storm", requests: 1_500, stock: 10_000, shaping: ["limits": limits], says: ["of first-time 100.0 %"])
  }

  @Test func `a buyer with many tabs has one place in the room, and the rate holds`() async throws {
    try await expectKept(
      "hoarders-of-tabs", requests: 240, stock: 1_000, shaping: ["room": ["rate_per_minute": 1_200]],
      says: ["every buyer had one place in the room", "buyers were let in at"])
  }
}
