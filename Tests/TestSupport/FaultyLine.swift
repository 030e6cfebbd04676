import Foundation
import Glibc
import Synchronization

/// A TCP line to a server on loopback that can be held, slowed and cut while it is in use, in either direction.
///
/// It reads along where it has to: for PostgreSQL it can cut at a COMMIT; for Kafka it puts its own port in the place
/// of the broker's in the broker's answers, because a Kafka client goes where the broker says that it is.
///
/// Each connection has a thread for each direction, so nothing here waits on Swift's pool.
public final class FaultyLine: Sendable {
  /// Which way bytes go.
  public enum Direction: Sendable, CaseIterable { case toServer, toClient }

  /// What the line understands of what goes through it.
  public enum Speech: Sendable { case postgres, kafka }

  /// Where a COMMIT is cut off.
  public enum Moment: Sendable, CaseIterable {
    /// The server never gets it.
    case beforeTheServerHears
    /// The server has answered, and the client never hears.
    case beforeTheClientHears
  }

  struct State {
    var server: UInt16
    var held: Set<Direction> = []
    var delays: [Direction: Duration] = [:]
    var commitCuts: [Moment] = []
    var commitsCut = 0
    var joints: [ObjectIdentifier: Joint] = [:]
  }

  /// Where clients connect.
  public let port: UInt16

  private let listener: Int32
  let speech: Speech
  let state: Mutex<State>

  /// Listens on a free port, for the server that listens on `server`.
  public init(to server: UInt16, speech: Speech) throws {
    self.speech = speech
    state = Mutex(State(server: server))
    (listener, port) = try Loopback.listen()
    Loopback.onThread("line") { [listener, weak self] in
      while true {
        let client = Loopback.accept(listener)
        guard client >= 0 else { return }
        guard let self else {
          Glibc.close(client)
          return
        }
        self.join(client)
      }
    }
  }

  deinit {
    // Wakes the thread's `accept`, which then fails.
    shutdown(listener, Int32(SHUT_RDWR))
    Glibc.close(listener)
    for joint in state.withLock({ $0.joints.values }) { joint.cut() }
  }

  /// Bytes of these directions wait in the line, as if lost packets were sent again and again; none: they flow.
  public func hold(_ directions: Set<Direction>) { state.withLock { $0.held = directions } }

  /// What is read from now on arrives this much later; zero: at once.
  public func slow(_ direction: Direction, by delay: Duration) { state.withLock { $0.delays[direction] = delay } }

  /// Closes every connection through it.
  public func cut() {
    for joint in state.withLock({ $0.joints.values }) { joint.cut() }
  }

  /// Cuts the connection of each of the next COMMITs, at these moments in turn.
  public func cutCommits(_ moments: [Moment]) { state.withLock { $0.commitCuts += moments } }

  /// COMMITs that were cut off so far.
  public var commitsCut: Int { state.withLock { $0.commitsCut } }

  /// New connections go to another server.
  public func turn(to server: UInt16) { state.withLock { $0.server = server } }

  private func join(_ client: Int32) {
    let target = state.withLock { $0.server }
    guard let server = Loopback.connect(to: target) else {
      Glibc.close(client)
      return
    }
    let joint = Joint(client: client, server: server, serverPort: target)
    state.withLock { $0.joints[ObjectIdentifier(joint)] = joint }
    for direction in Direction.allCases {
      Loopback.onThread("line") { [weak self, joint] in
        Pump(joint: joint, direction: direction, line: WeakLine(self)).run()
        joint.cut()
        _ = self?.state.withLock { $0.joints.removeValue(forKey: ObjectIdentifier(joint)) }
      }
    }
  }
}

/// A client's connection and the one to the server; both are closed when nobody refers to them any more.
final class Joint: Sendable {
  let client: Int32
  let server: Int32
  let serverPort: UInt16
  /// The client must not hear the server any more.
  let isMuted = Atomic(false)

  init(client: Int32, server: Int32, serverPort: UInt16) {
    (self.client, self.server, self.serverPort) = (client, server, serverPort)
  }

  /// Ends both; threads that read from them wake up.
  func cut() {
    shutdown(client, Int32(SHUT_RDWR))
    shutdown(server, Int32(SHUT_RDWR))
  }

  deinit {
    Glibc.close(client)
    Glibc.close(server)
  }
}
