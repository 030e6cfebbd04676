public import NIOCore
public import NIOPosix
internal import Time

/// A state for each event loop of a group, which that loop alone touches, and a clock that ticks on the loop.
public struct LoopStates<State>: Sendable {
  private struct Member: Sendable {
    let loop: any EventLoop
    let state: NIOLoopBound<State>
    let ticking: RepeatedTask
  }

  private let members: [Member]
  private let byLoop: [ObjectIdentifier: NIOLoopBound<State>]

  /// Makes the states and starts the clocks.
  ///
  /// - Parameters:
  ///   - make: makes the state of one loop, on it; told which of the group's it is, from 0.
  ///   - onTick: called on each loop, every `tick`.
  public init(
    of group: MultiThreadedEventLoopGroup, tick: Duration,
    make: @escaping @Sendable (any EventLoop, Int) throws -> State, onTick: @escaping @Sendable (State) -> Void
  ) async throws {
    let tick = TimeAmount.nanoseconds(tick.wholeNanoseconds)
    var members: [Member] = []
    for (index, loop) in group.makeIterator().enumerated() {
      let state = try await loop.submit { NIOLoopBound(try make(loop, index), eventLoop: loop) }.get()
      let ticking = loop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { _ in onTick(state.value) }
      members.append(Member(loop: loop, state: state, ticking: ticking))
    }
    self.members = members
    byLoop = Dictionary(members.map { (ObjectIdentifier($0.loop), $0.state) }, uniquingKeysWith: { first, _ in first })
  }

  /// How many there are.
  public var count: Int { members.count }

  /// The state of the loop that the caller is on; `nil` for a loop of another group.
  public func state(of loop: any EventLoop) -> State? { byLoop[ObjectIdentifier(loop)]?.value }

  /// Runs `body` soon, on one loop.
  public func execute(on index: Int, _ body: @escaping @Sendable (State) -> Void) {
    let member = members[index]
    member.loop.execute { body(member.state.value) }
  }

  /// Runs `body` soon, on one loop or another.
  public func executeOnAny(_ body: @escaping @Sendable (State) -> Void) {
    execute(on: .random(in: members.indices), body)
  }

  /// Runs `body` soon, on each loop.
  public func executeOnAll(_ body: @escaping @Sendable (State) -> Void) {
    for index in members.indices { execute(on: index, body) }
  }

  /// What `body` makes of each state, one loop after the other. A loop that has ended is left out.
  public func map<Answer: Sendable>(_ body: @escaping @Sendable (State) -> Answer) async -> [Answer] {
    var answers: [Answer] = []
    for member in members {
      if let answer = try? await member.loop.submit({ body(member.state.value) }).get() { answers.append(answer) }
    }
    return answers
  }
}
