internal import FlashSale
internal import Lane
internal import Logging
internal import SaleStore
internal import Synchronization
internal import Time

/// Shows the store that this worker is alive, and looks who has what, on a connection and a thread of its own.
final class LeaseWatch: Sendable {
  enum Event: Sendable {
    case saw(LeaseView)
    /// A worker is ready to go on with a partition.
    case isReady(WorkerID, Partition)
    /// The session with the store was lost; why.
    case lostTouch(String)
  }

  private let settings: DatabaseSettings
  private let seat: LeaseStore.Seat
  private let tell: @Sendable (Event) -> Void
  private let logger: Logger
  private let thread = StoreThread(label: "leases")
  private let wakeUps: AsyncStream<Void>
  private let wakeUp: AsyncStream<Void>.Continuation
  private let isLeaving = Atomic(false)

  init(
    _ settings: DatabaseSettings, as seat: LeaseStore.Seat, logger: Logger, tell: @escaping @Sendable (Event) -> Void
  ) {
    self.settings = settings
    self.seat = seat
    self.tell = tell
    self.logger = logger
    (wakeUps, wakeUp) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// Says that this worker wants no partition any more. The others get ready for those that it has.
  func leave() {
    isLeaving.store(true, ordering: .releasing)
    wakeUp.yield()
  }

  /// Ends `run` soon. The others are told that this worker is gone.
  func finish() { wakeUp.finish() }

  /// Watches until `finish`, even if its task is cancelled: what has to be given up is given up in good order.
  func run() async {
    let isOver = Task(executorPreference: thread.taskExecutor) { await self.watch() }
    let feed: LeaseFeed
    do {
      feed = try LeaseFeed(topic: seat.topic, settings: settings, logger: logger)
    } catch {
      // Only without file descriptors. The looks by the clock are enough, if later.
      logger.error("leases are watched by the clock only", metadata: ["error": "\(error)"])
      return await isOver.value
    }
    let forwarding = Task { [wakeUp, tell, signals = feed.signals] in
      for await signal in signals {
        switch signal {
        case .changed: wakeUp.yield()
        case .ready(let partition, let worker): tell(.isReady(worker, partition))
        }
      }
    }
    await isOver.value
    await feed.stop()
    await forwarding.value
  }

  private func watch() async {
    let clock = Task { [wakeUp] in
      while (try? await Task.sleep(for: Limits.lookInterval)) != nil { wakeUp.yield() }
    }
    defer { clock.cancel() }
    var attempt = 0
    while true {
      var opened: LeaseStore?
      do {
        let store = try await LeaseStore.connect(settings, as: seat, on: thread, logger: logger)
        opened = store
        attempt = 0
        try await look(through: store)
        try await store.leave()
        return await store.close()
      } catch {
        await opened?.close()
        attempt += 1
        // A connection begins the count anew, so this is once for each that was lost.
        if attempt == 1 { tell(.lostTouch("\(error)")) }
        logger.log(
          level: attempt == 1 ? .warning : .debug, "the store was lost: partitions stay with whom they are",
          metadata: ["attempt": "\(attempt)", "error": "\(String(reflecting: error))"])
        await Backoff(within: Limits.leaseReconnectPause).wait(beforeAttempt: attempt)
        if await isFinished() { return }
      }
    }
  }

  /// Looks when it is woken, until it is finished.
  private func look(through store: LeaseStore) async throws {
    // The first look of a session takes long. The others do not give anything up before this worker can see it.
    _ = try await store.look()
    try await store.join()
    var shown = ContinuousClock.now
    var hasSaidSo = false
    tell(.saw(try await store.look()))
    for await _ in wakeUps {
      if isLeaving.load(ordering: .acquiring), !hasSaidSo {
        try await store.drain()
        hasSaidSo = true
      }
      if .now - shown >= Limits.lifeInterval {
        try await store.showLife()
        shown = .now
      }
      tell(.saw(try await store.look()))
      // Wake-ups that come close together are one.
      try? await Task.sleep(for: Limits.lookPause)
    }
  }

  /// Waits for the next wake-up; whether there was none because it is finished.
  private func isFinished() async -> Bool {
    for await _ in wakeUps { return false }
    return true
  }
}
