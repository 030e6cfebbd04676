internal import FlashSale
internal import SaleStore
internal import Time

/// An endpoint in the admin API. Its secret is shown once, when it is made.
struct AdminWebhook: Encodable {
  let id: Int32
  let url: String
  let events: [String]
  let concurrency: Int32
  let enabled: Bool
  let createdAt: Timestamp
  @Nullable var failingSince: Timestamp?
  @Nullable var disabledAt: Timestamp?
  @Nullable var disabledReason: String?

  /// There only where it is new.
  let secret: String?

  init(_ endpoint: WebhookEndpoint, secret: WebhookSecret? = nil) {
    id = endpoint.id
    url = endpoint.url
    events = endpoint.events.map(\.code).sorted()
    concurrency = endpoint.concurrency
    enabled = endpoint.disabledAt == nil
    createdAt = endpoint.createdAt
    failingSince = endpoint.failingSince
    disabledAt = endpoint.disabledAt
    disabledReason = endpoint.disabledReason
    self.secret = secret?.text
  }

  private enum CodingKeys: String, CodingKey {
    case id, url, events, concurrency, enabled, secret
    case createdAt = "created_at"
    case failingSince = "failing_since"
    case disabledAt = "disabled_at"
    case disabledReason = "disabled_reason"
  }
}

/// A delivery that was given up.
struct AdminDeadLetter: Encodable {
  /// As text: a script may not have whole numbers of 64 bits.
  let delivery: String
  let event: String
  @Nullable var type: String?
  let order: OrderID
  let attempts: Int32
  let deadAt: Timestamp
  @Nullable var error: String?

  init(_ letter: DeadLetter) {
    delivery = "\(letter.id)"
    event = letter.event
    type = letter.kind?.code
    order = letter.order
    attempts = letter.attempts
    deadAt = letter.deadAt
    error = letter.lastError
  }

  private enum CodingKeys: String, CodingKey {
    case delivery, event, type, attempts, error
    case order = "order_id"
    case deadAt = "dead_at"
  }
}
