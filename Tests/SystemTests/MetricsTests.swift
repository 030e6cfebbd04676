import Foundation
import TestSupport
import Testing

/// What every process tells a Prometheus scraper.
@Suite struct MetricsTests {
  @Test(.timeLimit(.minutes(3)))
  func `promtool has nothing to say about the metrics of any process under load`() async throws {
    try await Shop.with(partitions: 2) { shop, _ in
      let admin = try await shop.start("admin")
      let intake = try await shop.start("intake")
      let worker = try await shop.start("worker")
      try await shop.createSale(at: admin.admin, id: "measured", items: [("phone", 3)])
      try await waitForSale("measured", at: [intake])
      let http = try #require(intake.http)
      for buyer in 0..<8 { _ = try await HTTP.order(at: http, sale: "measured", sku: "phone", buyer: "b\(buyer)") }
      _ = try await HTTP.get(http.appending(path: "v1/sales"))
      #expect(
        try await eventually {
          try await text(of: worker).contains("penstock_worker_decided_total{outcome=\"confirmed\"} 3")
        })
      let told = try await text(of: worker)
      #expect(told.contains(#/penstock_worker_claimed_timestamp_seconds\{partition="1"\} 1[\d.e+]+\n/#), "\(told)")
      #expect(told.contains(#/penstock_worker_lease_renewed_timestamp_seconds 1[\d.e+]+\n/#))
      let ready = try await HTTP.get(worker.admin.appending(path: "readyz")).text
      #expect(
        ready.contains(
          #/worker \d+ showed \d+ ms ago that it is alive; it has partition 0 \(epoch \d+, since 2\d+-[^)]+\), 1 \(/#),
        "\(ready)")
      for part in [admin, intake, worker] {
        let text = try await text(of: part)
        #expect(try await lint(text) == "")
        #expect(text.contains("\npenstock_metrics_series_refused_total 0\n"))
        #expect(text.contains("# HELP penstock_oldest_wait_seconds "))
      }
      #expect(
        try await eventually {
          let counts = try await text(of: intake).matches(
            of: /penstock_intake_request_duration_seconds_count\{code="(...)",endpoint="(\w+)"\} ([1-9]\d*)/)
          let seen = Set(counts.map { "\($0.output.2) \($0.output.1)" })
          return seen.isSuperset(of: ["submit 2xx", "sales 2xx"])
        })
      let lines = try await text(of: intake).split(separator: "\n")
      #expect(lines.contains("penstock_intake_partitions 2"))
      #expect(try await eventually { try await text(of: intake).contains("_partitions_taking_orders 2\n") })
    }
  }

  private func text(of part: Shop.Part) async throws -> String {
    try await HTTP.get(part.admin.appending(path: "metrics")).text
  }

  /// What promtool complains of; empty if of nothing.
  private func lint(_ metrics: String) async throws -> String {
    let file = FileManager.default.temporaryDirectory.appending(path: "metrics-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    try metrics.write(to: file, atomically: true, encoding: .utf8)
    return try await Tool.run("bash", ["-c", #"promtool check metrics <"$0" 2>&1 || echo "exit $?""#, file.path])
  }
}
