internal import FlashSale
internal import Metrics
internal import SaleStore
internal import Synchronization
internal import Vitals

/// How a relay is doing, for health checks and people.
public struct RelayStatus: Sendable {
  /// Why it takes no part; `nil` while it does.
  var notTakingPart: String? = "has not seen the store yet"

  /// Why the log does not take events; `nil` while it does.
  var logTrouble: String?

  /// Since when events of a partition wait and none was published.
  var waitingSince: [Partition: ContinuousClock.Instant] = [:]
  var next: [Partition: Offset] = [:]

  /// What it waits for longer than it should, a clause for each kind (I14).
  var overdue: [String] = []

  /// Endpoints that are switched off, or fail, in a clause for each: for people, and nothing that traffic depends on.
  var webhooks: [Int32: String] = [:]

  /// Creates the status of a relay that has just started.
  init() {}

  /// Whether events go out in time.
  public var isReady: Bool { delays(at: .now).isEmpty }

  /// What is to be known, a clause for each.
  public var reasons: [String] { delays(at: .now) + webhooks.sorted { $0.key < $1.key }.map(\.value) }

  private func delays(at now: ContinuousClock.Instant) -> [String] {
    var reasons: [String] = []
    if let notTakingPart { reasons.append("the relay \(notTakingPart)") }
    reasons += overdue
    let late = waitingSince.filter { now - $0.value > Limits.lagPatience }
    if let longest = late.min(by: { $0.value < $1.value }) {
      let why = logTrouble.map { ": \($0)" } ?? ""
      reasons.append(
        """
        events of \(late.count) partitions wait, of partition \(longest.key) for \
        \((now - longest.value).components.seconds) s\(why)
        """)
    }
    return reasons
  }
}

/// Where the parts of a relay note how they are doing.
final class RelayBoard: Sendable {
  private let status = Mutex(RelayStatus())

  var current: RelayStatus { status.withLock { $0 } }

  func update(_ change: (inout RelayStatus) -> Void) { status.withLock { change(&$0) } }

  /// Takes note of what a look found.
  func saw(_ view: RelayStore.View, at now: ContinuousClock.Instant) {
    status.withLock { status in
      status.notTakingPart = nil
      let mine = Set(view.partitions.map(\.partition))
      for gone in status.next.keys where !mine.contains(gone) {
        status.next[gone] = nil
        status.waitingSince[gone] = nil
        Gauge(RelayMetric.lag, [("partition", "\(gone)")]).record(0)
      }
      for standing in view.partitions {
        let hasMoved = status.next[standing.partition] != standing.next
        if standing.lag == 0 {
          status.waitingSince[standing.partition] = nil
        } else if hasMoved || status.waitingSince[standing.partition] == nil {
          status.waitingSince[standing.partition] = now
        }
        status.next[standing.partition] = standing.next
        Gauge(RelayMetric.lag, [("partition", "\(standing.partition)")]).record(standing.lag)
      }
      Gauge(RelayMetric.partitions).record(view.partitions.count)
    }
  }
}
