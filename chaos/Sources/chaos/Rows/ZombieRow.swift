import Foundation
import Glibc
import Postgres
import TestSupport
import Time

/// A worker that is frozen at a known step of a batch, is silent for the lease, is replaced, and wakes up.
struct ZombieRow {
  /// The step that a frozen worker's session stands at, as PostgreSQL sees it.
  enum Step: String, CaseIterable, Sendable {
    /// Between two statements of the batch's transaction.
    case inTransaction = "in a transaction"
    /// PostgreSQL waits for the rest of the rows.
    case inCopy = "in a COPY"
    /// Between two batches.
    case atRest = "between batches"
  }

  let stage: Stage
  /// How long a write takes on its way to PostgreSQL, so that each step lasts long enough to be hit.
  private static let slowness = Duration.milliseconds(15)
  /// The same for COPY: long enough that a lane's next batch has more orders than go by one INSERT, and short enough
  /// that the worker claims its partitions over this line well within the search.
  private static let copySlowness = Duration.seconds(1)
  /// How long the search for one step goes on.
  private static let search = Duration.seconds(40)
  /// From the end of the lease until the successor has the zombie's partitions.
  private static let succession = Duration.seconds(1)

  static let row = Row(
    name: "zombie", fault: "worker: SIGSTOP past the lease at every step of a batch, then SIGCONT",
    ground: .either
  ) { try await ZombieRow(stage: $0).play() }

  private func play() async throws {
    _ = try await stage.start("intake")
    let workers = [try await start(), try await start()]
    try await stage.underLoad {
      // A steady crowd's orders come too thin for a batch that goes by COPY.
      var steps = Step.allCases.filter { $0 != .inCopy || stage.cluster == nil }
      stage.draw { steps.shuffle(using: &$0) }
      if steps.contains(.inCopy) { steps.append(.inCopy) }
      for (index, step) in steps.enumerated() {
        try await freeze(workers[index % 2], at: step)
        // Both have their partitions again before the next one freezes.
        try await stage.expect("both workers ready", within: Limits.recovery) {
          for worker in workers where try await HTTP.get(worker.part.admin.appending(path: "readyz")).status != 200 {
            return false
          }
          return true
        }
      }
    }
  }

  private func start() async throws -> Member {
    try await stage.start("worker", lines: [.postgres])
  }

  private func freeze(_ zombie: Member, at step: Step) async throws {
    let pid = zombie.part.process.identifier
    let mine = try await epochs(of: pid)
    guard !mine.isEmpty else { return stage.violated("the worker to freeze has no partition") }
    guard try await stop(zombie, at: step) else { return stage.violated("no worker could be stopped \(step.rawValue)") }
    stage.inject()
    let frozen = ContinuousClock.now
    let bound = Limits.lease + Self.succession
    try await stage.expect("a successor for a worker frozen \(step.rawValue)", within: bound) {
      let now = try await epochs(of: nil)
      return mine.allSatisfy { now[$0.key, default: 0] > $0.value }
    }
    let took = (ContinuousClock.now - frozen - Limits.lease).inSeconds
    stage.remark("\(step.rawValue): succeeded \(String(format: "%.1f", took)) s past the lease")
    let fencedBefore = try await notices(of: zombie, isFrozen: true)
    zombie.part.process.send(signal: SIGCONT)
    guard step != .atRest else { return }
    try await stage.expect("a notice of the zombie that it lost \(step.rawValue)", within: .seconds(15)) {
      try await notices(of: zombie, isFrozen: false) > fencedBefore
    }
  }

  /// The lost claims that the zombie has counted so far: fenced transactions and ended sessions. A frozen one cannot be
  /// asked; the value is then the last one read.
  private func notices(of zombie: Member, isFrozen: Bool) async throws -> Double {
    if isFrozen { return counted.value(zombie.part.process.identifier) }
    let fenced = try await zombie.metric("penstock_worker_fenced_total")
    return fenced + (try await zombie.metric("penstock_worker_connections_lost_total"))
  }

  private let counted = Counted()

  private final class Counted: Sendable {
    private let values = Locked<[Int32: Double]>([:])
    func value(_ pid: Int32) -> Double { values.with { $0[pid] ?? 0 } }
    func set(_ pid: Int32, _ value: Double) { values.with { $0[pid] = value } }
  }

  /// Stops the worker when one of its sessions is at this step, and checks that it stays there.
  private func stop(_ worker: Member, at step: Step) async throws -> Bool {
    counted.set(worker.part.process.identifier, try await notices(of: worker, isFrozen: false))
    // Where writes are slow, one of its lanes is always writing.
    let slowness: [Step: Duration] = [.inTransaction: Self.slowness, .inCopy: Self.copySlowness]
    worker.postgres?.slow(.toServer, by: slowness[step] ?? .zero)
    defer { worker.postgres?.slow(.toServer, by: .zero) }
    return try await stage.ask { connection in
      let end = ContinuousClock.now + Self.search
      while ContinuousClock.now < end {
        guard try await sessions(connection, of: worker, at: step) > 0 else { continue }
        worker.part.process.send(signal: SIGSTOP)
        // Messages in flight arrive; then nothing changes any more.
        try await Task.sleep(for: .milliseconds(300))
        if try await sessions(connection, of: worker, at: step) > 0 { return true }
        worker.part.process.send(signal: SIGCONT)
        try await Task.sleep(for: .milliseconds(20))
      }
      return false
    }
  }

  private func sessions(_ connection: Connection, of worker: Member, at step: Step) async throws -> Int64 {
    let name = "penstock worker %/\(worker.part.process.identifier)"
    let row = try await connection.query(
      """
      SELECT count(*) FILTER (WHERE state = 'active' AND query LIKE 'COPY%' AND wait_event = 'ClientRead'),
        count(*) FILTER (WHERE state = 'idle in transaction'),
        count(*) FILTER (WHERE state <> 'idle')
      FROM pg_stat_activity WHERE application_name LIKE $1 AND datname = current_database()
      """, name
    ).single()
    switch step {
    case .inCopy: return try row.int64(0)
    case .inTransaction: return try row.int64(1)
    case .atRest: return try row.int64(2) == 0 ? 1 : 0
    }
  }

  /// The epochs of the partitions that this process owns; of all partitions for `nil`.
  private func epochs(of pid: Int32?) async throws -> [Int32: Int64] {
    let rows = try await stage.ask { connection in
      try await connection.query("SELECT partition, epoch, owner_name FROM partition_progress")
    }
    var epochs: [Int32: Int64] = [:]
    for row in rows {
      if let pid, try !row.string(2).hasSuffix("/\(pid)") { continue }
      epochs[try row.int32(0)] = try row.int64(1)
    }
    return epochs
  }
}
