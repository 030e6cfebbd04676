import Audit
import FlashSale
import Postgres
import SaleStore
import TestSupport
import Testing

/// Each way in which the store can be wrong is found, and named. The store is filled by a real worker; then one thing
/// in it is changed, audited, and put back.
@Suite struct CorruptionTests {
  @Test(.timeLimit(.minutes(5))) func `every corruption of the store is found, named and placed`() async throws {
    try await Story.with { story in
      let connection = try await story.bench.database.connect()
      for statement in Self.save { _ = try await connection.query(statement) }
      for corruption in Corruption.all {
        let changed = try await connection.query(corruption.statement).affected
        #expect(changed > 0, "\(corruption.name): nothing was changed")
        let report = try await story.bench.audit()
        #expect(report.exitCode == 1, "\(corruption.name)")
        let isFound = report.violations.contains { violation in
          violation.kind == corruption.kind && violation.at == corruption.at
            && violation.words.contains(corruption.words)
        }
        #expect(isFound, "\(corruption.name): \(AuditText.text(report))")
        for statement in Self.restore { _ = try await connection.query(statement) }
      }
      await connection.close()
      let report = try await story.bench.audit()
      #expect(report.verdict == .sound, "put back: \(AuditText.text(report))")
    }
  }

  @Test(.timeLimit(.minutes(2))) func `without its primary key, a table with an order twice is found (I4)`()
    async throws
  {
    try await Story.with { story in
      let connection = try await story.bench.database.connect()
      _ = try await connection.query("ALTER TABLE orders DROP CONSTRAINT orders_pkey")
      _ = try await connection.query("INSERT INTO orders SELECT * FROM orders WHERE log_offset IN (6, 7)")
      await connection.close()
      let report = try await story.bench.audit()
      #expect(report.counts.doubled == 2)
      let words = report.violations.filter { $0.kind == .doubled }.map(\.words)
      #expect(words.contains { $0.contains("has a second outcome, confirmed") }, "\(words)")
      #expect(words.contains { $0.contains("2 orders have more than one row") }, "\(words)")
      // The second confirmation is a unit too many.
      #expect(report.counts.oversold == 1)
    }
  }

  @Test(.timeLimit(.minutes(2))) func `one wrong row is told once, not again for each record behind it`() async throws {
    try await Story.with { story in
      let connection = try await story.bench.database.connect()
      _ = try await connection.query("UPDATE orders SET outcome = 5 WHERE log_offset = 0")
      await connection.close()
      let report = try await story.bench.audit()
      #expect(report.violationCounts[Violation.Kind.undersold.rawValue] == 1, "\(AuditText.text(report))")
      #expect(report.violationCounts[Violation.Kind.outcome.rawValue] == nil)
      #expect(report.counts.unsold == 1)
    }
  }

  private static let save: [Statement] = [
    "CREATE TABLE saved_orders AS TABLE orders", "CREATE TABLE saved_stock AS TABLE stock",
    "CREATE TABLE saved_progress AS TABLE partition_progress", "CREATE TABLE saved_tallies AS TABLE tallies",
    "CREATE TABLE saved_quarantine AS TABLE quarantined_records",
  ]

  private static let restore: [Statement] = [
    "DELETE FROM orders", "INSERT INTO orders TABLE saved_orders", "DELETE FROM stock",
    "INSERT INTO stock TABLE saved_stock", "DELETE FROM partition_progress",
    "INSERT INTO partition_progress TABLE saved_progress", "DELETE FROM tallies",
    "INSERT INTO tallies TABLE saved_tallies", "DELETE FROM quarantined_records",
    "INSERT INTO quarantined_records TABLE saved_quarantine",
  ]
}
