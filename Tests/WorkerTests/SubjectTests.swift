import FlashSale
import Lane
import Postgres
import SaleStore
import TestSupport
import Testing

/// Limits beyond one account (I9), on a real PostgreSQL.
@Suite struct SubjectTests {
  private func entry(
    _ bench: LaneBench, _ offset: Int64, buyer: String, quantity: Int32 = 1, key: String? = nil,
    _ subjects: [(kind: String, id: String, limit: Int32)]
  ) throws -> LogEntry {
    let plain = try bench.place(offset, buyer: buyer, quantity: quantity, key: key)
    guard case .record(.place(var request)) = plain.content else { return plain }
    request.terms.subjects = subjects.map {
      LimitSubject(kind: SubjectKind(unchecked: $0.kind), id: SubjectID(unchecked: $0.id), limit: Units($0.limit))
    }
    return LogEntry(offset: plain.offset, content: .record(.place(request)))
  }

  private func rows(_ bench: LaneBench) async throws -> [String] {
    let connection = try await bench.database.connect()
    let rows = try await connection.query(
      "SELECT kind || ' ' || subject || ' ' || units || ' @' || log_offset FROM subjects_held ORDER BY log_offset, kind"
    )
    await connection.close()
    return try rows.map { try $0.string(0) }
  }

  @Test func `I9 what a card has bought counts in later batches, with a memory and without one`() async throws {
    try await LaneBench.with(stock: ["phone": 100]) { bench in
      let (lane, claim) = try await bench.claimedLane()
      let card = [(kind: "card", id: "c", limit: Int32(3))]
      var memory = LaneMemory()
      var outcomes: [Outcome] = []
      for offset in Int64(0)..<4 {
        let entries = [try entry(bench, offset, buyer: "buyer-\(offset)", card)]
        let written = try committed(await lane.write(bench.batch(claim, entries, memory: memory)))
        memory.remember(written)
        outcomes += written.outcomes
      }
      #expect(outcomes == [.confirmed, .confirmed, .confirmed, .rejected(.subjectLimitReached)])
      // Somebody who takes the partition over knows nothing.
      let entries = [
        try entry(bench, 4, buyer: "e", card), try entry(bench, 5, buyer: "f", [("card", "other", 3)]),
        try entry(bench, 6, buyer: "g", quantity: 2, [("code", "x", 1)]), try bench.place(7, buyer: "h"),
      ]
      let written = try committed(await lane.write(bench.batch(claim, entries)))
      #expect(written.outcomes == [.rejected(.subjectLimitReached), .confirmed, .confirmed, .confirmed])
      #expect(
        try await rows(bench)
          == ["card c 1 @0", "card c 1 @1", "card c 1 @2", "card other 1 @5", "code x 1 @6"])
    }
  }

  @Test func `a repeat of an order with a subject counts nothing more (I8, I9)`() async throws {
    try await LaneBench.with(stock: ["phone": 100]) { bench in
      let (lane, claim) = try await bench.claimedLane()
      let card = [(kind: "card", id: "c", limit: Int32(3))]
      _ = try committed(await lane.write(bench.batch(claim, [entry(bench, 0, buyer: "a", key: "k", card)])))
      let again = bench.batch(claim, [try entry(bench, 1, buyer: "a", key: "k", card)])
      let written = try await bench.write(again, on: lane)
      #expect(written.repeats == 1)
      #expect(try await rows(bench) == ["card c 1 @0"])
    }
  }

  @Test func `I9 more subjects than a lane remembers are looked up one by one, and many at once`() async throws {
    try await LaneBench.with(stock: ["phone": 100_000]) { bench in
      let (lane, claim) = try await bench.claimedLane()
      var tuning = LaneTuning()
      (tuning.rememberedHolders, tuning.loadedHolders) = (10, 10)
      var memory = LaneMemory(tuning: tuning)
      for batch in Int64(0)..<3 {
        let entries = try (0..<1_000).map { index in
          try entry(
            bench, batch * 1_000 + Int64(index), buyer: "b-\(batch)-\(index)",
            [("card", "c-\(index % 500)", 3), ("home", "h-\(index)", 2)])
        }
        let written = try committed(await lane.write(bench.batch(claim, entries, memory: memory)))
        memory.remember(written)
        // Each batch has two orders of a card: one of the second batch passes, and none of the third.
        let won = written.outcomes.count { $0 == .confirmed }
        #expect(won == [1_000, 500, 0][Int(batch)])
      }
      #expect(try await rows(bench).count == 3_000)
    }
  }
}
