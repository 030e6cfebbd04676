import FlashSale
import Postgres
import SaleStore
import TestSupport
import Testing
import Time

/// What a failed attempt changes in the store, when something else has happened since it began.
@Suite(.timeLimit(.minutes(2)))
struct WebhookFailureTests {
  private static let day: Int64 = 86_400_000_000

  private func with(
    _ body: (RelayBench, WebhookStore, WebhookEndpoint, DeliveryPlan.Waiting) async throws -> Void
  ) async throws {
    try await RelayBench.with(partitions: 1) { bench in
      let added = try await bench.store.addWebhook(WebhookRequest(url: "http://127.0.0.1:9/"), secret: .random())
      let endpoint = try #require(added)
      // Tried for nearly a day, and so is its endpoint.
      _ = try await bench.query(
        """
        INSERT INTO webhook_deliveries (endpoint, kind, order_id, event_id, body, next_at, attempts, first_tried_at)
        VALUES ($1, 1, gen_random_uuid(), '0-1', '{}', now(), 30, now() - interval '23 hours 59 minutes')
        """, endpoint.id)
      _ = try await bench.query("UPDATE webhook_endpoints SET failing_since = now() - interval '23 hours 59 minutes'")
      let store = try await WebhookStore.connect(bench.database.settings, logger: quietLogger)
      let due = try await store.due(endpoint.id, at: Timestamp.now.after(.seconds(60)), limit: 10)
      try await body(bench, store, endpoint, try #require(due.first?.waiting))
      await store.close()
    }
  }

  @Test func `what was switched on or sent again during an attempt is not given up by it`() async throws {
    try await with { bench, store, endpoint, delivery in
      #expect(try await bench.store.switchWebhook(endpoint.id, offBecause: "a test"))
      #expect(try await bench.store.switchWebhook(endpoint.id, offBecause: nil))
      let now = Timestamp.now
      let answer = try await store.failed(delivery, to: endpoint.id, now: now, why: "a test", spread: 1)
      guard case .noted(let failure) = answer else { throw TestSetUpError("\(answer)") }
      #expect(failure.record.attempts == 1 && failure.record.failingSince == now && !failure.switchesOff)
      #expect(failure.next == .tryAgain(now.after(.seconds(5))))
      #expect(try await store.counts().map { [$0.waiting, $0.dead] } == [[1, 0]])
    }
  }

  @Test func `what another relay has delivered meanwhile is no failure of its endpoint`() async throws {
    try await with { bench, store, endpoint, delivery in
      try await store.delivered(delivery.id, to: endpoint.id)
      #expect(try await store.failed(delivery, to: endpoint.id, now: .now, why: "a test", spread: 1) == .settled)
      #expect(try await bench.store.webhook(endpoint.id)?.failingSince == nil)
      #expect(try await bench.store.removeWebhook(endpoint.id))
      #expect(try await store.failed(delivery, to: endpoint.id, now: .now, why: "a test", spread: 1) == .gone)
    }
  }

  @Test func `an endpoint whose last delivery is given up fails no more, until something else fails`() async throws {
    try await with { bench, store, endpoint, delivery in
      let answer = try await store.failed(delivery, to: endpoint.id, now: .now, why: "HTTP 503", spread: 1)
      guard case .noted(let failure) = answer else { throw TestSetUpError("\(answer)") }
      #expect(failure.next == .dead && !failure.switchesOff)
      let left = try #require(try await bench.store.webhook(endpoint.id))
      #expect(left.failingSince == nil && left.disabledAt == nil)
    }
  }

  @Test func `the failure that ends the day gives the delivery up and switches its endpoint off`() async throws {
    try await with { bench, store, endpoint, delivery in
      let later = Timestamp.now.after(.seconds(120))
      let answer = try await store.failed(delivery, to: endpoint.id, now: later, why: "HTTP 503", spread: 1)
      guard case .noted(let failure) = answer else { throw TestSetUpError("\(answer)") }
      #expect(failure.next == .dead && failure.switchesOff && failure.record.attempts == 31)
      #expect(try await store.counts().map { [$0.waiting, $0.dead] } == [[0, 1]])
      let off = try #require(try await bench.store.webhook(endpoint.id))
      #expect(off.disabledAt == later && off.disabledReason == "it failed for a day, at last: HTTP 503")
    }
  }
}
