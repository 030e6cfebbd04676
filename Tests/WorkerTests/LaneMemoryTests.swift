import FlashSale
import Lane
import Postgres
import SaleStore
import TestSupport
import Testing

/// What a lane may leave out of a batch's reads because it remembers it, on a real PostgreSQL.
@Suite struct LaneMemoryTests {
  private let limitReached = Outcome.rejected(.limitReached)
  private let confirmed = Outcome.confirmed

  @Test func `a winner of an earlier batch is held to the limit, and others are not (I9)`() async throws {
    try await LaneBench.with(stock: ["phone": 100], limit: 3) { bench in
      let (lane, claim) = try await bench.claimedLane()
      var memory = LaneMemory()
      let batches: [(buyer: String, quantity: Int32, result: Outcome)] = [
        ("alice", 2, confirmed), ("alice", 2, limitReached), ("bob", 3, confirmed), ("alice", 1, confirmed),
        ("bob", 1, limitReached), ("alice", 1, limitReached),
      ]
      for (offset, batch) in batches.enumerated() {
        let entry = try bench.place(Int64(offset), buyer: batch.buyer, quantity: batch.quantity)
        let written = try committed(await lane.write(bench.batch(claim, [entry], memory: memory)))
        memory.remember(written)
        #expect(written.outcomes == [batch.result], "offset \(offset)")
      }
    }
  }

  @Test func `winners of before the claim are held to the limit in every batch (I9)`() async throws {
    try await LaneBench.with(stock: ["phone": 100], limit: 1) { bench in
      let (first, lost) = try await bench.claimedLane()
      _ = try committed(await first.write(bench.batch(lost, [bench.place(0, buyer: "alice")])))
      let (second, claim) = try await bench.claimedLane()
      var memory = LaneMemory()
      memory.remember(
        try committed(await second.write(bench.batch(claim, [bench.place(1, buyer: "bob")], memory: memory))))
      let again = try bench.batch(
        claim, [bench.place(2, buyer: "alice"), bench.place(3, buyer: "bob")], memory: memory)
      #expect(try committed(await second.write(again)).outcomes == [limitReached, limitReached])
    }
  }

  @Test func `winners of a commit whose answer was lost are not forgotten (I9)`() async throws {
    try await LaneBench.with(stock: ["phone": 100], limit: 1) { bench in
      let (lane, claim) = try await bench.claimedLane()
      var memory = LaneMemory()
      memory.remember(
        try committed(await lane.write(bench.batch(claim, [bench.place(0, buyer: "bob")], memory: memory))))
      // Committed, but the lane heard only that its connection broke.
      _ = try committed(await lane.write(bench.batch(claim, [bench.place(1, buyer: "alice")], memory: memory)))
      memory.forget(after: .connectionLost(TestSetUpError("the connection broke")))
      let again = try bench.batch(claim, [bench.place(2, buyer: "alice")], memory: memory)
      #expect(try committed(await lane.write(again)).outcomes == [limitReached])
    }
  }

  @Test func `after one repeat the next ones are found before the batch is written (I8)`() async throws {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      var memory = LaneMemory()
      memory.remember(try committed(await lane.write(bench.batch(claim, [bench.place(0, key: "k")], memory: memory))))
      let repeated = try bench.batch(claim, [bench.place(1, key: "k"), bench.place(2)], memory: memory)
      let answer = await lane.write(repeated)
      guard case .conflict = answer else {
        Issue.record("an order was decided twice: \(answer)")
        return
      }
      #expect(try await bench.nextOffset() == 1)
      memory.forget(after: answer)
      for offset in [Int64(1), 3, 5] {
        let entries = [try bench.place(offset, key: "k"), try bench.place(offset + 1)]
        let written = try committed(await lane.write(bench.batch(claim, entries, memory: memory)))
        #expect(written.outcomes == [confirmed] && written.repeats == 1)
        memory.remember(written)
      }
      #expect(try await bench.left() == 6)
    }
  }

  @Test func `batches decided ahead are written as if each had been decided behind the other (I1, I2, I9)`()
    async throws
  {
    try await LaneBench.with(stock: ["phone": 5], limit: 2) { bench in
      let (lane, claim) = try await bench.claimedLane()
      var memory = LaneMemory()
      memory.remember(try committed(await lane.write(bench.batch(claim, [bench.place(0)], memory: memory))))
      // Three at once, each upon what the one before will leave behind; only then is any of them written.
      let prepared = try [
        [bench.place(1, buyer: "bob", quantity: 2), bench.place(2, buyer: "bob")],
        [bench.place(3, buyer: "carol"), bench.place(4, buyer: "dora"), bench.place(5, buyer: "erin")],
        [bench.place(6, buyer: "frank"), bench.place(7, buyer: "grace")],
      ].map { entries in
        let batch = memory.prepare(entries[...])
        memory.remember(try #require(batch.foreseen))
        return batch
      }
      let soldOut = Outcome.rejected(.soldOut)
      let expected = [[confirmed, limitReached], [confirmed, confirmed, soldOut], [soldOut, soldOut]]
      // What a winner holds has to be looked up, so it waits for the winner's batch.
      #expect(memory.prepare([try bench.place(8, buyer: "dora")][...]).foreseen == nil)
      for (batch, outcomes) in zip(prepared, expected) {
        #expect(batch.foreseen?.outcomes == outcomes)
        #expect(try committed(await lane.write(bench.batch(claim, batch))).outcomes == outcomes)
      }
      #expect(try await bench.left() == 0)
      #expect(try await bench.nextOffset() == 8)
    }
  }

  @Test func `a batch decided upon one that was not committed is not written`() async throws {
    try await LaneBench.with(stock: ["phone": 2]) { bench in
      let (lane, claim) = try await bench.claimedLane()
      var memory = LaneMemory()
      memory.remember(try committed(await lane.write(bench.batch(claim, [bench.place(0, key: "k")], memory: memory))))
      // A repeat that this memory does not look for: it fails its batch.
      let failing = memory.prepare([try bench.place(1, key: "k")][...])
      memory.remember(try #require(failing.foreseen))
      let upon = memory.prepare([try bench.place(2)][...])
      #expect(upon.foreseen?.outcomes == [.rejected(.soldOut)])
      let answer = await lane.write(bench.batch(claim, failing))
      guard case .conflict = answer else {
        Issue.record("an order was decided twice: \(answer)")
        return
      }
      // A lane drops it; if it did not, the fence would.
      guard case .fenced = await lane.write(bench.batch(claim, upon)) else {
        Issue.record("a batch was written that stands on one which is not there")
        return
      }
      #expect(upon.stands(upon: memory))
      memory.forget(after: answer)
      #expect(!upon.stands(upon: memory))
      for (offset, key, outcomes) in [(Int64(1), "k", []), (2, "l", [confirmed])] {
        let written = try committed(
          await lane.write(bench.batch(claim, [bench.place(offset, key: key)], memory: memory)))
        #expect(written.outcomes == outcomes && written.repeats == 1 - outcomes.count)
        memory.remember(written)
      }
      #expect(try await bench.left() == 0)
    }
  }

  @Test func `a lane that lost its partition writes nothing, whatever it remembers (I7)`() async throws {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      var memory = LaneMemory()
      memory.remember(try committed(await lane.write(bench.batch(claim, [bench.place(0)], memory: memory))))
      // Claimed on the same session, so that the claim does not end it.
      _ = try await bench.claim(on: lane)
      guard case .fenced = await lane.write(bench.batch(claim, [try bench.place(1)], memory: memory)) else {
        Issue.record("a zombie wrote")
        return
      }
      #expect(try await bench.left() == 9)
      #expect(try await StoredRows(bench.database).orders().count == 1)
    }
  }
}
