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
/// `ExpirySchedule` says.
struct ExpiryScheduler: Sendable {
  private let context: LaneContext
  private let cluster: ClusterSettings
  private let delay = Timer(WorkerMetric.expiryDelay)

  init(context: LaneContext, cluster: ClusterSettings) {
    self.context = context
    self.cluster = cluster
  }

  /// Works until its task is cancelled; waits for PostgreSQL with backoff, and says so by `WorkerStatus` if holds last
  /// too long for that.
  func run() async {
    var backoff = Backoff(within: Limits.retryPause)
    var schedule = ExpirySchedule()
    var writer: OrderWriter?
    while !Task.isCancelled {
      do {
        let holds = try await DueHolds.connect(context.database, logger: context.logger)
        backoff = Backoff(within: Limits.retryPause)
        do {
          try await work(holds, &schedule, &writer)
        } catch {
          await holds.close()
          throw error
        }
        await holds.close()
      } catch is CancellationError {
        break
      } catch {
        context.logger.warning(
          "holds that are due cannot be looked for", metadata: ["error": "\(String(reflecting: error))"])
        try? await Task.sleep(for: backoff.next())
      }
    }
    context.board.update { $0.holdOverSince = nil }
    _ = await writer?.shutdown(deadline: Limits.leavePatience)
  }

  private func work(_ holds: DueHolds, _ schedule: inout ExpirySchedule, _ writer: inout OrderWriter?) async throws {
    var nextEnded = ContinuousClock.now
    while !Task.isCancelled {
      schedule.have(decided, now: .now)
      let (asks, wanted) = (schedule.asks, schedule.wanted)
      guard !asks.isEmpty else {
        try await Task.sleep(for: schedule.pause(hasMore: false, nextDue: nil, now: .now))
        continue
      }
      let look = try await holds.holds(asks)
      let looked = ContinuousClock.now
      noteLateness(look, schedule)
      for order in look.orders {
        schedule.saw(ExpirySchedule.Place(due: order.due, order: order.order), in: order.partition, now: .now)
      }
      try await tell(look, areHolds: true, &schedule, &writer)
      if nextEnded <= .now {
        nextEnded = .now + Limits.endedInterval
        try await tell(try await holds.waiting(atMost: wanted), areHolds: false, &schedule, &writer)
      }
      let isFull = Dictionary(grouping: look.orders, by: \.partition).contains { partition, orders in
        orders.count >= asks[partition]?.most ?? 0
      }
      // Telling takes time, and what was due soon can be due by now.
      let now = look.now.after(.now - looked)
      let pause = schedule.pause(hasMore: isFull, nextDue: look.nextDue, now: now)
      if pause > .zero { try await Task.sleep(for: pause) }
    }
  }

  /// How far the partitions of this worker are decided.
  private var decided: [Partition: Offset] {
    context.board.current.partitions.compactMapValues { $0.state == .running ? $0.nextOffset : nil }
  }

  /// The first that was due is among those that were found, or under way and not found again.
  private func noteLateness(_ look: DueHolds.Look, _ schedule: ExpirySchedule) {
    let first = [look.orders.first?.due, schedule.firstDue].compactMap { $0 }.min()
    let late = first.map { Duration.microseconds(look.now.microseconds(since: $0)) }
    context.board.update { $0.holdOverSince = late.map { .now - $0 } }
  }

  private func tell(
    _ look: DueHolds.Look, areHolds: Bool, _ schedule: inout ExpirySchedule, _ writer: inout OrderWriter?
  ) async throws {
    let orders = look.orders.filter { schedule.isNew($0.order) }
    guard !orders.isEmpty else { return }
    let open = try writer ?? OrderWriter(cluster: cluster, topic: context.configuration.topic, logger: context.logger)
    writer = open
    let offsets = await open.write(each: try orders.map { try OutgoingRecord(endOf: $0, at: look.now) })
    let now = Timestamp.now
    for (order, offset) in zip(orders, offsets) {
      schedule.told(order.order, due: areHolds ? order.due : nil, in: order.partition, at: offset, now: now)
      if offset != nil { delay.recordMicroseconds(max(0, look.now.microseconds(since: order.due))) }
    }
    let lost = offsets.count { $0 == nil }
    if lost > 0 {
      context.logger.warning("the log did not take the end of some holds; they follow", metadata: ["holds": "\(lost)"])
    }
  }
}

extension OutgoingRecord {
  fileprivate init(endOf order: DueOrder, at now: Timestamp) throws {
    let command = try OrderCommand(
      order: order.order, stock: order.stock, at: now, action: .expire, by: .scheduler)
    self.init(.order(command), under: Array(order.key.text.utf8), in: order.partition)
  }
}
