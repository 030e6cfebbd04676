internal import FlashSale
internal import Metrics
internal import Synchronization
internal import Vitals

/// How the waiting rooms are doing, as a worker sees it that looks after them, or looks whether it may (I14).
final class RoomBoard: Sendable {
  private struct State {
    /// When they were last looked after, or another worker was seen to; `nil` while no sale has a room.
    var lookedAt: ContinuousClock.Instant?
    /// Sales whose lottery waits for its beacon, since this moment.
    var beacons: [SaleNumber: ContinuousClock.Instant] = [:]
    var gauges: [SaleNumber: Gauge] = [:]
  }

  private let state = Mutex(State())
  private let admitted = Counter(WorkerMetric.roomAdmitted)

  /// The rooms were found to be in somebody's care.
  ///
  /// - Parameter areAny: whether any sale has a room.
  func looked(areAny: Bool) { state.withLock { $0.lookedAt = areAny ? .now : nil } }

  /// This worker has decided for its rooms.
  ///
  /// - Parameters:
  ///   - waiting: how many wait in each room.
  ///   - beacons: sales whose lottery lacks its beacon, and for how long it could be known.
  func decided(waiting: [SaleNumber: Int], admitted: Int, beacons: [SaleNumber: Duration]) {
    let now = ContinuousClock.now
    state.withLock { state in
      state.lookedAt = now
      state.beacons = beacons.mapValues { now - $0 }
      for (sale, count) in waiting {
        let gauge = state.gauges[sale] ?? Gauge(WorkerMetric.roomWaiting, [("sale", "\(sale)")])
        state.gauges[sale] = gauge
        gauge.record(count)
      }
      // A sale that is over keeps no number of who waits.
      for sale in state.gauges.keys where waiting[sale] == nil {
        state.gauges[sale]?.record(0)
        state.gauges[sale] = nil
      }
    }
    if admitted > 0 { self.admitted.increment(by: admitted) }
  }

  /// This worker does not own the rooms any more.
  func gaveUp() {
    state.withLock { state in
      state.beacons = [:]
      for gauge in state.gauges.values { gauge.record(0) }
      state.gauges = [:]
    }
  }

  /// What buyers in waiting rooms wait for, besides their turn.
  var waits: [Waits.Wait] {
    state.withLock { state in
      let care = state.lookedAt.map { Waits.Wait(.admission, who: "nobody looks after the rooms", since: $0) }
      let beacons = state.beacons.map { Waits.Wait(.admission, who: "the beacon of sale \($0)", since: $1) }
      return [care].compactMap { $0 } + beacons
    }
  }
}
