public import FlashSale
internal import Kafka
public import Logging
internal import Synchronization

/// Reads the waiting rooms' topic, and keeps what its records make of the rooms.
///
/// (1) What it shows is the topic from its first record up to `reached`, in order. While it reads the topic anew, it
///     goes on showing what it knew.
public final class RoomFollower: Sendable {
  /// A record as it was applied.
  public struct Applied: Sendable {
    public let record: RoomRecord
    public let offset: Offset
    /// The room behind it; `nil` for a record that is about none.
    public let room: Room?
    /// Places whose tokens count no more.
    public let ended: [Offset]
  }

  private struct State {
    var rooms = Rooms()
    var next = Offset(0)
    var waiters: [(offset: Offset, until: ContinuousClock.Instant, told: CheckedContinuation<Bool, Never>)] = []
  }

  private let cluster: ClusterSettings
  private let topic: String
  private let logger: Logger
  private let tuning: ConsumerTuning
  private let state = Mutex(State())
  private let ready = Atomic(false)

  public init(cluster: ClusterSettings, topic: String, tuning: ConsumerTuning = ConsumerTuning(), logger: Logger) {
    self.cluster = cluster
    self.topic = topic
    self.tuning = tuning
    self.logger = logger
  }

  /// Whether it has once come to where the topic ended.
  public var isReady: Bool { ready.load(ordering: .acquiring) }

  /// Lends the rooms. `body` should be short: whoever asks waits for each other.
  public func withRooms<Answer: Sendable>(_ body: (Rooms) -> Answer) -> Answer {
    state.withLock { body($0.rooms) }
  }

  /// Waits until the record at an offset was applied; false if it was not in time.
  public func reached(_ offset: Offset, within patience: Duration) async -> Bool {
    await withCheckedContinuation { told in
      let isThere = state.withLock { state in
        if offset < state.next { return true }
        state.waiters.append((offset, .now + patience, told))
        return false
      }
      if isThere { told.resume(returning: true) }
    }
  }

  /// Tells those who have waited for too long. To be called now and then.
  public func expireWaiters() {
    let now = ContinuousClock.now
    let over = state.withLock { state in
      let over = state.waiters.filter { $0.until <= now }
      if !over.isEmpty { state.waiters.removeAll { $0.until <= now } }
      return over.map(\.told)
    }
    for waiter in over { waiter.resume(returning: false) }
  }

  /// Follows the topic until the task is cancelled, or the log fails for good; then call it again: it reads anew.
  ///
  /// - Parameters:
  ///   - wakeUp: called when everything is applied that has come.
  ///   - note: called with each record, in order, while the rooms are locked.
  public func run(
    _ note: @escaping @Sendable (Applied) -> Void, wakeUp: @escaping @Sendable () -> Void = {}
  ) async throws {
    let consumer = try Consumer(
      cluster: cluster, topic: topic, group: "penstock-waiting-rooms", tuning: tuning, logger: logger)
    do {
      try await follow(consumer, note, wakeUp)
    } catch {
      await consumer.close(deadline: Limits.closePatience)
      throw error
    }
    await consumer.close(deadline: Limits.closePatience)
  }

  private func follow(
    _ consumer: Consumer, _ note: @Sendable (Applied) -> Void, _ wakeUp: @Sendable () -> Void
  ) async throws {
    let (low, high) = try await consumer.watermarks(partition: RoomLog.partition, timeout: Limits.answerPatience)
    if low > Offset(0) {
      logger.warning(
        "the waiting rooms' topic has lost its first records: places of rooms that were open then are not known",
        metadata: ["topic": "\(topic)", "first_offset": "\(low)"])
    }
    let queue = try await consumer.start(RoomLog.partition, at: low)
    var fresh = Rooms()
    var next = low
    var isNew = false
    while true {
      if !isNew, next >= high {
        // From here on, the rooms that are shown are the ones that are changed.
        state.withLock { state in (state.rooms, state.next) = (fresh, next) }
        fresh = Rooms()
        isNew = true
        ready.store(true, ordering: .releasing)
        resume()
        wakeUp()
      }
      guard let batch = try await queue.next(max: Limits.roomBatchRecords) else { return }
      if isNew {
        state.withLock { state in
          apply(batch, to: &state.rooms, note)
          state.next = batch.lastOffset.next
        }
        resume()
        wakeUp()
      } else {
        apply(batch, to: &fresh, note)
      }
      next = batch.lastOffset.next
    }
  }

  private func apply(
    _ batch: RecordBatch, to rooms: inout Rooms, _ note: (Applied) -> Void
  ) {
    batch.forEach { lent in
      guard let record = RoomRecord(decoding: lent.value) else {
        logger.warning("a waiting-room record cannot be read, and is passed over", metadata: ["at": "\(lent.offset)"])
        return
      }
      let ended = rooms.apply(record, at: lent.offset)
      note(Applied(record: record, offset: lent.offset, room: rooms[record.sale], ended: ended))
    }
  }

  /// Tells those who waited for what is there by now.
  private func resume() {
    let there = state.withLock { state in
      let next = state.next
      let there = state.waiters.filter { $0.offset < next }
      if !there.isEmpty { state.waiters.removeAll { $0.offset < next } }
      return there.map(\.told)
    }
    for waiter in there { waiter.resume(returning: true) }
  }
}
