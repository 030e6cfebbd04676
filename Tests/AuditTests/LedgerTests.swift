import Audit
import FlashSale
import Foundation
import Postgres
import SaleStore
import TestSupport
import Testing

/// What clients were promised, compared with the store (I4).
@Suite struct LedgerTests {
  @Test(.timeLimit(.minutes(2))) func `every promise of the story is kept`() async throws {
    try await Story.with { story in
      let unknown = try story.bench.order(story.sale, "oscar")
      let report = try await story.audit([
        story.line("alice", key: "first", at: 0), story.line("alice", key: "first", at: 2), story.line("frank", at: 7),
        story.line("judy", at: 13), story.line("mia", at: 16), story.line("nina", at: 17),
        // Sent again after it was decided, and answered with its outcome: no ticket.
        "\(try story.bench.order(story.sale, "alice", key: "first"))\t\talice\tfirst\tphone\t1\t0\t0\t0\taccepted",
        // Nothing is promised to who got no answer, and nothing is wrong with an outcome that they have.
        "\(unknown)\t\toscar\tonly\tphone\t1\t0\t0\t0\tunknown", "\t\tpeggy\tonly\tphone\t1\t0\t0\t0\tunknown",
      ])
      #expect(report.verdict == .sound, "\(AuditText.text(report))")
      let ledger = try #require(report.ledger)
      #expect(ledger.accepted == 7 && ledger.unknown == 2)
      #expect(ledger.decided == 4 && ledger.quarantined == 1 && ledger.inFlight == 2 && ledger.lost == 0)
    }
  }

  @Test(.timeLimit(.minutes(2))) func `a promise without an outcome, or with another's, is a violation`() async throws {
    try await Story.with { story in
      // Never written: the log has another request in its place.
      let forgotten = try await story.audit([story.line("trent", at: 7)])
      #expect(forgotten.exitCode == 1 && forgotten.counts.lost == 1 && forgotten.ledger?.lost == 1)
      #expect(forgotten.has(.ledger, "0@7", "was accepted, and has no outcome"), "\(AuditText.text(forgotten))")

      let order = try story.bench.order(story.sale, "trent")
      let untrue = try await story.audit(["\(order)\t\ttrent\tonly\tphone\t1\t0\t0\t0\taccepted"])
      #expect(untrue.exitCode == 1 && untrue.ledger?.lost == 1, "\(AuditText.text(untrue))")

      // Acknowledged, and then lost by the log.
      let beyond = try await story.audit([story.line("trent", at: 18)])
      #expect(beyond.exitCode == 1 && beyond.counts.lost == 1)
      #expect(beyond.has(.ledger, "0@18", "the log ends at 18"), "\(AuditText.text(beyond))")

      let elsewhere = try await story.audit([story.line("trent", at: 3, partition: 7)])
      #expect(elsewhere.has(.ledger, "7@3", "does not have"), "\(AuditText.text(elsewhere))")

      let connection = try await story.bench.database.connect()
      _ = try await connection.query("UPDATE orders SET buyer = 'mallory' WHERE log_offset = 7")
      let stolen = try await story.audit([story.line("frank", at: 7)])
      #expect(stolen.has(.ledger, "0@7", "another buyer's"), "\(AuditText.text(stolen))")

      // The log misses it as well: one order is lost, not two.
      _ = try await connection.query("DELETE FROM orders WHERE log_offset = 7")
      await connection.close()
      let gone = try await story.audit([story.line("frank", at: 7)])
      #expect(gone.has(.ledger, "0@7", "no outcome") && gone.has(.lost, "0@7", "no outcome"))
      #expect(gone.counts.lost == 1 && gone.ledger?.lost == 1)
    }
  }

  @Test(.timeLimit(.minutes(2))) func `I13 what a client was told of a payment or a cancellation is stored so`()
    async throws
  {
    try await LivesStory.with { story in
      let alice = try story.bench.order(story.sale, "alice")
      func line(_ status: String, _ key: String, _ quantity: Int) -> String {
        "\(alice)\t\talice\t\(key)\tphone\t\(quantity)\t0\t0\t0\t\(status)"
      }
      let paid = try await story.bench.audit(ledger: [line("captured", "p-1", 1_000), line("captured", "p-2", 1_000)])
      #expect(paid.verdict == .sound, "\(AuditText.text(paid))")
      #expect(paid.ledger?.commands == 2 && paid.ledger?.commandsLost == 0 && paid.ledger?.unknown == 0)

      for wrong in [line("captured", "p-1", 999), line("captured", "p-3", 500), line("captured", "p-9", 1_000)] {
        let report = try await story.bench.audit(ledger: [wrong])
        #expect(report.exitCode == 1 && report.ledger?.commandsLost == 1, "\(AuditText.text(report))")
        #expect(report.has(.ledger, nil, "was answered, and is not stored so"), "\(AuditText.text(report))")
      }

      // The story's cancellation has a number for its name; here it gets that of a key.
      let key = CommandID(ofBuyer: try IdempotencyKey(validating: "cancel-1")).rawValue
      let connection = try await story.bench.database.connect()
      _ = try await connection.query(
        "UPDATE history SET command_id = $1 WHERE action = 3 AND order_id = $2::text::uuid", key, "\(alice)")
      await connection.close()
      let given = try await story.bench.audit(ledger: [line("cancelled", "cancel-1", 1)])
      #expect(given.ledger?.commandsLost == 0, "\(AuditText.text(given))")
      let more = try await story.bench.audit(ledger: [line("cancelled", "cancel-1", 2), line("cancelled", "other", 1)])
      #expect(more.ledger?.commandsLost == 2, "\(AuditText.text(more))")
    }
  }

  @Test(.timeLimit(.minutes(2))) func `what is no ledger is said to be none`() async throws {
    try await Story.with { story in
      let good = try story.line("alice", key: "first", at: 0)
      let broken: [([String], String)] = [
        (["alice\t0"], "it has 2 columns"), ([good.replacing("accepted", with: "maybe")], "its status is not known"),
        ([good.replacing("accepted", with: "captured").replacing("\t1\t0", with: "\tmuch\t0")], "no quantity"),
        (["x" + good], "is not an order id"), (["\t\talice\tonly\tphone\t1\t0\t0\t0\taccepted"], "promises no order"),
        ([good, String(repeating: "x", count: 10_000)], "longer than any line"),
      ]
      for (lines, words) in broken {
        await #expect(throws: LedgerError.self) { _ = try await story.audit(lines) }
        do { _ = try await story.audit(lines) } catch { #expect("\(error)".contains(words), "\(error)") }
      }
      do {
        _ = try await story.audit([good], end: "")
        Issue.record("a ledger that was cut off was taken")
      } catch { #expect("\(error)".contains("not whole"), "\(error)") }
    }
  }
}

extension AuditReport {
  /// Whether it has such a violation.
  func has(_ kind: Violation.Kind, _ at: String?, _ words: String) -> Bool {
    violations.contains { $0.kind == kind && $0.at == at && $0.words.contains(words) }
  }
}

extension AuditBench {
  fileprivate static let header =
    "order_id\tticket\tbuyer\tkey\tsku\tquantity\tscheduled_us\tsent_us\tanswered_us\tstatus"

  /// Audits with a ledger of these lines.
  fileprivate func audit(ledger lines: [String], end: String = "\n") async throws -> AuditReport {
    let file = FileManager.default.temporaryDirectory.appending(path: "ledger-\(UUID().uuidString).tsv")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data((([Self.header] + lines).joined(separator: "\n") + end).utf8).write(to: file)
    return try await audit(ledger: LedgerFile(FileHandle(forReadingFrom: file)))
  }
}

extension Story {
  /// A promise, with the ticket that intake signs.
  func line(_ buyer: String, key: String? = nil, at offset: Int64, partition: Int32 = 0) throws -> String {
    let order = try bench.order(sale, buyer, key: key)
    let position = LogPosition(partition: Partition(partition), offset: Offset(offset))
    let signer = try TicketSigner(secrets: [Array(repeating: 7, count: 16)])
    let ticket = signer.sign(Ticket(position), order: order, buyer: try BuyerID(validating: buyer))
    return "\(order)\t\(ticket)\t\(buyer)\t\(key ?? "only")\tphone\t1\t0\t0\t0\taccepted"
  }

  /// Audits with a ledger of these lines.
  func audit(_ lines: [String], end: String = "\n") async throws -> AuditReport {
    try await bench.audit(ledger: lines, end: end)
  }
}
