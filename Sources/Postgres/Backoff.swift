/// How long to wait before trying to connect again: `Limits.reconnectPause`, doubled with each failure.
struct Backoff {
  private var pause = Limits.reconnectPause.lowerBound

  /// The next pause, spread by ±50 %.
  mutating func next() -> Duration {
    defer { pause = min(pause * 2, Limits.reconnectPause.upperBound) }
    return pause * Double.random(in: 0.5...1.5)
  }

  /// After a success, start again.
  mutating func reset() {
    pause = Limits.reconnectPause.lowerBound
  }
}
