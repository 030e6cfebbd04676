internal import FlashSale
internal import Logging
internal import SaleStore
internal import Synchronization
internal import Time

/// Broadcasts what the lanes of a worker committed: the newest of everything, one broadcast at a time, on a connection
/// of its own. A lane only leaves a note, so no commit waits for it.
///
/// A signal that cannot be sent is dropped. The next one replaces it, and listeners re-read the store from time to
/// time.
final class SignalSender: Sendable {
  private let topic: String
  private let settings: DatabaseSettings
  private let logger: Logger
  private let thread = StoreThread(label: "signals")
  private let pending = Mutex(Signal())
  private let wakeUps: AsyncStream<Void>
  private let wakeUp: AsyncStream<Void>.Continuation

  init(topic: String, settings: DatabaseSettings, logger: Logger) {
    self.topic = topic
    self.settings = settings
    self.logger = logger
    (wakeUps, wakeUp) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// Notes a commit of one lane, which has just returned.
  func note(_ partition: Partition, next: Offset, stock: [StockKey: StockLevel]) {
    pending.withLock { signal in
      // Under the lock: otherwise an earlier lane's time could replace a later one's.
      signal.committedAt = .now
      signal.progress[partition] = next
      signal.stock.merge(stock) { known, new in new.asOf >= known.asOf ? new : known }
    }
    wakeUp.yield()
  }

  /// Ends `run` once it has sent what is noted.
  func finish() { wakeUp.finish() }

  /// Sends until `finish`, even if its task is cancelled, so that the last commits are sent too.
  func run() async { await Task(executorPreference: thread.taskExecutor) { [self] in await send() }.value }

  private func send() async {
    var broadcast: Broadcast?
    var failures = 0
    for await _ in wakeUps {
      let signal = pending.withLock { signal in
        defer { signal = Signal() }
        return signal
      }
      do {
        let open =
          if let broadcast { broadcast } else {
            try await Broadcast.connect(settings, on: thread, logger: logger)
          }
        broadcast = open
        try await open.send(signal, topic: topic)
        failures = 0
        // If more was noted meanwhile, more will follow, so it is gathered. A single commit is sent at once.
        if pending.withLock({ !$0.progress.isEmpty }) { try? await Task.sleep(for: Limits.signalInterval) }
      } catch {
        await broadcast?.close()
        broadcast = nil
        failures += 1
        logger.warning("a signal could not be sent", metadata: ["error": "\(error)"])
        await Backoff(within: Limits.retryPause).wait(beforeAttempt: failures)
      }
    }
    await broadcast?.close()
  }
}
