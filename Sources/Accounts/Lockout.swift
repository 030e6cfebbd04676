public import Time

/// Failed sign-ins of one user, and the pause that they cost. Performs nothing itself.
///
/// (1) The first `Limits.freeFailures` cost nothing. (2) Each further one doubles the pause, up to a most. (3) A
/// success ends it. (4) While it lasts, no password is looked at, so a right one is not told from a wrong one.
public struct Lockout: Sendable, Hashable {
  /// Failures in a row.
  public private(set) var failures: Int32

  /// Until when nobody may try.
  public private(set) var until: Timestamp?
  private var lastFailure: Timestamp?

  /// As the store has it; by default nothing has failed.
  public init(failures: Int32 = 0, until: Timestamp? = nil, lastFailure: Timestamp? = nil) {
    self.failures = failures
    self.until = until
    self.lastFailure = lastFailure
  }

  /// How long to wait; `nil`: not at all.
  public func wait(at now: Timestamp) -> Duration? {
    guard let until, now < until else { return nil }
    return .microseconds(until.microseconds(since: now))
  }

  /// After a wrong password or code at this time.
  public mutating func failed(at now: Timestamp) {
    if let lastFailure, lastFailure.after(Limits.failuresForgotten) < now { failures = 0 }
    failures = min(failures, .max - 1) + 1
    lastFailure = now
    let beyond = failures - Limits.freeFailures
    guard beyond > 0 else { return }
    let pause = Backoff(within: Limits.lockout.least...Limits.lockout.most).pause(beforeAttempt: Int(beyond))
    until = now.after(pause)
  }
}
