internal import FlashSale
internal import HTTPServing
internal import Logging
internal import SaleStore
internal import Vitals

/// What the admin API does with the endpoints of webhooks. Throws `Problem` for what the caller is told.
struct WebhookDesk: Sendable {
  let desk: SaleDesk

  private var store: SaleStore { desk.store }

  func add(_ request: WebhookRequest) async throws -> AdminWebhook {
    let secret = WebhookSecret.random()
    let added = try await desk.asking("add a webhook", changes: "the webhook may be there, now or later") { [store] in
      try await store.addWebhook(request, secret: secret)
    }
    guard let added else { throw Problem.webhooksFull }
    desk.logger.notice("a webhook is added", metadata: ["webhook": "\(added.id)"])
    return AdminWebhook(added, secret: secret)
  }

  func list() async throws -> [AdminWebhook] {
    try await desk.asking("list webhooks") { [store] in try await store.webhooks() }.map { AdminWebhook($0) }
  }

  func show(_ id: WebhookID) async throws -> AdminWebhook { AdminWebhook(try await endpoint(id)) }

  /// Removes it with all that it has not got. The answer is what it was.
  func remove(_ id: WebhookID) async throws -> AdminWebhook {
    let removed = AdminWebhook(try await endpoint(id))
    let wasThere = try await desk.asking("remove", changes: "the webhook may be gone, now or later") { [store] in
      try await store.removeWebhook(id.rawValue)
    }
    guard wasThere else { throw Problem.webhookNotFound(id.rawValue) }
    desk.logger.notice("a webhook is removed", metadata: ["webhook": "\(id.rawValue)"])
    return removed
  }

  /// Gives it another secret; each of before signs too for its day.
  func rotate(_ id: WebhookID) async throws -> AdminWebhook {
    let secret = WebhookSecret.random()
    let answer = try await desk.asking("rotate", changes: "the secret may be another, now or later") { [store] in
      try await store.rotateWebhook(id.rawValue, to: secret)
    }
    switch answer {
    case .rotated: break
    case .unknown: throw Problem.webhookNotFound(id.rawValue)
    case .full: throw Problem.secretsFull(id.rawValue)
    }
    desk.logger.notice("a webhook has another secret", metadata: ["webhook": "\(id.rawValue)"])
    return AdminWebhook(try await endpoint(id), secret: secret)
  }

  func switched(_ id: WebhookID, offBecause reason: String?) async throws -> AdminWebhook {
    let isThere = try await desk.asking("switch", changes: "the webhook may be switched, now or later") { [store] in
      try await store.switchWebhook(id.rawValue, offBecause: reason)
    }
    guard isThere else { throw Problem.webhookNotFound(id.rawValue) }
    desk.logger.notice(
      "a webhook is switched", metadata: ["webhook": "\(id.rawValue)", "on": "\(reason == nil)"])
    return try await show(id)
  }

  /// Tells the endpoint that this is a test. What came of it is the answer; a failure changes nothing.
  func ping(_ id: WebhookID) async throws -> WebhookPing {
    let endpoint = try await endpoint(id)
    let answer = try await Patience.value(atMost: Limits.pingPatience) { [hooks = desk.hooks] in
      try await hooks.pingWebhook(endpoint)
    }
    return answer ?? WebhookPing(isDelivered: false, status: nil, detail: "no answer in time")
  }

  func deadLetters(_ id: WebhookID) async throws -> [AdminDeadLetter] {
    _ = try await endpoint(id)
    return try await desk.asking("list dead letters") { [store] in try await store.deadLetters(of: id.rawValue) }
      .map { AdminDeadLetter($0) }
  }

  /// Has what was given up sent again.
  ///
  /// - Returns: how many there were.
  func resend(_ id: WebhookID, only delivery: Int64?) async throws -> Int {
    _ = try await endpoint(id)
    return try await desk.asking("resend", changes: "dead letters may be sent again, now or later") { [store] in
      try await store.resendDeadLetters(of: id.rawValue, only: delivery)
    }
  }

  private func endpoint(_ id: WebhookID) async throws -> WebhookEndpoint {
    let found = try await desk.asking("show a webhook") { [store] in try await store.webhook(id.rawValue) }
    guard let found else { throw Problem.webhookNotFound(id.rawValue) }
    return found
  }
}

extension Problem {
  fileprivate static let webhooksFull = Problem(
    .webhooksFull, detail: "There are \(SaleStore.webhooksMost) webhooks, and no more can be added. Remove one first.")

  fileprivate static func secretsFull(_ id: Int32) -> Problem {
    Problem(
      .secretsFull,
      detail: """
        \(SaleStore.oldWebhookSecretsMost) secrets of before still sign for webhook \(id), each for a day: rotate when \
        the oldest has ended; nothing was changed.
        """)
  }
}
