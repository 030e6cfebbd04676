import Dispatch
import FlashSale
import Lane
import OrderLog
import Postgres
import SaleStore
import TestSupport
import Testing
import Worker

/// Workers whose PostgreSQL, log or claim goes away under them.
@Suite struct FaultTests {
  @Test func `with every session ended again and again, each record is decided once (I4, I6, I10)`() async throws {
    try await LogBench.with { bench in
      let sale = try await bench.store.create(
        openSale("double11", stock: ["phone": 7_000, "case": 2_000], ordering: .sku))
      let worker = try bench.startWorker()
      let (strikes, strike) = AsyncStream.makeStream(of: Int.self)
      let killer = Task {
        defer { strike.finish() }
        let connection = try await bench.database.connect()
        var pause = Duration.milliseconds(100)
        while !Task.isCancelled {
          strike.yield(
            try await connection.query(
              """
              SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE datname = current_database() AND application_name LIKE 'penstock worker%'
              """
            ).count)
          // Longer each time: on the slowest machine too some batch gets through.
          pause += .milliseconds(10)
          try? await Task.sleep(for: pause)
        }
        await connection.close()
      }
      var ended = 0
      var struck = strikes.makeAsyncIterator()
      for chunk in 0..<20 {
        // However fast the worker is, and however slow the one that ends its sessions.
        while ended < chunk, let count = await struck.next() { ended += count }
        try await bench.feed(
          (0..<1_000).map { index in
            try bench.place(sale, index.isMultiple(of: 3) ? "case" : "phone", buyer: "buyer-\(chunk)-\(index)")
          })
      }
      let isDrained = try await bench.drained(within: .seconds(180))
      killer.cancel()
      try await killer.value
      #expect(isDrained, "\(worker.status)")
      #expect(ended > 10)
      try await bench.expectReplayed()
      #expect(try await eventually { worker.status.isReady }, "\(worker.status.reasons)")
    }
  }

  @Test func `while PostgreSQL can't write, the lane waits and says so, and then goes on where it was (I4)`()
    async throws
  {
    try await LogBench.with(partitions: 1) { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 50]))
      let worker = try bench.startWorker()
      #expect(try await eventually { worker.status.isReady })
      try await bench.database.holding("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE") {
        try await bench.feed((0..<100).map { try bench.place(sale, "phone", buyer: "buyer-\($0)") })
        #expect(try await eventually { !worker.status.isReady && worker.status.notTakingPart == nil })
        #expect(worker.status.reasons.first?.contains("waits") == true, "\(worker.status.reasons)")
      }
      #expect(try await bench.drained())
      try await bench.expectReplayed()
      #expect(try await eventually { worker.status.isReady })
    }
  }

  @Test func `a worker that was superseded writes nothing more, claims it anew and is healthy (I7)`() async throws {
    try await LogBench.with(partitions: 1) { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 500]))
      let worker = try bench.startWorker()
      try await bench.feed((0..<200).map { try bench.place(sale, "phone", buyer: "early-\($0)") })
      #expect(try await bench.drained())
      let epoch = try #require(worker.status.partitions[Partition(0)]?.epoch)
      // What happens to a worker that was stopped while another took its partition over.
      let other = try await LaneStore.connect(try bench.database.settings, logger: quietLogger)
      let answer = try await other.claim(0, of: LogBench.topic, as: 2, seenIn: bench.store)
      guard case .claimed(let claim) = answer else { throw TestSetUpError("not claimed: \(answer)") }
      #expect(claim.epoch.rawValue == epoch.rawValue + 1)
      try await bench.feed((0..<400).map { try bench.place(sale, "phone", buyer: "late-\($0)") })
      #expect(try await bench.drained())
      #expect(try await eventually { worker.status.isReady }, "\(worker.status.reasons)")
      #expect(try await bench.store.progress(topic: LogBench.topic).first?.epoch.rawValue == epoch.rawValue + 2)
      try await bench.expectReplayed()
    }
  }

  @Test func `a log that was truncated halts its partition and no other, loudly`() async throws {
    try await LogBench.with(partitions: 2) { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 500]))
      let good = try bench.place(sale, "phone", buyer: "alice")
      let other = Partition(1 - good.partition.rawValue)
      // More than the embedded broker keeps of a partition; what it can't pack.
      let large = (0..<90).map { _ in
        OutgoingRecord(
          partition: other, key: [], value: (0..<100_000).map { _ in UInt8.random(in: 0...255) })
      }
      try await bench.feed(large + [good])
      let worker = try bench.startWorker()
      #expect(
        try await eventually {
          if case .halted = worker.status.partitions[other]?.state { true } else { false }
        }, "\(worker.status)")
      #expect(worker.status.reasons.contains { $0.contains("truncated") }, "\(worker.status.reasons)")
      #expect(try await eventually { try await StoredRows(bench.database).orders().count == 1 })
      let progress = try await bench.store.progress(topic: LogBench.topic)
      #expect(progress.filter { $0.haltedReason != nil }.map(\.partition) == [other])
    }
  }

  @Test func `a topic that was recreated halts until a person says where to go on`() async throws {
    try await LogBench.with(partitions: 1) { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 500]))
      let (lane, _) = try await claimedBeyond(1_000, bench)
      await lane.close()
      try await bench.feed((0..<10).map { try bench.place(sale, "phone", buyer: "buyer-\($0)") })
      let worker = try bench.startWorker()
      #expect(
        try await eventually { worker.status.reasons.contains { $0.contains("halted: the topic was recreated") } })
      #expect(try await StoredRows(bench.database).orders().isEmpty)
      #expect(
        try await bench.store.resume(
          Partition(0), of: LogBench.topic, ResumeRequest(because: "a test", at: Offset(0))) == .resumed)
      #expect(try await bench.drained())
      #expect(try await eventually { worker.status.isReady })
      try await bench.expectReplayed()
    }
  }

  private func claimedBeyond(_ offset: Int64, _ bench: LogBench) async throws -> (LaneStore, ClaimAnswer) {
    let lane = try await LaneStore.connect(try bench.database.settings, logger: quietLogger)
    let answer = try await lane.claim(0, of: LogBench.topic, as: 2, seenIn: bench.store)
    let connection = try await bench.database.connect()
    _ = try await connection.query("UPDATE partition_progress SET next_offset = $1", offset)
    await connection.close()
    return (lane, answer)
  }
}
