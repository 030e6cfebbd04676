internal import FlashSale
internal import Logging
internal import Metrics
internal import SaleStore
internal import Time
internal import Vitals

/// Sends what endpoints are to hear of: for each of them, by itself, so that one that hangs keeps no other.
///
/// (1) One relay at a time does this (`RelayStore.View.sendsWebhooks`). Two at once, for a moment, send something twice
///     and lose nothing.
/// (2) What is on its way is noted as taken, or as failed, before the next of its order goes out (`DeliveryPlan`).
struct WebhookDispatcher: Sendable {
  let database: DatabaseSettings
  let configuration: RelayConfiguration
  let board: RelayBoard
  let logger: Logger

  /// Works until the task is cancelled.
  func run() async {
    var backoff = Backoff(within: Limits.retryPause)
    while !Task.isCancelled {
      do {
        let store = try await WebhookStore.connect(database, logger: logger)
        let client = WebhookClient(networks: configuration.networks, resolve: configuration.resolve)
        do {
          try await serve(store, client) { backoff.reset() }
        } catch {
          await client.close()
          await store.close()
          throw error
        }
      } catch {
        if Task.isCancelled { return }
        logger.warning("webhooks are not sent; it begins again", metadata: ["error": "\(error)"])
        try? await Task.sleep(for: backoff.next())
      }
    }
  }

  /// Starts a task for each endpoint that is on, and ends those of others.
  private func serve(_ store: WebhookStore, _ client: WebhookClient, works: () -> Void) async throws {
    try await withThrowingTaskGroup(of: Int32?.self) { group in
      defer { group.cancelAll() }
      var served: Set<Int32> = []
      var told: Set<Int32> = []
      group.addTask { try await Self.pause() }
      while let ended = try await group.next() {
        if let ended {
          served.remove(ended)
          continue
        }
        try await forget(store)
        let endpoints = try await store.endpoints()
        try await tell(of: endpoints, after: &told, store)
        for endpoint in endpoints where endpoint.disabledAt == nil && served.insert(endpoint.id).inserted {
          let run = EndpointRun(
            endpoint: endpoint.id, store: store, client: client, now: configuration.now, logger: logger)
          group.addTask {
            try await run.run()
            return endpoint.id
          }
        }
        works()
        group.addTask { try await Self.pause() }
      }
    }
  }

  /// Has dead letters go that are old.
  private func forget(_ store: WebhookStore) async throws {
    let forgotten = try await store.forgetDeadLetters(at: configuration.now())
    guard forgotten > 0 else { return }
    logger.notice("old dead letters are deleted", metadata: ["webhooks": "\(forgotten)"])
  }

  private static func pause() async throws -> Int32? {
    try await Task.sleep(for: Limits.endpointInterval)
    return nil
  }

  /// Notes how endpoints are, for metrics and readiness.
  ///
  /// - Parameter told: those that were noted; what is gone has nothing that waits, and is not off.
  private func tell(of endpoints: [WebhookEndpoint], after told: inout Set<Int32>, _ store: WebhookStore) async throws {
    let counts = try await store.counts()
    let off = Set(endpoints.filter { $0.disabledAt != nil }.map(\.id))
    for id in told.union(endpoints.map(\.id)) {
      let dimensions = [("endpoint", "\(id)")]
      let count = counts.first { $0.endpoint == id }
      Gauge(RelayMetric.waiting, dimensions).record(count?.waiting ?? 0)
      Gauge(RelayMetric.dead, dimensions).record(count?.dead ?? 0)
      Gauge(RelayMetric.switchedOff, dimensions).record(off.contains(id) ? 1 : 0)
    }
    told = Set(endpoints.map(\.id))
    board.update { status in
      status.webhooks = Dictionary(
        uniqueKeysWithValues: endpoints.compactMap { endpoint in
          if let reason = endpoint.disabledReason {
            return (endpoint.id, "webhook \(endpoint.id) is switched off: \(reason)")
          }
          return endpoint.failingSince.map { (endpoint.id, "webhook \(endpoint.id) fails since \($0)") }
        })
    }
  }
}
