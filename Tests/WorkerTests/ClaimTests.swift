import Dispatch
import FlashSale
import Lane
import Postgres
import TestSupport
import Testing

@testable import SaleStore

/// Who may write a partition (I7), on a real PostgreSQL.
@Suite struct ClaimTests {
  @Test func `each claim raises the epoch and goes on where the last owner came to`() async throws {
    try await LaneBench.with { bench in
      let (first, claim) = try await bench.claimedLane()
      #expect(claim.nextOffset == Offset(0))
      _ = try committed(await first.write(bench.batch(claim, [bench.place(0), bench.place(1)])))
      let (_, second) = try await bench.claimedLane()
      #expect(second.nextOffset == Offset(2))
      #expect(second.epoch.rawValue == claim.epoch.rawValue + 1)
    }
  }

  @Test func `of two lanes that claim one partition, the first one's next commit changes nothing (I7)`() async throws {
    try await LaneBench.with { bench in
      let (first, old) = try await bench.claimedLane()
      _ = try committed(await first.write(bench.batch(old, [bench.place(0)])))
      let (second, new) = try await bench.claimedLane()

      // Its session is gone …
      guard case .connectionLost = await first.write(bench.batch(old, [try bench.place(1)])) else {
        Issue.record("the old owner's session lives")
        return
      }
      // … it can't get the partition back …
      let zombie = try await LaneStore.connect(try bench.database.settings, logger: quietLogger)
      #expect(try await zombie.reclaim(old) == .fenced)
      // … and even with a session that nobody ended, it writes nothing.
      guard case .fenced = await zombie.write(bench.batch(old, [try bench.place(1)])) else {
        Issue.record("a zombie wrote")
        return
      }
      #expect(try await bench.left() == 9)
      #expect(try await bench.nextOffset() == 1)
      _ = try committed(await second.write(bench.batch(new, [bench.place(1)])))
      #expect(try await bench.left() == 8)
    }
  }

  @Test func `a batch that is not the next one is fenced`() async throws {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      _ = try committed(await lane.write(bench.batch(claim, [bench.place(0)])))
      for offset in [Int64(0), 2] {
        guard case .fenced = await lane.write(bench.batch(claim, [try bench.place(offset, buyer: "bob")])) else {
          Issue.record("wrote \(offset) after 0")
          return
        }
      }
      #expect(try await bench.left() == 9)
    }
  }

  @Test func `an owner that is frozen inside its transaction holds nobody up (I7)`() async throws {
    try await LaneBench.with { bench in
      let (frozen, old) = try await bench.claimedLane()
      let (isInside, mayGoOn) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
      // Blocks the thread of its own connection: to the server, a process that was stopped after its fence.
      let sleeper = Task {
        try await frozen.connection.transaction { transaction in
          try transaction.execute(
            "UPDATE partition_progress SET next_offset = 1 WHERE topic = $1 AND partition = 0 AND epoch = $2",
            LaneBench.topic, old.epoch.rawValue)
          isInside.continuation.finish()
          mayGoOn.wait()
        }
      }
      for await _ in isInside.stream {}
      let began = ContinuousClock.now
      let (_, claim) = try await bench.claimedLane()
      #expect(.now - began < .seconds(5))
      #expect(claim.nextOffset == Offset(0))
      mayGoOn.signal()
      await #expect(throws: PostgresError.self) { try await sleeper.value }
      #expect(try await bench.nextOffset() == 0)
    }
  }

  @Test func `a rehearsal changes nothing, and leaves nothing to prepare for a claim`() async throws {
    try await LaneBench.with { bench in
      let (owner, claim) = try await bench.claimedLane()
      _ = try committed(await owner.write(bench.batch(claim, [bench.place(0)])))
      let successor = try await LaneStore.connect(try bench.database.settings, logger: quietLogger)
      try await successor.rehearse(topic: LaneBench.topic, partition: claim.partition)
      _ = try committed(await owner.write(bench.batch(claim, [bench.place(1)])))
      #expect(try await bench.left() == 8)
      let prepared = await successor.connection.preparedStatementCount
      let next = try await bench.claim(on: successor)
      #expect(await successor.connection.preparedStatementCount == prepared)
      #expect(next.nextOffset == Offset(2))
      _ = try committed(await successor.write(bench.batch(next, [bench.place(2)])))
      // The fence alone can't be rehearsed: without a row it fails.
      #expect(await successor.connection.preparedStatementCount == prepared + 1)
    }
  }

  @Test func `a session that only has the owner's pid is left alone`() async throws {
    try await LaneBench.with { bench in
      let (lane, _) = try await bench.claimedLane()
      let bystander = try await bench.database.connect()
      _ = try await bystander.query(
        "UPDATE partition_progress SET owner_pid = pg_backend_pid(), owner_started = now() - interval '1 day'")
      _ = try await bench.claim(on: lane)
      #expect(try await bystander.query("SELECT 1").single().int32(0) == 1)
    }
  }

  @Test func `a lane claims again on the session that it has`() async throws {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      #expect(try await bench.claim(on: lane).epoch.rawValue == claim.epoch.rawValue + 1)
    }
  }

  @Test func `a session in the way that is nobody's is told, and not ended`() async throws {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      try await bench.database.holding("SELECT FROM partition_progress FOR UPDATE") {
        let error = await #expect(throws: StoreError.self) { try await bench.claim(on: lane) }
        guard case .ownerCannotBeEnded(claim.partition, _) = error else {
          Issue.record("said \(String(describing: error))")
          return
        }
      }
    }
  }

  @Test func `claims at once leave one owner, the one with the highest epoch (I7)`() async throws {
    try await LaneBench.with { bench in
      let claims = try await withThrowingTaskGroup(of: (LaneStore, Claim)?.self) { group in
        for _ in 0..<6 {
          group.addTask {
            let lane = try await LaneStore.connect(try bench.database.settings, logger: quietLogger)
            // One that was ended by a later claim while it claimed has no claim.
            return (try? await bench.claim(on: lane)).map { (lane, $0) }
          }
        }
        return try await group.reduce(into: []) { $0 += [$1].compactMap { $0 } }
      }
      let last = try #require(claims.max { $0.1.epoch < $1.1.epoch })
      #expect(Set(claims.map(\.1.epoch)).count == claims.count)
      for (index, (lane, claim)) in claims.enumerated() {
        let answer = await lane.write(bench.batch(claim, [try bench.place(0, buyer: "buyer-\(index)")]))
        if case .committed = answer { #expect(claim == last.1) }
      }
      #expect(try await bench.left() == 9)
    }
  }

  @Test func `a halted partition stays halted until a person clears it`() async throws {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      try await lane.halt(claim, reason: "the log was truncated")
      let other = try await LaneStore.connect(try bench.database.settings, logger: quietLogger)
      for _ in 0..<2 {
        let answer = try await other.claim(claim.partition.rawValue, as: 2, seenIn: bench.store)
        #expect(answer == .halted(reason: "the log was truncated"))
      }
      #expect(try await other.reclaim(claim) == .halted(reason: "the log was truncated"))
      #expect(
        try await bench.store.resume(
          claim.partition, of: LaneBench.topic, ResumeRequest(because: "a test", at: Offset(7))) == .resumed)
      let again = try await bench.store.resume(
        claim.partition, of: LaneBench.topic, ResumeRequest(because: "a test"))
      #expect(again == .notHalted)
      #expect(try await bench.claim(on: other).nextOffset == Offset(7))
    }
  }

  @Test func `only the owner halts a partition`() async throws {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      _ = try await bench.claim(on: lane)
      await #expect(throws: StoreError.fenced(claim.partition)) { try await lane.halt(claim, reason: "a zombie's") }
      #expect(try await lane.haltReason(topic: LaneBench.topic, partition: claim.partition) == nil)
    }
  }
}
