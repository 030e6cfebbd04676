public import Logging
internal import Time
internal import Vitals

/// A bounded set of connections, made when needed, lent to one caller at a time.
///
/// (1) Never more than `size` connections exist.
/// (2) A caller waits only while no connection is idle, and then in line: first come, first served.
/// (3) At most `waitLimit` callers wait for others to finish, each at most `waitTimeout`.
/// (4) A connection that was lost or left in use is not lent again; another is made when one is needed, with growing
///     pauses while the server cannot be reached.
public actor Pool {
  private struct Waiter {
    let id: UInt64
    let continuation: CheckedContinuation<Connection, any Error>
    let timer: Task<Void, Never>
  }

  private let settings: ConnectionSettings
  private let size: Int
  private let waitLimit: Int
  private let waitTimeout: Duration
  private let logger: Logger

  private var idle: [Connection] = []
  private var waiters: [Waiter] = []
  private var connectors: [UInt64: Task<Void, Never>] = [:]
  private var lent = 0
  private var nextID: UInt64 = 0
  private var backoff = Backoff(within: Limits.reconnectPause)
  private var lastFailure: PostgresError?
  private var isClosed = false
  private var drained: [CheckedContinuation<Void, Never>] = []

  /// A pool; nothing is connected yet. `size` and `waitLimit` below 1 and 0 count as these.
  public init(
    _ settings: ConnectionSettings, size: Int, waitLimit: Int, waitTimeout: Duration, logger: Logger
  ) {
    self.settings = settings
    self.size = max(1, size)
    self.waitLimit = max(0, waitLimit)
    self.waitTimeout = waitTimeout
    self.logger = logger
  }

  /// Lends a connection to `body`, in the caller's isolation. Throws `.poolExhausted` if `waitLimit` callers wait
  /// already, `.timedOut` after `waitTimeout` (with the reason, if none can be made), `.closed` after `close`,
  /// `CancellationError` if the task is cancelled while it waits, and what `body` throws.
  nonisolated(nonsending) public func withConnection<Answer>(
    _ body: (Connection) async throws -> Answer
  ) async throws -> Answer {
    let connection = try await borrow()
    do {
      let answer = try await body(connection)
      await giveBack(connection)
      return answer
    } catch {
      await giveBack(connection)
      throw error
    }
  }

  /// Refuses new callers and those that wait, closes idle connections, and returns when the lent ones came back.
  public func close() async {
    isClosed = true
    for waiter in takeWaiters() { waiter.resume(throwing: Self.closedError) }
    for connector in connectors.values { connector.cancel() }
    let connections = idle
    idle = []
    for connection in connections { await connection.close() }
    guard !isDrained else { return }
    await withCheckedContinuation { drained.append($0) }
  }

  private static var closedError: PostgresError { PostgresError(.closed, "the pool is closed") }

  private var isDrained: Bool { lent == 0 && connectors.isEmpty }

  private func takeWaiters() -> [CheckedContinuation<Connection, any Error>] {
    defer { waiters = [] }
    for waiter in waiters { waiter.timer.cancel() }
    return waiters.map(\.continuation)
  }
}

extension Pool {
  private func borrow() async throws -> Connection {
    while !isClosed, let connection = idle.popLast() {
      lent += 1
      // It may have died while idle; that is seen without a round trip.
      if await connection.isAlive() { return connection }
      lent -= 1
      logger.notice("an idle connection was lost", metadata: ["backend_pid": "\(connection.backendPID)"])
      growIfNeeded()
      finishDraining()
    }
    guard !isClosed else { throw Self.closedError }
    let mayGrow = idle.count + lent + connectors.count < size
    guard mayGrow || waiters.count < waitLimit + connectors.count else {
      throw PostgresError(.poolExhausted, "\(lent) connections are in use and \(waiters.count) callers wait")
    }
    let id = newID()
    let token = settings.waits.begin(.pooledConnection, who: "pool")
    defer { settings.waits.end(token) }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { wait($0, id) }
    } onCancel: {
      Task { await self.give(up: id, CancellationError()) }
    }
  }

  private func wait(_ continuation: CheckedContinuation<Connection, any Error>, _ id: UInt64) {
    guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
    let timer = Task { [waitTimeout] in
      do { try await Task.sleep(for: waitTimeout) } catch { return }
      expire(id)
    }
    waiters.append(Waiter(id: id, continuation: continuation, timer: timer))
    growIfNeeded()
  }

  private func expire(_ id: UInt64) {
    let reason = lastFailure.map { "; connecting fails: \($0.message)" } ?? ""
    give(
      up: id,
      PostgresError(
        .timedOut, "no connection came free within \(waitTimeout)\(reason)", sqlState: lastFailure?.sqlState))
  }

  private func give(up id: UInt64, _ error: any Error) {
    guard let index = waiters.firstIndex(where: { $0.id == id }) else { return }
    let waiter = waiters.remove(at: index)
    waiter.timer.cancel()
    waiter.continuation.resume(throwing: error)
  }

  private func giveBack(_ connection: Connection) async {
    let isReusable = await connection.isFree
    lent -= 1
    if isReusable {
      await offer(connection)
    } else {
      await connection.close()
      growIfNeeded()
    }
    finishDraining()
  }

  /// Lends it to the caller that waits longest, or keeps it.
  private func offer(_ connection: Connection) async {
    if isClosed {
      await connection.close()
    } else if waiters.isEmpty {
      idle.append(connection)
    } else {
      let waiter = waiters.removeFirst()
      waiter.timer.cancel()
      lent += 1
      waiter.continuation.resume(returning: connection)
    }
  }

  private func growIfNeeded() {
    guard !isClosed, connectors.count < waiters.count, idle.count + lent + connectors.count < size else { return }
    let id = newID()
    connectors[id] = Task {
      await connect()
      connectors[id] = nil
      growIfNeeded()
      finishDraining()
    }
  }

  /// Makes one connection; tries again while somebody waits for it.
  private func connect() async {
    while !isClosed, !waiters.isEmpty {
      if lastFailure != nil {
        // Cut short when the pool closes.
        try? await Task.sleep(for: backoff.next())
        if isClosed || waiters.isEmpty { return }
      }
      do throws(PostgresError) {
        let connection = try await Connection.connect(
          settings, on: ConnectionExecutor(label: "pool"), logger: logger)
        lastFailure = nil
        backoff.reset()
        return await offer(connection)
      } catch {
        lastFailure = error
        logger.warning("cannot connect to PostgreSQL", metadata: ["error": "\(error.reason)"])
      }
    }
  }

  private func finishDraining() {
    guard isClosed, isDrained else { return }
    for continuation in drained { continuation.resume() }
    drained = []
  }

  private func newID() -> UInt64 {
    nextID += 1
    return nextID
  }
}
