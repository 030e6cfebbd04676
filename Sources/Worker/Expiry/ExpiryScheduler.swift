internal import FlashSale
internal import Lane
internal import Logging
internal import Metrics
internal import OrderLog
internal import SaleStore
internal import Time
internal import Vitals

/// Tells orders in the log that their time is over: holds that were not paid in time, and those that wait in a sale
/// that has ended. For the partitions that this worker has.
///
/// It decides nothing: the lane compares the record's own time, which is the database's clock, with the hold's due. So
/// two schedulers at once do no harm, as after a partition has moved, and nothing ends early. It performs what
/// `ExpirySchedule` says. Each partition's records are waited for by a task of their own.
struct ExpiryScheduler {
  private enum Event: Sendable {
    /// A look may be due.
    case time
    /// What became of the records of a partition.
    case written(Partition, [(order: OrderID, offset: Offset?)])
  }

  private let context: LaneContext
  private let cluster: ClusterSettings
  private let delay = Timer(WorkerMetric.expiryDelay)
  private let events: AsyncStream<Event>
  private let tell: AsyncStream<Event>.Continuation

  private var schedule = ExpirySchedule()
  private var holds: DueHolds?
  private var writer: OrderWriter?
  private var nextEnded = ContinuousClock.now

  init(context: LaneContext, cluster: ClusterSettings) {
    self.context = context
    self.cluster = cluster
    (events, tell) = AsyncStream.makeStream(of: Event.self)
  }

  /// Works until its task is cancelled; waits for PostgreSQL with backoff, and says so by `WorkerStatus` if orders last
  /// too long for that. Once only.
  mutating func run() async {
    var backoff = Backoff(within: Limits.retryPause)
    var nextLook = ContinuousClock.now
    var timer = wake(at: nextLook)
    for await event in events {
      if case .written(let partition, let orders) = event {
        note(orders, in: partition)
        nextLook = min(nextLook, .now + schedule.pauseAfterWrite)
      }
      if nextLook <= .now {
        do {
          nextLook = .now + (try await look())
          backoff.reset()
        } catch {
          if Task.isCancelled { break }
          context.logger.warning(
            "holds that are due cannot be looked for", metadata: ["error": "\(String(reflecting: error))"])
          await holds?.close()
          holds = nil
          nextLook = .now + backoff.next()
        }
      }
      timer.cancel()
      timer = wake(at: nextLook)
    }
    timer.cancel()
    context.board.update { $0.overSince = nil }
    await holds?.close()
    _ = await writer?.shutdown(deadline: Limits.leavePatience)
  }

  private func wake(at time: ContinuousClock.Instant) -> Task<Void, Never> {
    Task { [tell] in
      if (try? await Task.sleep(until: time)) != nil { tell.yield(.time) }
    }
  }

  /// - Returns: the pause until the next look.
  private mutating func look() async throws -> Duration {
    schedule.have(decided, now: .now)
    let (asks, wanted) = (schedule.asks, schedule.wanted)
    guard !asks.isEmpty else {
      if schedule.firstDue == nil { context.board.update { $0.overSince = nil } }
      return schedule.pause(nextDue: nil, now: .now)
    }
    let holds = try await connected()
    let look = try await holds.holds(asks)
    let looked = ContinuousClock.now
    for order in look.orders {
      schedule.saw(ExpirySchedule.Place(due: order.due, order: order.order), in: order.partition, now: .now)
    }
    schedule.looked(for: .holds, most: asks.mapValues(\.most), found: look.counts)
    var (orders, now) = (look.orders, look.now)
    if nextEnded <= .now || schedule.hasMore(.waits) {
      nextEnded = .now + Limits.endedInterval
      let waiting = try await holds.waiting(atMost: wanted)
      schedule.looked(for: .waits, most: wanted, found: waiting.counts)
      orders += waiting.orders
      now = max(now, waiting.now)
    }
    noteLateness(of: orders, at: now)
    try write(orders.filter { schedule.isNew($0.order) }, at: now)
    // It took time, and what was due soon can be due by now.
    return schedule.pause(nextDue: look.nextDue, now: look.now.after(.now - looked))
  }

  private mutating func connected() async throws -> DueHolds {
    if let holds { return holds }
    let opened = try await DueHolds.connect(context.database, logger: context.logger)
    holds = opened
    return opened
  }

  /// How far the partitions of this worker are decided.
  private var decided: [Partition: Offset] {
    context.board.current.partitions.compactMapValues { $0.state == .running ? $0.nextOffset : nil }
  }

  /// The first that was due is among those that were found, or under way and not found again.
  private func noteLateness(of orders: [DueOrder], at now: Timestamp) {
    let first = (orders.map(\.due) + [schedule.firstDue].compactMap(\.self)).min()
    let late = first.map { Duration.microseconds(now.microseconds(since: $0)) }
    context.board.update { $0.overSince = late.map { .now - $0 } }
  }

  /// Begins to write that these are over, by the database's clock.
  private mutating func write(_ orders: [DueOrder], at now: Timestamp) throws {
    guard !orders.isEmpty else { return }
    let open = try writer ?? OrderWriter(cluster: cluster, topic: context.configuration.topic, logger: context.logger)
    writer = open
    for (partition, orders) in Dictionary(grouping: orders, by: \.partition) {
      let records = try orders.map { try OutgoingRecord(endOf: $0, at: now) }
      schedule.begin(orders.map { ($0.order, $0.due) }, in: partition, now: .now)
      Task { [tell, delay] in
        let offsets = await open.write(each: records)
        for (order, offset) in zip(orders, offsets) where offset != nil {
          delay.recordMicroseconds(max(0, now.microseconds(since: order.due)))
        }
        tell.yield(.written(partition, zip(orders, offsets).map { ($0.order, $1) }))
      }
    }
  }

  private mutating func note(_ orders: [(order: OrderID, offset: Offset?)], in partition: Partition) {
    schedule.end(orders, in: partition, now: .now)
    let lost = orders.count { $0.offset == nil }
    if lost > 0 {
      context.logger.warning(
        "the log did not take the end of some holds; they follow",
        metadata: ["holds": "\(lost)", "partition": "\(partition)"])
    }
  }
}

extension DueHolds.Look {
  fileprivate var counts: [Partition: Int] { Dictionary(grouping: orders, by: \.partition).mapValues(\.count) }
}

extension OutgoingRecord {
  fileprivate init(endOf order: DueOrder, at now: Timestamp) throws {
    let command = try OrderCommand(
      order: order.order, stock: order.stock, at: now, action: .expire, by: .scheduler)
    self.init(.order(command), under: Array(order.key.text.utf8), in: order.partition)
  }
}
