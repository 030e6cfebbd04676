import Audit
import FlashSale
import Kafka
import Postgres
import SaleStore
import TestSupport
import Testing

/// The audit of limits beyond one account (I9).
@Suite struct SubjectTests {
  @Test(.timeLimit(.minutes(3)))
  func `counts of subjects are decided again, and each way in which they are wrong is found`()
    async throws
  {
    try await AuditBench.with { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 50]))
      let records = try (0..<40).map { index in
        try bench.place(
          sale, "phone", "buyer-\(index)",
          terms: OrderTerms(subjects: [
            LimitSubject(
              kind: SubjectKind(unchecked: "card"), id: SubjectID(unchecked: "c-\(index % 3)"), limit: Units(5))
          ]))
      }
      try await bench.feed(records)
      try await bench.decideAll()
      let sound = try await bench.audit()
      #expect(sound.verdict == .sound, "\(AuditText.text(sound))")
      #expect(sound.counts.confirmed == 15 && sound.counts.rejected["subject_limit_reached"] == 25)
      let connection = try await bench.database.connect()
      let corruptions: [(Statement, Violation.Kind, String?)] = [
        ("DELETE FROM subjects_held WHERE log_offset = 4", .subject, "0@4"),
        ("UPDATE subjects_held SET units = 2 WHERE log_offset = 5", .subject, "0@5"),
        ("UPDATE subjects_held SET log_offset = 39 WHERE log_offset = 6", .subject, "0@39"),
        ("UPDATE orders SET outcome = 0 WHERE log_offset = 20", .limit, "0@20"),
      ]
      _ = try await connection.query("CREATE TABLE kept AS TABLE subjects_held")
      for (statement, kind, place) in corruptions {
        #expect(try await connection.query(statement).affected == 1)
        let report = try await bench.audit()
        #expect(report.violations.contains { $0.kind == kind && $0.at == place }, "\(AuditText.text(report))")
        _ = try await connection.query("DELETE FROM subjects_held")
        _ = try await connection.query("INSERT INTO subjects_held TABLE kept")
      }
      await connection.close()
    }
  }
}
