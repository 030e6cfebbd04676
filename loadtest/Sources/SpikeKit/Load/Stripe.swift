internal import NIOCore
internal import NIOPosix

/// The connections of one event loop: opened before the start, opened again when lost, watched for timeouts.
///
/// (1) All of it happens on the event loop: no lock, no atomic.
/// (2) A connection is in its pool's `free` at most once, and only if nothing is on its way on it.
final class Stripe {
  let loop: any EventLoop
  /// Whom answers go to. Changed only while nothing is on its way.
  var requester: (any Requester)?
  private(set) var inFlight = 0
  private(set) var open = 0
  /// Attempts to connect that failed.
  private(set) var connectFailures = 0
  /// Connections that were open and closed before the end.
  private(set) var connectionsLost = 0

  private struct Slot {
    let pool: Int
    var connection: Connection?
    var failures = 0
  }

  private let address: SocketAddress
  private let timeout: TimeAmount
  private var slots: [Slot]
  private var free: [FreeConnections]
  /// The request that is being sent: the memory is used again for the next, unless NIO still holds it.
  private var outgoing = ByteBuffer()
  private var isClosing = false
  private var sweeping: RepeatedTask?

  /// - Parameters:
  ///   - pools: How many connections, for each use that shares none with the others.
  ///   - timeout: A request without an answer for so long after it was sent is given up.
  init(loop: any EventLoop, address: SocketAddress, pools: [Int], timeout: TimeAmount) {
    self.loop = loop
    self.address = address
    self.timeout = timeout
    slots = pools.enumerated().flatMap { pool, count in Array(repeating: Slot(pool: pool), count: count) }
    free = Array(repeating: FreeConnections(), count: pools.count)
  }

  // MARK: Opening and closing

  /// Opens all connections, `Limits.connectsAtOnce` at a time.
  ///
  /// - Returns: How many are open after one attempt for each. The others are tried again for as long as the stripe
  ///   lives.
  func openAll() -> EventLoopFuture<Int> {
    let first = loop.makePromise(of: Int.self)
    var next = 0
    var finished = 0
    var opened = 0
    func openNext() {
      guard next < slots.count else { return }
      next += 1
      connect(slot: next - 1) { isOpen in
        finished += 1
        if isOpen { opened += 1 }
        if finished == self.slots.count { first.succeed(opened) } else { openNext() }
      }
    }
    for _ in 0..<min(Limits.connectsAtOnce, slots.count) { openNext() }
    let bound = NIOLoopBound(self, eventLoop: loop)
    sweeping = loop.scheduleRepeatedTask(initialDelay: Limits.sweepEvery, delay: Limits.sweepEvery) { _ in
      bound.value.sweep()
    }
    return first.futureResult
  }

  /// Closes all connections and opens none again. What is on its way is given up.
  func close() {
    isClosing = true
    sweeping?.cancel()
    for slot in slots { slot.connection?.giveUp(.closed) }
    requester = nil
  }

  private func connect(slot: Int, then done: @escaping (_ isOpen: Bool) -> Void = { _ in }) {
    let bound = NIOLoopBound(self, eventLoop: loop)
    let bootstrap = ClientBootstrap(group: loop)
      .connectTimeout(Limits.connectTimeout)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(
        .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Limits.readBytes)
      )
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(bound.value.connection(slot: slot))
        }
      }
    bootstrap.connect(to: address).assumeIsolated().whenComplete { result in
      switch result {
      case .success:
        done(true)
      case .failure:
        self.connectFailures += 1
        self.connectAgain(slot: slot)
        done(false)
      }
    }
  }

  private func connection(slot: Int) -> Connection {
    Connection(slot: slot, pool: slots[slot].pool, stripe: self)
  }

  private func connectAgain(slot: Int) {
    guard !isClosing else { return }
    let pause = Limits.reconnectPause.first * (1 << min(slots[slot].failures, 10))
    slots[slot].failures += 1
    loop.assumeIsolated().scheduleTask(in: min(pause, Limits.reconnectPause.most)) {
      guard !self.isClosing else { return }
      self.connect(slot: slot)
    }
  }

  // MARK: Requests

  /// Whether a request could be sent now.
  func hasFree(pool: Int = 0) -> Bool { free[pool].hasOpen() }

  /// Sends a request on the connection that has been free for longest, so that all of them live. `hasFree` must hold.
  ///
  /// - Parameter drip: Sends it a few bytes at a time.
  func send(_ flight: Flight, pool: Int = 0, drip: Crowd.Drip? = nil, _ write: (inout ByteBuffer) -> Void) {
    let connection = free[pool].take()
    inFlight += 1
    outgoing.clear()
    write(&outgoing)
    connection.send(flight, &outgoing, drip: drip)
  }

  private func sweep() {
    let now = NIODeadline.now()
    for slot in slots {
      if let connection = slot.connection, let flight = connection.flight, flight.sent + timeout <= now {
        connection.giveUp(.timedOut)
      }
    }
    requester?.swept(at: now)
  }

  // MARK: Called by a connection

  func opened(_ connection: Connection) {
    open += 1
    slots[connection.slot].connection = connection
    guard !isClosing else { return connection.giveUp(.closed) }
    release(connection, at: .now())
  }

  func closed(_ connection: Connection) {
    // A connection that never became active was counted as an attempt that failed.
    guard slots[connection.slot].connection === connection else { return }
    slots[connection.slot].connection = nil
    open -= 1
    guard !isClosing else { return }
    connectionsLost += 1
    connectAgain(slot: connection.slot)
  }

  func release(_ connection: Connection, at now: NIODeadline) {
    free[connection.pool].add(connection)
    requester?.connectionIsFree(at: now)
  }

  func answered(_ flight: Flight, _ answer: AnswerHead, body: borrowing Span<UInt8>, at now: NIODeadline) {
    inFlight -= 1
    requester?.answered(flight, answer, body: body, at: now)
  }

  func gaveUp(_ flight: Flight, _ why: Unanswered) {
    inFlight -= 1
    requester?.unanswered(flight, why, at: .now())
  }
}
