import Audit
import FlashSale
import Foundation
import Kafka
import OrderLog
import Postgres
import SaleStore
import TestSupport
import Testing

/// What an audit of a store says that is as it should be, or that cannot be checked.
@Suite struct VerdictTests {
  @Test(.timeLimit(.minutes(2))) func `a store that is what the log gives is sound, and everything is counted (I10)`()
    async throws
  {
    try await Story.with { story in
      let report = try await story.bench.audit()
      #expect(report.verdict == .sound && report.exitCode == 0, "\(AuditText.text(report))")
      #expect(report.violations.isEmpty && report.unchecked.isEmpty && report.notes.isEmpty)
      let counts = report.counts
      #expect(counts.requestsInLog == 18 && counts.compared == 16 && counts.inFlight == 2)
      #expect(counts.decided == 12 && counts.confirmed == 5)
      #expect(
        counts.rejected.filter { $0.value > 0 } == [
          "not_started": 1, "ended": 1, "closed": 1, "limit_reached": 1, "sold_out": 2, "insufficient_stock": 1,
        ])
      #expect(counts.quarantined == 2 && counts.repeats == 1 && counts.closes == 1)
      #expect(counts.lost == 0 && counts.doubled == 0 && counts.oversold == 0 && counts.unsold == 0)
      #expect(report.partitions.map(\.vouchedFrom) == [0])
    }
  }

  @Test(.timeLimit(.minutes(3))) func `several sales over four partitions, with repeats and limits, are sound (I10)`()
    async throws
  {
    try await AuditBench.with(partitions: 4) { bench in
      let limited = try await bench.store.create(openSale("limited", stock: ["phone": 300, "case": 200], limit: 3))
      let open = try await bench.store.create(openSale("open", stock: ["cable": 500, "mouse": 100, "hub": 50]))
      var records: [OutgoingRecord] = []
      for index in 0..<3_000 {
        let buyer = "buyer-\(index % 170)"
        let (key, units) = ("key-\(index % 1_020)", Int32(index % 3 + 1))
        records.append(try bench.place(limited, index % 2 == 0 ? "phone" : "case", buyer, units, key: key))
        records.append(try bench.place(open, ["cable", "mouse", "hub"][index % 3], buyer, units, key: key))
      }
      try await bench.feed(records)
      try await bench.decideAll()
      let report = try await bench.audit()
      #expect(report.verdict == .sound, "\(AuditText.text(report))")
      #expect(report.counts.requestsInLog == 6_000 && report.counts.inFlight == 0)
      #expect(report.counts.repeats > 0 && report.counts.confirmed > 0)
      #expect(report.counts.rejected["limit_reached", default: 0] > 0)
    }
  }

  @Test(.timeLimit(.minutes(2))) func `the command says it in text and JSON, and by its exit code`() async throws {
    try await Story.with { story in
      let sound = try await story.bench.auditProcess()
      #expect(sound.exit == 0, "\(sound)")
      #expect(sound.output.contains("SOUND"), "\(sound)")

      let connection = try await story.bench.database.connect()
      _ = try await connection.query("UPDATE orders SET outcome = 5 WHERE log_offset = 6")
      let violated = try await story.bench.auditProcess(["--format", "json"])
      #expect(violated.exit == 1, "\(violated)")
      let json = try #require(JSONSerialization.jsonObject(with: Data(violated.output.utf8)) as? [String: Any])
      #expect(json["verdict"] as? String == "violated")
      let counts = try #require(json["counts"] as? [String: Any])
      for name in ["requests_in_log", "decided", "in_flight", "lost", "doubled", "oversold", "unsold"] {
        #expect(counts[name] is Int, "\(name) in \(counts)")
      }
      #expect(counts["unsold"] as? Int == 1)

      _ = try await connection.query("UPDATE orders SET outcome = 0 WHERE log_offset = 6")
      _ = try await connection.query("UPDATE partition_progress SET halted_at = now(), halted_reason = 'the log ends'")
      await connection.close()
      let unchecked = try await story.bench.auditProcess()
      #expect(unchecked.exit == 2, "\(unchecked)")
      #expect(unchecked.output.contains("partition 0 is halted: the log ends"), "\(unchecked)")
      #expect(unchecked.output.contains("NOT FULLY CHECKED"), "\(unchecked)")

      let missing = try await story.bench.auditProcess(["--ledger", "/nonexistent/ledger.tsv"])
      #expect(missing.exit == 66, "\(missing)")
    }
  }

  @Test func `what does not answer makes it exit 2, a wrong configuration 78`() async throws {
    let nowhere = try await PenstockProcess.run(
      "penstock", ["audit"],
      environment: [
        "PENSTOCK_KAFKA_BROKERS": "127.0.0.1:1", "PENSTOCK_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
      ])
    #expect(nowhere.exit.code == 2 && nowhere.errors.contains("could not check"), "\(nowhere)")
    let wrong = try await PenstockProcess.run("penstock", ["audit"], environment: [:])
    #expect(wrong.exit.code == 78 && wrong.errors.contains("PENSTOCK_DATABASE_URL"), "\(wrong)")
  }

  @Test(.timeLimit(.minutes(2))) func `a log that was made again vouches for nothing, and says so`() async throws {
    try await Story.with { story in
      let other = try EmbeddedBroker(topics: [(AuditBench.topic, 1)], logger: quietLogger)
      let report = try await story.bench.audit(of: ClusterSettings(brokers: other.bootstrapServers))
      await other.shutdown()
      #expect(report.exitCode == 2, "\(AuditText.text(report))")
      #expect(report.unchecked.contains { $0.contains("the log ends at 0, before the progress 16") })
      #expect(report.partitions.map(\.vouchedFrom) == [nil])
      #expect(report.counts.believed == 12)
    }
  }

  @Test func `a topic that nothing has run on is not sound`() async throws {
    try await AuditBench.with { bench in
      let connection = try await bench.database.connect()
      _ = try await connection.query("DELETE FROM topics")
      await connection.close()
      let report = try await bench.audit()
      #expect(report.exitCode == 2)
      #expect(report.unchecked.contains { $0.contains("knows no topic orders") }, "\(report.unchecked)")
    }
  }
}
