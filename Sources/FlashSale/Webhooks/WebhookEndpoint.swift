public import Time

/// Where a shop wants to hear of events, and how.
public struct WebhookEndpoint: Hashable, Sendable {
  public let id: Int32

  /// `http` or `https`, with a host, and without a user or a fragment.
  public let url: String

  /// The kinds of events that it gets; empty: all.
  public let events: Set<OrderEvent.Kind>

  /// The secrets that sign, the newest first: more than one while the shop changes over.
  public let secrets: [WebhookSecret]

  /// The most requests that are on their way to it at once: 1 to `Limits.webhookConcurrency`.
  public let concurrency: Int32

  public let createdAt: Timestamp

  /// The first failure behind the last success.
  public let failingSince: Timestamp?

  /// Since when nothing is sent to it, and why; `nil`: it is on.
  public let disabledAt: Timestamp?
  public let disabledReason: String?

  /// An endpoint as the store has it.
  public init(
    id: Int32, url: String, events: Set<OrderEvent.Kind>, secrets: [WebhookSecret], concurrency: Int32,
    createdAt: Timestamp, failingSince: Timestamp?, disabledAt: Timestamp?, disabledReason: String?
  ) {
    self.id = id
    self.url = url
    self.events = events
    self.secrets = secrets
    self.concurrency = concurrency
    self.createdAt = createdAt
    self.failingSince = failingSince
    self.disabledAt = disabledAt
    self.disabledReason = disabledReason
  }

  /// Whether it gets an event.
  public func wants(_ event: OrderEvent) -> Bool {
    disabledAt == nil && (events.isEmpty || events.contains { event.isOf($0) })
  }
}
