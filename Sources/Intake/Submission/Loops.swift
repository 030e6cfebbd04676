internal import HTTPServing
internal import NIOCore
internal import Time

/// The event loops of one intake, each with the state that it alone touches.
typealias Loops = LoopStates<LoopState>

extension Loops {
  /// Makes the state of each loop of the listener, and starts its clock.
  ///
  /// - Parameter watchers: makes that of one loop, on it; told which of the loops it is.
  init(
    of listener: ListenerLoops, identification: Identification, acknowledgementDeadline: Duration,
    watchers: @escaping @Sendable (any EventLoop, Int) -> LoopWatchers
  ) async throws {
    let deadline = TimeAmount.nanoseconds(acknowledgementDeadline.wholeNanoseconds)
    try await self.init(of: listener.group, tick: Limits.tick) { loop, index in
      guard let part = listener.state(of: loop) else { throw ChannelError.operationUnsupported }
      let state = LoopState(
        index: index, listener: part, identification: identification, watchers: watchers(loop, index),
        acknowledgementDeadline: deadline)
      part.refused = { state.tally.count(.problem($0.code)) }
      return state
    } onTick: {
      $0.tick()
    }
  }
}
