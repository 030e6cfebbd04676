public import Time

/// When a session has ended: by its age, or because nobody used it.
public struct SessionLife: Sendable, Hashable {
  public let signedInAt: Timestamp
  public let lastUsedAt: Timestamp

  /// A session as the store has it.
  public init(signedInAt: Timestamp, lastUsedAt: Timestamp) {
    self.signedInAt = signedInAt
    self.lastUsedAt = lastUsedAt
  }

  /// Whether it counts at this time.
  public func isAlive(at now: Timestamp) -> Bool {
    now < signedInAt.after(Limits.sessionLife) && now < lastUsedAt.after(Limits.sessionIdle)
  }

  /// Whether its use is to be noted: not on each request, which would be a write for each.
  public func isToBeNoted(at now: Timestamp) -> Bool { lastUsedAt.after(.seconds(60)) < now }
}
