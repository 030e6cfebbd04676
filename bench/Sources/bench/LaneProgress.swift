import FlashSale
import SaleStore
import Synchronization
import TestSupport

/// The progress of a shop's lanes, from their signals: the measured path contains no query.
final class LaneProgress: Sendable {
  private let bench: BenchShop
  private let feed: SignalFeed
  private let progress = Mutex<[Partition: Offset]>([:])

  /// Listens, lends itself to `body` once it does, and ends.
  ///
  /// - Parameter onSignal: told of every step, on the task that listens.
  static func following<Answer>(
    _ bench: BenchShop, onSignal: @escaping @Sendable (Signal) -> Void = { _ in },
    _ body: (LaneProgress) async throws -> Answer
  ) async throws -> Answer {
    let lanes = try LaneProgress(bench)
    let (isListening, listens) = AsyncStream.makeStream(of: Void.self)
    let listening = Task {
      for await event in lanes.feed.events {
        switch event {
        case .signal(let signal):
          lanes.take(signal.progress)
          onSignal(signal)
        case .gap:
          // It listens from now on; earlier progress is in the store.
          let stored = (try? await bench.progress()) ?? [:]
          lanes.take(stored)
          onSignal(Signal(progress: stored))
          listens.yield()
        case .catalogChanged: break
        }
      }
    }
    let result: Result<Answer, any Error>
    do {
      for await _ in isListening { break }
      result = .success(try await body(lanes))
    } catch {
      result = .failure(error)
    }
    await lanes.feed.stop()
    await listening.value
    return try result.get()
  }

  /// The first undecided offset of a partition, as far as it was told.
  func next(_ partition: Partition) -> Offset { progress.withLock { $0[partition] ?? Offset(0) } }

  private init(_ bench: BenchShop) throws {
    self.bench = bench
    feed = try SignalFeed(topic: bench.topic, settings: try bench.database.settings, logger: quietLogger)
  }

  private func take(_ news: [Partition: Offset]) {
    progress.withLock { $0.merge(news) { max($0, $1) } }
  }
}
