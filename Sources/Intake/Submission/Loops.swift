internal import HTTPServing
internal import NIOCore
internal import NIOPosix

/// The event loops of one intake, each with the state that it alone touches.
struct Loops: Sendable {
  private struct Member: Sendable {
    let loop: any EventLoop
    let state: NIOLoopBound<LoopState>
    let ticking: RepeatedTask
  }

  private let members: [Member]
  private let byLoop: [ObjectIdentifier: NIOLoopBound<LoopState>]

  /// Makes the state of each loop of the listener, and starts its clock.
  init(of listener: ListenerLoops, acknowledgementDeadline: Duration) async throws {
    var members: [Member] = []
    for (index, loop) in listener.group.makeIterator().enumerated() {
      let state = try await loop.submit {
        guard let part = listener.state(of: loop) else { throw ChannelError.operationUnsupported }
        let deadline = TimeAmount.nanoseconds(acknowledgementDeadline.nanoseconds)
        let state = LoopState(index: index, listener: part, acknowledgementDeadline: deadline)
        part.refused = { state.tally.count(.problem($0.code)) }
        return NIOLoopBound(state, eventLoop: loop)
      }.get()
      let tick = TimeAmount.nanoseconds(Limits.tick.nanoseconds)
      let ticking = loop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { _ in state.value.tick() }
      members.append(Member(loop: loop, state: state, ticking: ticking))
    }
    self.members = members
    byLoop = Dictionary(members.map { (ObjectIdentifier($0.loop), $0.state) }, uniquingKeysWith: { first, _ in first })
  }

  /// How many there are.
  var count: Int { members.count }

  /// The state of the loop that the caller is on; `nil` for a loop of another group.
  func state(of loop: any EventLoop) -> LoopState? { byLoop[ObjectIdentifier(loop)]?.value }

  /// Runs `body` soon, on one loop.
  func execute(on index: Int, _ body: @escaping @Sendable (LoopState) -> Void) {
    let member = members[index]
    member.loop.execute { body(member.state.value) }
  }

  /// Runs `body` soon, on one loop or another.
  func executeOnAny(_ body: @escaping @Sendable (LoopState) -> Void) {
    execute(on: .random(in: members.indices), body)
  }

  /// Runs `body` soon, on each loop.
  func executeOnAll(_ body: @escaping @Sendable (LoopState) -> Void) {
    for index in members.indices { execute(on: index, body) }
  }
}
