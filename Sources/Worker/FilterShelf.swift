internal import Lane
internal import Logging
internal import SaleStore
internal import Synchronization

/// Filters of closed generations, for all lanes of a worker. They are made one at a time, on a connection of its own,
/// so that PostgreSQL stays the lanes'. A lane never waits for one: it looks its orders up until then.
final class FilterShelf: Sendable {
  private struct State {
    var filters: [SaleGeneration: IDFilter] = [:]
    var wanted: [SaleGeneration] = []
    /// Those that there is no room for.
    var refused: Set<SaleGeneration> = []

    var bytes: Int { filters.values.reduce(0) { $0 + $1.bytes } }
  }

  private let settings: DatabaseSettings
  private let logger: Logger
  private let state = Mutex(State())
  private let wakeUps: AsyncStream<Void>
  private let wakeUp: AsyncStream<Void>.Continuation

  init(settings: DatabaseSettings, logger: Logger) {
    self.settings = settings
    self.logger = logger
    (wakeUps, wakeUp) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// Those of the filters that are there. The others are made, unless there is no room.
  func filters(of generations: [SaleGeneration]) -> [SaleGeneration: IDFilter] {
    let (found, isNew) = state.withLock { state in
      var found: [SaleGeneration: IDFilter] = [:]
      var isNew = false
      for generation in generations {
        if let filter = state.filters[generation] {
          found[generation] = filter
        } else if !state.refused.contains(generation), !state.wanted.contains(generation) {
          state.wanted.append(generation)
          isNew = true
        }
      }
      return (found, isNew)
    }
    if isNew { wakeUp.yield() }
    return found
  }

  /// Makes filters until the task is cancelled.
  func run() async {
    for await _ in wakeUps {
      do {
        try await makeAll()
      } catch {
        logger.notice("no filter could be made; orders are looked up", metadata: ["error": "\(error)"])
        // Lanes ask again.
        try? await Task.sleep(for: Limits.filterRetryPause)
        state.withLock { $0.wanted = [] }
      }
    }
  }

  private func makeAll() async throws {
    let reader = try await FilterReader.connect(settings, logger: logger)
    do {
      while let generation = state.withLock({ $0.wanted.first }), !Task.isCancelled {
        try await make(generation, by: reader)
        state.withLock { $0.wanted.removeAll { $0 == generation } }
      }
      await reader.close()
    } catch {
      await reader.close()
      throw error
    }
  }

  private func make(_ generation: SaleGeneration, by reader: FilterReader) async throws {
    let size = try await reader.size(of: generation)
    guard makeRoom(for: IDFilter.bytes(for: size), of: generation) else {
      return logger.warning(
        "there is no room for a filter: the sale's repeats are looked up, which is slow",
        metadata: ["generation": "\(generation)"])
    }
    let started = ContinuousClock.now
    let filter = try await reader.filter(of: generation, size: size)
    state.withLock { $0.filters[generation] = filter }
    logger.info(
      "a filter of a closed generation is made",
      metadata: ["generation": "\(generation)", "orders": "\(size)", "took": "\(ContinuousClock.now - started)"])
  }

  /// Past the limit, the filters of other sales go: lanes that still need them have them.
  private func makeRoom(for bytes: Int, of generation: SaleGeneration) -> Bool {
    state.withLock { state in
      if state.bytes + bytes > Lane.Limits.filterBytes {
        state.filters = state.filters.filter { $0.key.sale == generation.sale }
        state.refused = state.refused.filter { $0.sale == generation.sale }
      }
      guard state.bytes + bytes > Lane.Limits.filterBytes else { return true }
      state.refused.insert(generation)
      return false
    }
  }
}
