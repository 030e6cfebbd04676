internal import FlashSale
internal import Logging
internal import Metrics
internal import SaleStore
internal import Time
internal import Vitals

/// Sends to one endpoint what is due, as much at once as it takes.
struct EndpointRun: Sendable {
  let endpoint: Int32
  let store: WebhookStore
  let client: WebhookClient
  let now: @Sendable () -> Timestamp
  let logger: Logger

  private enum Event: Sendable {
    case tick
    case ended(WebhookStore.Delivery, WebhookAnswer)
  }

  /// Works until the endpoint is off or gone, or the task is cancelled. Throws when the store fails.
  func run() async throws {
    try await withThrowingTaskGroup(of: Event.self) { group in
      defer { group.cancelAll() }
      var plan = DeliveryPlan()
      guard var settings = try await store.endpoint(endpoint) else { return }
      var readAt = ContinuousClock.now
      group.addTask { try await Self.tick() }
      while let event = try await group.next() {
        switch event {
        case .ended(let delivery, let answer):
          if try await note(answer, of: delivery) { return }
          plan.ended(delivery.waiting.order)
        case .tick:
          group.addTask { try await Self.tick() }
        }
        if .now - readAt > Limits.endpointInterval {
          guard let read = try await store.endpoint(endpoint) else { return }
          (settings, readAt) = (read, .now)
        }
        guard settings.disabledAt == nil else { return }
        for delivery in try await due(&plan, atOnce: settings.concurrency) {
          let settings = settings
          group.addTask {
            let answer = await client.send(
              delivery.body, event: delivery.event, delivery: "\(delivery.waiting.id)", to: settings, at: now())
            // Not a failure of the endpoint's.
            try Task.checkCancellation()
            return .ended(delivery, answer)
          }
        }
      }
    }
  }

  private func due(_ plan: inout DeliveryPlan, atOnce limit: Int32) async throws -> [WebhookStore.Delivery] {
    guard plan.count < Int(limit) else { return [] }
    let now = now()
    // Those on their way are due as well.
    let due = try await store.due(endpoint, at: now, limit: Limits.duePage + limit)
    let taken = plan.take(due.map(\.waiting), now: now, atOnce: limit)
    return due.filter { taken.contains($0.waiting.id) }
  }

  private static func tick() async throws -> Event {
    try await Task.sleep(for: Limits.dueInterval)
    return .tick
  }

  /// Notes what came of an attempt.
  ///
  /// - Returns: whether the endpoint is switched off by it, or gone.
  private func note(_ answer: WebhookAnswer, of delivery: WebhookStore.Delivery) async throws -> Bool {
    let dimensions = [("endpoint", "\(endpoint)")]
    guard !answer.isDelivered else {
      try await store.delivered(delivery.waiting.id, to: endpoint)
      Counter(RelayMetric.delivered, dimensions).increment()
      return false
    }
    Counter(RelayMetric.failed, dimensions).increment()
    let noted = try await store.failed(
      delivery.waiting, to: endpoint, now: now(), why: answer.words, spread: .random(in: 0...1))
    guard case .noted(let failure) = noted else { return noted == .gone }
    if failure.next == .dead {
      Counter(RelayMetric.died, dimensions).increment()
      logger.warning(
        "a webhook was given up; it can be sent again",
        metadata: ["endpoint": "\(endpoint)", "event": "\(delivery.event)", "error": "\(answer.words)"])
    }
    guard failure.switchesOff, let since = failure.record.failingSince else { return false }
    logger.error(
      "a webhook's endpoint failed for a day and is switched off",
      metadata: ["endpoint": "\(endpoint)", "since": "\(since)", "error": "\(answer.words)"])
    return true
  }
}
