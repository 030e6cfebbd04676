public import Time

/// What a relay works on, and as whom.
public struct RelayConfiguration: Sendable {
  /// The topics of orders and of events. The latter has as many partitions as the former.
  public var orders: String
  public var events: String

  /// Host and process, for people.
  public var name: String

  /// How long a relay may show no sign of life before others take what it has. The same for all.
  public var lease = Limits.lease

  /// Networks that are not public, to which webhooks may go all the same.
  public var networks: [NetworkBlock] = []

  /// Finds all addresses of an endpoint's host, as text: by the machine's own resolver. It may block.
  public var resolve: @Sendable (String) throws -> [String] = { try NameLookups.resolve($0) }

  /// Makes the topic of events, if it is not there; tried again until it does not throw.
  public var makeTopic: @Sendable () async throws -> Void = {}

  /// What webhooks take for the time of day.
  public var now: @Sendable () -> Timestamp = { .now }

  /// Creates a configuration; the rest starts from `Limits`.
  public init(orders: String, events: String, name: String) {
    self.orders = orders
    self.events = events
    self.name = name
  }
}
