public import Time

/// Decides what becomes of a delivery that failed, and of an endpoint that fails. Reads no clock, and draws no lots.
///
/// (1) A delivery is tried again until a day after its first failure, with growing pauses, and is a dead letter then.
/// (2) An endpoint is switched off by a failure that comes a day or more after its first one, with no success between,
///     and with something to try all the time: it cannot fail while it is asked for nothing.
/// (3) A failure counts from the end of its attempt: a process that was asleep meanwhile has not tried for as long.
public enum DeliveryRules {
  /// What becomes of a delivery.
  public enum Next: Hashable, Sendable {
    case tryAgain(Timestamp)
    /// It is given up; a person can send it again.
    case dead
  }

  /// What is known of a delivery and its endpoint.
  public struct Record: Hashable, Sendable {
    /// Attempts that have failed, and when the first of them ended.
    public internal(set) var attempts: Int32
    public internal(set) var firstTriedAt: Timestamp?

    /// The endpoint's first failure behind its last success.
    public internal(set) var failingSince: Timestamp?

    /// Whether the endpoint has no other delivery that will be tried.
    public let isOnly: Bool

    /// As the store has it.
    public init(attempts: Int32, firstTriedAt: Timestamp?, failingSince: Timestamp?, isOnly: Bool) {
      (self.attempts, self.firstTriedAt, self.failingSince) = (attempts, firstTriedAt, failingSince)
      self.isOnly = isOnly
    }
  }

  /// What one more failure changes.
  public struct Failure: Hashable, Sendable {
    public let record: Record
    public let next: Next

    /// Whether the endpoint is switched off by it.
    public let switchesOff: Bool
  }

  /// What comes of a failure.
  ///
  /// - Parameters:
  ///   - record: as it is when the attempt has ended. What was read before the attempt may be out of date: somebody may
  ///     have switched the endpoint on, or had the delivery sent again.
  ///   - now: when it ended.
  ///   - spread: as for `next`.
  public static func failed(_ record: Record, now: Timestamp, spread: Double) -> Failure {
    let (first, since) = (record.firstTriedAt ?? now, record.failingSince ?? now)
    var after = record
    (after.attempts, after.firstTriedAt, after.failingSince) = (record.attempts + 1, first, since)
    let next = next(after: after.attempts, first: first, now: now, spread: spread)
    let switchesOff = isToBeSwitchedOff(failingSince: since, now: now)
    if next == .dead, record.isOnly, !switchesOff { after.failingSince = nil }
    return Failure(record: after, next: next, switchesOff: switchesOff)
  }

  /// - Parameters:
  ///   - attempts: how many have failed, this one included.
  ///   - first: when the first of them ended.
  ///   - now: when the last one ended.
  ///   - spread: where in its range the pause is, 0 to 1, so that those who failed together do not come back together.
  static func next(after attempts: Int32, first: Timestamp, now: Timestamp, spread: Double) -> Next {
    let pause = Backoff(within: Limits.webhookPause).pause(beforeAttempt: Int(attempts))
    let at = now.after(pause * (0.5 + 0.5 * min(max(spread, 0), 1)))
    return at < first.after(Limits.webhookPatience) ? .tryAgain(at) : .dead
  }

  /// Whether an endpoint is to be switched off after one more failure.
  static func isToBeSwitchedOff(failingSince: Timestamp, now: Timestamp) -> Bool {
    now >= failingSince.after(Limits.webhookPatience)
  }
}

/// Decides which deliveries of an endpoint go out.
///
/// (1) Of each order at most one is on its way, and it is the earliest that is not done: what comes later of the order
///     is held back. Other orders are not.
/// (2) No more are on their way than the endpoint takes at once.
public struct DeliveryPlan: Sendable {
  /// A delivery that is not done.
  public struct Waiting: Sendable {
    public let id: Int64
    public let order: OrderID

    /// When it may be tried.
    public let nextAt: Timestamp

    /// Creates one.
    public init(id: Int64, order: OrderID, nextAt: Timestamp) {
      self.id = id
      self.order = order
      self.nextAt = nextAt
    }
  }

  private var underway: [OrderID: Int64] = [:]

  /// Nothing is on its way.
  public init() {}

  /// How many are on their way.
  public var count: Int { underway.count }

  /// Takes those that go out now, of some that wait; they are on their way from here on.
  ///
  /// - Parameter waiting: those of one order in the order of their ids. If one is here, whatever comes before it of its
  ///   order is here, or on its way.
  /// - Returns: their ids.
  public mutating func take(_ waiting: [Waiting], now: Timestamp, atOnce limit: Int32) -> Set<Int64> {
    var taken: Set<Int64> = []
    var met: Set<OrderID> = []
    for delivery in waiting {
      guard underway.count < Int(limit) else { break }
      // Whatever the earliest one does, the later ones wait for it.
      guard met.insert(delivery.order).inserted, underway[delivery.order] == nil, delivery.nextAt <= now else {
        continue
      }
      underway[delivery.order] = delivery.id
      taken.insert(delivery.id)
    }
    return taken
  }

  /// An attempt of the order ended, and what came of it is stored.
  public mutating func ended(_ order: OrderID) { underway[order] = nil }
}
