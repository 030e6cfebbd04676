/// A rate limit as GCRA keeps it, the generic cell rate algorithm (ITU-T I.371, annex A, "virtual scheduling"): all
/// that it has to remember of somebody is one instant, when what they have had so far will be paid for.
///
/// (1) Whoever rests for the limit's whole time may send all its requests at once, and not one more.
/// (2) A request that is refused costs nothing: trying does not make the wait longer.
/// (3) Instants are ticks of 10 µs. An interval that is no whole number of them is rounded up, so the steady rate can
///     be below the limit, by less than 1 % up to 1,000 requests a second, and is never above it.
public struct RatePace: Hashable, Sendable {
  /// Ticks in a second.
  @inlinable public static var ticksPerSecond: Int64 { 100_000 }

  /// Ticks that one request costs.
  public let interval: Int64

  /// Ticks by which what is due may lie ahead when a request is taken.
  public let tolerance: Int64

  public let limit: RateLimit

  /// What becomes of a request.
  public enum Answer: Equatable, Sendable {
    /// It is taken; what is due from now on.
    case taken(due: Int64)
    /// It is one too many for so many more ticks.
    case refused(wait: Int64)
  }

  /// The pace of a limit.
  public init(_ limit: RateLimit) {
    self.limit = limit
    let window = Int64(limit.perSeconds) * Self.ticksPerSecond
    interval = (window + Int64(limit.requests) - 1) / Int64(limit.requests)
    tolerance = interval * Int64(limit.requests - 1)
  }

  /// The farthest that what is due can lie ahead.
  @inlinable public var window: Int64 { interval + tolerance }

  /// What becomes of a request at `now`. What is due farther ahead than this pace allows is no debt of its: a clock
  /// was set back, and the one who sends it starts anew.
  @inlinable
  public func meet(due: Int64, now: Int64) -> Answer {
    let debt = due - now
    guard debt > 0, debt <= window else { return .taken(due: now + interval) }
    guard debt > tolerance else { return .taken(due: due + interval) }
    return .refused(wait: debt - tolerance)
  }
}
