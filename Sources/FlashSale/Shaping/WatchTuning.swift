/// How often those who watch their orders hear something.
public struct WatchTuning: Sendable, Hashable {
  /// Between two places told to one watcher, at least. Bounds what a crowd of watchers costs while the line moves.
  public var placeInterval = Limits.placeInterval

  /// Silence after which a stream gets a sign of life.
  public var heartbeat = Limits.watchHeartbeat

  /// From an outcome that the store could not tell to the next attempt, of all watchers together.
  public var askAgain = Limits.watchAskAgain

  /// The values that are named in `Limits`.
  public init() {}
}
