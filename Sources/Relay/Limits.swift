internal import Time

/// The bounds of the relay (I11): each named once, with its unit, what happens there, and why that much.
public enum Limits {
  // Events.

  /// Time between two looks at what there is to publish, while there is nothing. It is most of an event's delay.
  static let lookInterval = Duration.milliseconds(100)

  /// Events of one partition that are read, published and marked as a whole. Past it, the next look goes on.
  static let pageEvents: Int32 = 1_000

  /// How long a relay may show no sign of life before others take what it has. Only for one that is frozen or cut off:
  /// the session of one that has died is gone at once. Above the time that the log may take for a round of events.
  public static let lease = Duration.seconds(15)

  /// Time between two signs of life, while events are published.
  static let signInterval = Duration.seconds(1)

  /// From here on, events that wait are a reason not to be ready (I14).
  static let lagPatience = Duration.seconds(15)

  /// First and longest pause between attempts at something that failed.
  static let retryPause: ClosedRange<Duration> = .milliseconds(100)...(.seconds(5))

  /// How long what is on its way may take when the relay stops.
  static let stopPatience = Duration.seconds(5)

  // Webhooks.

  /// Time between two looks at what is due for an endpoint.
  static let dueInterval = Duration.milliseconds(200)

  /// Time between two looks at which endpoints there are.
  static let endpointInterval = Duration.seconds(1)

  /// Deliveries of an endpoint that are read at once.
  static let duePage: Int32 = 100

  /// Longest that an attempt may take, from the look-up of the host to the end of the answer. Past it, it has failed.
  static let attempt = Duration.seconds(10)

  /// Names of endpoints that are looked up at once. Each has a thread, until its name server has answered or is given
  /// up. Past it, further names cannot be found, and their attempts fail.
  static let lookups = 64

  /// Bytes of an answer that are read. Past it, the connection is closed, and the answer's status counts.
  static let answerBytes = 64 << 10

  /// Connections to endpoints' addresses that are kept apart. Past it, the one that was not used for longest is closed.
  static let pinnedAddresses = 64
}
