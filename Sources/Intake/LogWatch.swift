internal import FlashSale
internal import Logging
internal import Metrics
internal import OrderLog
internal import Synchronization
internal import Vitals

/// Watches whether the log takes orders: what became of those that came, and which partitions have a leader. Where it
/// does not, the standing says so, and further orders are refused at once.
///
/// It takes nothing from the hot path: it looks at what the standings count anyway.
final class LogWatch: Sendable {
  private struct State {
    var meters: [TakingMeter]
    /// Of all partitions together.
    var total: TakingMeter
    /// As of `answeredAt`.
    var leaders: Set<Partition>?
    var answeredAt: ContinuousClock.Instant
  }

  private let standings: [PartitionStanding]
  private let reader: OrderReader
  private let logger: Logger
  private let state: Mutex<State>
  private let partitions = Gauge(IntakeMetric.partitions)
  private let partitionsTaking = Gauge(IntakeMetric.partitionsTaking)

  /// A watch over a log that has just answered.
  ///
  /// - Parameter waits: where the wait for acknowledgements is noted.
  init(_ standings: [PartitionStanding], reader: OrderReader, waits: Waits, logger: Logger) {
    self.standings = standings
    self.reader = reader
    self.logger = logger
    let now = ContinuousClock.now
    let meters = standings.map { TakingMeter(.init($0), now: now) }
    state = Mutex(State(meters: meters, total: TakingMeter(.init(standings), now: now), answeredAt: now))
    waits.add { [weak self] in
      guard let since = self?.state.withLock({ $0.total.failingSince }) else { return [] }
      return [Waits.Wait(.delivery, who: "orders", since: since)]
    }
  }

  /// Watches until the task is cancelled.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.repeating(every: Limits.takingLook) { self.look() } }
      group.addTask { await self.repeating(every: Limits.leaderLook) { await self.askForLeaders() } }
    }
  }

  private func repeating(every pause: Duration, _ step: () async -> Void) async {
    while !Task.isCancelled {
      await step()
      try? await Task.sleep(for: pause)
    }
  }

  private func look() {
    let now = ContinuousClock.now
    state.withLock { state in
      for (index, standing) in standings.enumerated() {
        state.meters[index].observe(.init(standing), now: now)
        standing.isStalled = Self.isStalled(
          standing, failingSince: state.meters[index].failingSince,
          hasLeader: state.leaders?.contains(Partition(Int32(index))) ?? true, now: now)
      }
      state.total.observe(.init(standings), now: now)
    }
    partitions.record(standings.count)
    partitionsTaking.record(taking.taking)
  }

  /// Whether orders would only wait for the log: they do since long enough, or no broker leads their partition. A look
  /// at the leaders can be old, so an acknowledgement goes before it. Orders that only the backlog's limit refuses
  /// don't wait: none of them is in flight.
  private static func isStalled(
    _ standing: PartitionStanding, failingSince: ContinuousClock.Instant?, hasLeader: Bool,
    now: ContinuousClock.Instant
  ) -> Bool {
    guard let failingSince, standing.isStalled || standing.inFlightRecords > 0 else { return false }
    return !hasLeader || now - failingSince >= Limits.stallPatience
  }

  private func askForLeaders() async {
    do throws(KafkaError) {
      let leaders = try await reader.partitionsWithLeader(timeout: Limits.leaderDeadline)
      state.withLock { ($0.leaders, $0.answeredAt) = (leaders, .now) }
    } catch {
      logger.debug("the log does not tell its leaders", metadata: ["error": "\(error.debugDescription)"])
    }
  }

  /// Which partitions take orders now. What was acknowledged since the last look counts.
  var taking: Taking {
    let now = ContinuousClock.now
    func seconds(_ meter: TakingMeter, _ look: TakingMeter.Look) -> Int64? {
      var meter = meter
      meter.observe(look, now: now)
      guard let since = meter.failingSince, now - since >= Limits.acknowledgementPatience else { return nil }
      return (now - since).components.seconds
    }
    let (meters, total, leaders, answeredAt) = state.withLock { ($0.meters, $0.total, $0.leaders, $0.answeredAt) }
    var taking = Taking(partitions: standings.count)
    for (index, standing) in standings.enumerated() {
      let partition = Partition(Int32(index))
      if standing.isHalted {
        taking.obstacles[partition] = .halted
      } else if let leaders, !leaders.contains(partition) {
        taking.obstacles[partition] = .noLeader
      } else if let failing = seconds(meters[index], .init(standing)) {
        taking.obstacles[partition] = .unacknowledged(failing)
      }
    }
    taking.drought = seconds(total, .init(standings))
    if now - answeredAt >= Limits.logSilence { taking.silence = (now - answeredAt).components.seconds }
    return taking
  }
}
