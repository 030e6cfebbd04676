import FlashSale
import Foundation
import Glibc
import Postgres
import TestSupport
import Time

/// How long partitions stand still when workers come and go.
extension Row {
  static let leaseRows = [failover, handover, frozen, cutOff, manyWorkers, databaseAway]

  private static let failover = Row(
    name: "failover", fault: "worker: SIGKILL under load; how long until its partitions' next commit", isQuick: true,
    ground: .either
  ) { stage in
    _ = try await stage.start("intake")
    var workers = [try await stage.start("worker"), try await stage.start("worker")]
    try await stage.underLoad {
      try await PauseMeter.watching(stage) { meter in
        var moved: [PauseMeter.Pause] = []
        for _ in 0..<(stage.isQuick ? 5 : 20) {
          try await allReady(workers, stage)
          let before = meter.owners
          let victim = stage.draw { $0.number(in: 0...1) }
          let id = try await worker(workers[victim], stage)
          let lost = before.filter { $0.value == id }.map(\.key)
          _ = meter.take()
          await workers[victim].kill()
          stage.inject()
          try await stage.expect("a successor's commit on each partition", within: .seconds(20)) {
            let now = meter.owners
            return lost.allSatisfy { now[$0] != id }
          }
          moved += meter.take().filter(\.isMove)
          workers[victim] = try await stage.start("worker", awaitsReadiness: false)
        }
        stage.remark(moved.words)
        if moved.quantile(0.5) > .milliseconds(300) { stage.violated("the median pause is above 300 ms") }
        if moved.quantile(0.99) > .seconds(1) { stage.violated("the p99 of pauses is above 1 s") }
      }
    }
  }

  private static let handover = Row(
    name: "handover", fault: "workers: one joins and one is stopped politely, again and again",
    // Denser than elsewhere: the time until a partition's next order is part of each pause. Not as dense as to fill the
    // embedded broker, which searches a partition's batches one by one for each fetch: 100,000 records cost it a core.
    rate: 1_500, steadyRate: 500, ground: .either
  ) { stage in
    _ = try await stage.start("intake")
    var workers = [try await stage.start("worker"), try await stage.start("worker")]
    try await stage.underLoad {
      try await PauseMeter.watching(stage) { meter in
        try await allReady(workers, stage)
        _ = meter.take()
        try await Task.sleep(for: .seconds(3))
        let steady = meter.take()
        var (joins, stops, stayed) = ([PauseMeter.Pause](), [PauseMeter.Pause](), [PauseMeter.Pause]())
        func take(_ moved: inout [PauseMeter.Pause]) {
          let pauses = meter.take()
          moved += pauses.filter(\.isMove)
          stayed += pauses.filter { !$0.isMove }
        }
        for _ in 0..<20 {
          workers.append(try await stage.start("worker"))
          stage.inject()
          try await settled(workers, stage)
          take(&joins)
          workers.removeFirst().part.process.send(signal: SIGTERM)
          stage.inject()
          try await settled(workers, stage)
          take(&stops)
        }
        let moved = joins + stops
        stage.remark("joins: \(joins.words); stops: \(stops.words)")
        stage.remark(
          "others: p99 \(stayed.quantile(0.99).asMilliseconds), \(steady.quantile(0.99).asMilliseconds) before, "
            + "longest \(stayed.quantile(1).asMilliseconds)")
        if moved.quantile(0.99) > .milliseconds(200) { stage.violated("the p99 of pauses is above 200 ms") }
        if stayed.quantile(0.99) > steady.quantile(0.99) * 2 {
          stage.violated("partitions that do not move stand still")
        }
      }
    }
  }

  private static let frozen = Row(
    name: "worker-frozen", fault: "worker: SIGSTOP for twice the lease, then SIGCONT", ground: .either
  ) { stage in
    try await loseTouch(stage, lines: []) {
      $0.part.process.send(signal: SIGSTOP)
    } back: {
      $0.part.process.send(signal: SIGCONT)
    }
  }

  private static let cutOff = Row(
    name: "worker-cut-off", fault: "worker: cut off from the broker and PostgreSQL for twice the lease, running on"
  ) { stage in
    try await loseTouch(stage, lines: [.kafka, .postgres]) { worker in
      for line in [worker.kafka, worker.postgres] { line?.hold([.toServer, .toClient]) }
    } back: { worker in
      for line in [worker.kafka, worker.postgres] { line?.hold([]) }
    }
  }

  /// One of two workers is away for twice the lease, and comes back, again and again: the other one commits in each of
  /// its partitions within the lease and a second, and it takes part again by itself.
  private static func loseTouch(
    _ stage: Stage, lines: Set<FaultyLine.Speech>, away: (Member) -> Void, back: (Member) -> Void
  ) async throws {
    _ = try await stage.start("intake")
    let workers = [try await stage.start("worker", lines: lines), try await stage.start("worker", lines: lines)]
    try await stage.underLoad {
      try await PauseMeter.watching(stage) { meter in
        var moved: [PauseMeter.Pause] = []
        for index in 0..<6 {
          try await allReady(workers, stage)
          let absent = workers[index % 2]
          let id = try await worker(absent, stage)
          let lost = try await ownership(of: stage).filter { $0.value == id }.map { Partition($0.key) }
          _ = meter.take()
          away(absent)
          stage.inject()
          let begin = ContinuousClock.now
          try await stage.expect("a successor's commit on each partition", within: Limits.lease + .seconds(1)) {
            let now = meter.owners
            return lost.allSatisfy { now[$0] != id }
          }
          try await Task.sleep(until: begin + Limits.lease * 2, clock: .continuous)
          moved += meter.take().filter(\.isMove)
          back(absent)
          try await stage.expect("the worker that was away is back by itself", within: .seconds(5)) {
            try await HTTP.get(absent.part.admin.appending(path: "readyz")).status == 200
          }
        }
        stage.remark("\(moved.words), longest \(moved.quantile(1).asMilliseconds)")
        if moved.isEmpty { stage.violated("no partition was taken over") }
        if moved.quantile(1) > Limits.lease + .seconds(1) { stage.violated("a pause is above the lease + 1 s") }
      }
    }
  }

  private static let databaseAway = Row(
    name: "pg-away", fault: "PostgreSQL: away for 30 s", ground: .either
  ) { stage in
    _ = try await stage.start("intake")
    let workers = [try await stage.start("worker"), try await stage.start("worker")]
    try await stage.underLoad {
      try await allReady(workers, stage)
      let before = try await ownership(of: stage)
      try await stage.postgres.stop(SIGINT)
      stage.inject()
      try await Task.sleep(for: .seconds(30))
      try await stage.postgres.start()
      let back = ContinuousClock.now
      let progress = try await stage.progress()
      try await stage.expect("a commit on each partition", within: .seconds(2)) {
        let now = try await stage.progress()
        return progress.allSatisfy { now[$0.key, default: 0] > $0.value }
      }
      stage.remark("each partition goes on within \((ContinuousClock.now - back).asMilliseconds)")
      if try await ownership(of: stage) != before { stage.violated("partitions have other owners than before") }
    }
  }

  // MARK: What is looked at

  static func allReady(_ workers: [Member], _ stage: Stage) async throws {
    try await stage.expect("all workers ready", within: .seconds(20)) {
      for worker in workers where try await HTTP.get(worker.part.admin.appending(path: "readyz")).status != 200 {
        return false
      }
      return try await isBalanced(over: workers.count, of: stage)
    }
  }

  /// Waits until all are ready and the pauses of what has moved are over: a pause ends with the next commit.
  private static func settled(_ workers: [Member], _ stage: Stage) async throws {
    try await allReady(workers, stage)
    try await Task.sleep(for: .milliseconds(500))
  }

  /// The id of a worker.
  private static func worker(_ member: Member, _ stage: Stage) async throws -> Int64 {
    let name = "%/\(member.part.process.identifier)"
    return try await stage.ask { connection in
      try await connection.query("SELECT id FROM workers WHERE name LIKE $1", name).single().int64(0)
    }
  }

  /// Which worker has each partition.
  static func ownership(of stage: Stage) async throws -> [Int32: Int64] {
    let rows = try await stage.ask { connection in
      try await connection.query("SELECT partition, owner_id FROM partition_progress WHERE owner_id IS NOT NULL")
    }
    return try Dictionary(uniqueKeysWithValues: rows.map { (try $0.int32(0), try $0.int64(1)) })
  }

  static func isBalanced(over count: Int, of stage: Stage) async throws -> Bool {
    let owners = try await ownership(of: stage)
    let loads = Dictionary(grouping: owners.values) { $0 }.values.map(\.count)
    guard owners.count == stage.partitions, loads.count == count else { return false }
    return (loads.max() ?? 0) - (loads.min() ?? 0) <= 1
  }
}
