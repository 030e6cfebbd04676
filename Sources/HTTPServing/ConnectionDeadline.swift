public import NIOCore

/// The one deadline that a connection has at a time, moved with every request and nearly free to move.
///
/// The timer sleeps at most `step` and then looks whether the deadline has come. So a deadline that moves by `step` or
/// more into the future, as those of requests do, needs no new timer.
public final class ConnectionDeadline {
  private let loop: any EventLoop
  private let step: TimeAmount
  private let passed: () -> Void
  /// When it passes.
  public private(set) var instant = NIODeadline.distantFuture
  private var wakesAt = NIODeadline.distantFuture
  private var timer: Scheduled<Void>?

  /// - Parameter passed: called on the loop when the deadline has passed, once for each that does.
  public init(on loop: any EventLoop, step: TimeAmount, passed: @escaping () -> Void) {
    self.loop = loop
    self.step = step
    self.passed = passed
  }

  /// Moves the deadline to this long from now.
  ///
  /// - Parameter now: for whoever has just looked at the clock.
  public func set(_ amount: TimeAmount, from now: NIODeadline = .now()) {
    instant = now + amount
    if timer == nil || instant < wakesAt { arm() }
  }

  /// No deadline until the next `set`.
  public func clear() { instant = .distantFuture }

  /// Ends the timer and lets go of the closure's captures.
  public func cancel() {
    timer?.cancel()
    timer = nil
  }

  private func arm() {
    timer?.cancel()
    wakesAt = min(instant, .now() + step)
    timer = loop.assumeIsolated().scheduleTask(deadline: wakesAt) { self.look() }
  }

  private func look() {
    timer = nil
    if instant <= .now() {
      instant = .distantFuture
      passed()
    }
    // `passed` may have set a new one, and armed the timer with it, or ended the connection.
    if timer == nil, instant != .distantFuture { arm() }
  }
}
