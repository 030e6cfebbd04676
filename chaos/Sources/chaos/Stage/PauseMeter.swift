import Foundation
import Kafka
import Postgres
import Synchronization
import Time

/// Watches how each partition gets on, as the store shows it, and measures the pauses between its commits.
final class PauseMeter: Sendable {
  /// From one commit of a partition to its next.
  struct Pause: Sendable {
    let partition: Partition
    let length: Duration
    /// Another worker made the second commit than the first.
    let isMove: Bool
  }

  /// One look after another; a pause is measured to about two of them.
  private let interval: Duration

  private struct Known {
    var next: Int64
    var owner: Int64?
    var changed: ContinuousClock.Instant
  }

  private struct State {
    var known: [Partition: Known] = [:]
    var pauses: [Pause] = []
  }

  private let state = Mutex(State())
  /// The moments at which each partition's progress was seen to move.
  let decided = Pulse()

  private init(_ stage: Stage) {
    // Brokers on the same cores need them more.
    interval = .milliseconds(stage.cluster == nil ? 3 : 10)
  }

  /// Watches while `body` runs. While the database is away, nothing is seen.
  static func watching<Answer: Sendable>(
    _ stage: Stage, _ body: (PauseMeter) async throws -> Answer
  ) async throws -> Answer {
    if let meter = stage.meter { return try await body(meter) }
    let meter = PauseMeter(stage)
    // A thread of its own: on the pool, which the row's own questions keep busy, a look came up to 1.6 s late, and that
    // was taken for a pause of all partitions.
    let executor = ConnectionExecutor(label: "pause meter")
    let watch = Task(executorPreference: executor) {
      while !Task.isCancelled {
        // A new connection whenever the old one is lost.
        _ = try? await stage.ask(on: executor) { try await meter.watch($0) }
        try? await Task.sleep(for: meter.interval)
      }
    }
    do {
      let answer = try await body(meter)
      watch.cancel()
      await watch.value
      return answer
    } catch {
      watch.cancel()
      await watch.value
      throw error
    }
  }

  private func watch(_ connection: Connection) async throws {
    while !Task.isCancelled {
      let rows = try await connection.query("SELECT partition, next_offset, owner_id FROM partition_progress")
      let now = ContinuousClock.now
      for row in rows { see(Partition(try row.int32(0)), try row.int64(1), try row.optional(2), at: now) }
      try? await Task.sleep(for: interval)
    }
  }

  private func see(_ partition: Partition, _ next: Int64, _ owner: Int64?, at now: ContinuousClock.Instant) {
    state.withLock { state in
      guard let known = state.known[partition] else {
        state.known[partition] = Known(next: next, owner: owner, changed: now)
        return
      }
      guard next != known.next else { return }
      decided.beat(partition, at: now)
      // A commit that was followed by a hand-over within one look counts as its owner's.
      let isMove = owner != nil && owner != known.owner
      state.pauses.append(Pause(partition: partition, length: now - known.changed, isMove: isMove))
      state.known[partition] = Known(next: next, owner: owner ?? known.owner, changed: now)
    }
  }

  /// The pauses that have ended since the last call.
  func take() -> [Pause] {
    state.withLock { state in
      defer { state.pauses = [] }
      return state.pauses
    }
  }

  /// Who has made the last commit of each partition that was seen.
  var owners: [Partition: Int64] { state.withLock { $0.known.compactMapValues(\.owner) } }
}

extension [PauseMeter.Pause] {
  /// The pause that this share of them does not exceed; zero if there is none.
  func quantile(_ share: Double) -> Duration {
    map(\.length).quantile(share)
  }

  /// For a remark.
  var words: String {
    "\(count) pauses, median \(quantile(0.5).asMilliseconds), p99 \(quantile(0.99).asMilliseconds)"
  }
}

extension Duration {
  /// For a remark.
  var asMilliseconds: String { String(format: "%.0f ms", inMilliseconds) }
}
