import FlashSale
import Lane
import Postgres
import SaleStore
import TestSupport
import Testing

/// The connection is lost before, inside and at the end of a transaction: its effect and the progress past it are there
/// together or not at all, and a reclaim tells which (I6).
@Suite struct CommitLossTests {
  @Test func `a session that ended before the batch writes nothing (I6)`() async throws {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      try await StoredRows(bench.database).endSessions()
      try await expectLost(lane, claim, bench, isCommitted: false)
    }
  }

  @Test func `a session that ends inside COPY writes nothing (I6)`() async throws {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      // The order's row ends its own session, when everything else of the batch was written.
      try await StoredRows(bench.database).endSession(atOrdersOf: "alice", deferred: false)
      try await expectLost(lane, claim, bench, isCommitted: false)
    }
  }

  @Test func `a session that ends while it commits writes nothing (I6)`() async throws {
    try await LaneBench.with { bench in
      let (lane, claim) = try await bench.claimedLane()
      // Deferred: fires inside COMMIT, before the transaction is durable.
      try await StoredRows(bench.database).endSession(atOrdersOf: "alice", deferred: true)
      try await expectLost(lane, claim, bench, isCommitted: false)
    }
  }

  @Test func `a COMMIT that the server never got committed nothing (I6)`() async throws {
    try await LaneBench.with { bench in
      try await expectLost(at: .beforeTheServerHears, bench, isCommitted: false)
    }
  }

  @Test func `a COMMIT whose answer got lost is found out and not repeated (I6)`() async throws {
    try await LaneBench.with { bench in
      try await expectLost(at: .beforeTheClientHears, bench, isCommitted: true)
    }
  }

  /// Over a line that is cut at the batch's COMMIT.
  private func expectLost(at moment: FaultyLine.Moment, _ bench: LaneBench, isCommitted: Bool) async throws {
    let (line, url) = try FaultyLine.toPostgres(at: bench.database.url)
    let lane = try await LaneStore.connect(try ConnectionSettings(url), logger: quietLogger)
    let claim = try await bench.claim(on: lane)
    line.cutCommits([moment])
    try await expectLost(lane, claim, bench, isCommitted: isCommitted)
    #expect(line.commitsCut == 1)
  }

  private func expectLost(_ lane: LaneStore, _ claim: Claim, _ bench: LaneBench, isCommitted: Bool) async throws {
    let entries = try [bench.place(0), bench.place(1, buyer: "bob")]
    guard case .connectionLost = await lane.write(bench.batch(claim, entries)) else {
      Issue.record("the connection lives")
      return
    }
    try await StoredRows(bench.database).endNoMoreSessions()
    let next = try await LaneStore.connect(try bench.database.settings, logger: quietLogger)
    guard case .claimed(let reclaimed) = try await next.reclaim(claim) else {
      Issue.record("not reclaimed")
      return
    }
    #expect(reclaimed.nextOffset == Offset(isCommitted ? 2 : 0))
    #expect(try await bench.left() == (isCommitted ? 8 : 10))
    #expect(try await StoredRows(bench.database).orders().count == (isCommitted ? 2 : 0))
    if !isCommitted {
      _ = try committed(await next.write(bench.batch(reclaimed, entries)))
      #expect(try await bench.left() == 8)
    }
  }
}
