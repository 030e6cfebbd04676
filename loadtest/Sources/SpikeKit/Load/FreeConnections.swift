internal import NIOCore

/// Connections of one pool that have no request on their way, the one that is free for longest first.
struct FreeConnections {
  /// Those that closed meanwhile are among them until their turn comes.
  private var queue = CircularBuffer<Connection>()

  /// Whether `take` has one to give.
  mutating func hasOpen() -> Bool {
    while let first = queue.first {
      if first.isOpen { return true }
      queue.removeFirst()
    }
    return false
  }

  /// `hasOpen` must hold.
  mutating func take() -> Connection { queue.removeFirst() }

  mutating func add(_ connection: Connection) { queue.append(connection) }
}
