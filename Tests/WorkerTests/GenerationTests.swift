import Audit
import FlashSale
import Lane
import Postgres
import SaleStore
import TestSupport
import Testing

/// Orders of one sale in several generations, on a real PostgreSQL.
@Suite struct GenerationTests {
  /// A bench whose first batch is one order with the key `k`, in a generation that is closed.
  private func withClosed(
    _ body: (LaneBench, LaneStore, Claim, _ memory: LaneMemory) async throws -> Void
  ) async throws {
    try await LaneBench.with(stock: ["phone": 100]) { bench in
      let (lane, claim) = try await bench.claimedLane()
      var memory = LaneMemory()
      memory.remember(try committed(await lane.write(bench.batch(claim, [bench.place(0, key: "k")], memory: memory))))
      #expect(try await lane.close(bench.generation(0), from: 1).number == Generation(rawValue: 1))
      try await body(bench, lane, claim, memory)
    }
  }

  @Test func `a generation is closed once, and only if it is large`() async throws {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      _ = try committed(await lane.write(bench.batch(claim, [bench.place(0), bench.place(1)])))
      #expect(try await lane.close(bench.generation(0), from: 3).number == .first)
      for _ in 0..<2 {
        #expect(try await lane.close(bench.generation(0), from: 2).number == Generation(rawValue: 1))
      }
      #expect(try await lane.close(bench.generation(1), from: 1).number == Generation(rawValue: 1))
      let reader = try await FilterReader.connect(try bench.database.settings, logger: quietLogger)
      #expect(try await reader.size(of: bench.generation(0)) == 2)
      await reader.close()
    }
  }

  @Test func `a batch that was decided before a generation was closed is decided again (I8)`() async throws {
    try await withClosed { bench, lane, claim, memory in
      let batch = try bench.batch(claim, [bench.place(1, key: "k"), bench.place(2)], memory: memory)
      guard case .generationClosed = await lane.write(batch) else {
        Issue.record("rows went into a closed generation")
        return
      }
      #expect(try await bench.nextOffset() == 1)
      var memory = memory
      memory.forget(after: .generationClosed)
      let again = try committed(
        await lane.write(bench.batch(claim, memory.prepare(batch.prepared.entries))))
      #expect(again.outcomes == [.confirmed] && again.repeats == 1)
    }
  }

  @Test(arguments: [false, true])
  func `a key of a closed generation is still one order, with a filter and without (I8)`(hasFilter: Bool) async throws {
    try await withClosed { bench, lane, claim, memory in
      var memory = memory
      memory.forget(after: .generationClosed)
      memory.remember(try committed(await lane.write(bench.batch(claim, [bench.place(1)], memory: memory))))
      #expect(memory.missingFilters == [bench.generation(0)])
      if hasFilter {
        let reader = try await FilterReader.connect(try bench.database.settings, logger: quietLogger)
        memory.learn([bench.generation(0): try await reader.filter(of: bench.generation(0), size: 1)])
        await reader.close()
        #expect(memory.missingFilters == [])
      }
      let known = memory.prepare([try bench.place(2)][...])
      #expect((known.foreseen != nil) == hasFilter, "with a filter, a new order needs no look-up")
      let entries = [try bench.place(2), try bench.place(3, key: "k"), try bench.place(4)]
      let written = try committed(await lane.write(bench.batch(claim, entries, memory: memory)))
      #expect(written.outcomes == [.confirmed, .confirmed] && written.repeats == 1)
    }
  }

  @Test func `a generation is not closed while a batch is in flight`() async throws {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      _ = try committed(await lane.write(bench.batch(claim, [bench.place(0)])))
      // A batch of another lane, behind its fence.
      let (other, onlooker) = (try await bench.database.connect(), try await bench.database.connect())
      // It goes on when the onlooker lets it.
      _ = try await onlooker.query("SELECT pg_advisory_lock(1)")
      async let inFlight: Void = other.transaction { transaction in
        _ = try transaction.query("UPDATE partition_progress SET next_offset = next_offset WHERE false")
        _ = try transaction.query("SELECT pg_advisory_xact_lock(1)")
      }
      let isFenced = try await eventually {
        let rows = try await onlooker.query(
          "SELECT FROM pg_locks WHERE relation = 'partition_progress'::regclass AND mode = 'RowExclusiveLock'")
        return !rows.isEmpty
      }
      #expect(isFenced)
      await #expect(throws: PostgresError.self) { try await lane.close(bench.generation(0), from: 1) }
      _ = try await onlooker.query("SELECT pg_advisory_unlock(1)")
      try await inFlight
      #expect(try await lane.close(bench.generation(0), from: 1).number == Generation(rawValue: 1))
      for connection in [other, onlooker] { await connection.close() }
    }
  }

  /// The first worker makes the filters of what it wrote itself; the second has to have them made from the store.
  @Test(.timeLimit(.minutes(3)))
  func `workers close generations and find what repeats in them, with their own filters and others' (I8, I10)`()
    async throws
  {
    try await LogBench.with(partitions: 1) { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 400]))
      var tuning = LaneTuning()
      tuning.generationRows = 100
      var orders = 0
      /// New orders, and between them repeats of those before.
      func feed() async throws {
        for _ in 0..<5 {
          try await bench.feed(
            (0..<120).map { index in
              let number = index % 3 == 0 && orders > 0 ? index * 7 % orders : orders + index
              return try bench.place(sale, "phone", buyer: "buyer-\(number)", key: "k-\(number)")
            })
          orders += 120
          // As a batch, or several, of its own.
          #expect(try await bench.drained())
        }
      }
      let first = try bench.startWorker("the first", lane: tuning)
      try await feed()
      let closed = try await closedGenerations(bench)
      #expect(closed.count >= 2 && closed.allSatisfy { $0 >= 100 }, "\(closed)")
      #expect(await first.stop())

      let lines = LogLines()
      let second = try bench.startWorker("the second", lane: tuning, logger: lines.logger)
      try await feed()
      for _ in closed { await lines.wait(for: "a filter of a closed generation is made") }
      try await feed()
      #expect(try await closedGenerations(bench).count > closed.count)
      #expect(await second.stop())
      // Each key is one order, in whichever generation it was stored.
      let stored = try await StoredRows(bench.database).orders()
      #expect(Set(stored.map(\.buyer)).count == stored.count)
      #expect(try await bench.expectReplayed().counts.repeats > 0)
    }
  }

  /// How many orders each closed generation of the only sale has.
  private func closedGenerations(_ bench: LogBench) async throws -> [Int64] {
    let connection = try await bench.database.connect()
    let rows = try await connection.query(
      "SELECT size FROM sale_generations, unnest(sizes) WITH ORDINALITY AS closed (size, number) ORDER BY number")
    await connection.close()
    return try rows.map { try $0.int64(0) }
  }

  @Test func `orders of all generations are found by their ids, and exported`() async throws {
    try await withClosed { bench, lane, claim, _ in
      let second = try bench.place(1)
      _ = try committed(await lane.write(bench.batch(claim, [second])))
      let ids = try [bench.place(0, key: "k"), second].compactMap { $0.record?.request?.order }
      #expect(try await Set(bench.store.orders(ids).map(\.order)) == Set(ids))
      var exported: [OrderID] = []
      let pages = bench.store.orderPages(of: bench.sale, asOf: try await bench.store.vector(topic: claim.topic))
      for try await page in pages { exported += page.map(\.decision.order) }
      #expect(exported == ids)
    }
  }
}

extension LaneBench {
  fileprivate func generation(_ number: Int32) -> SaleGeneration {
    SaleGeneration(sale.number, Generation(rawValue: number))
  }
}
