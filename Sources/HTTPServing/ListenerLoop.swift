internal import FlashSale
internal import Metrics
public import NIOCore
internal import Synchronization
internal import Time
internal import Vitals

/// How long each phase of a connection may last.
public struct ConnectionDeadlines: Sendable {
  /// From a request's first byte to its last, and from a new connection to its first request.
  public var request: TimeAmount
  /// From an answer to the next request.
  public var idle: TimeAmount
  /// From a request to its answer's end, and between two moments at which its client takes a part of it.
  public var answer: TimeAmount
  /// After the last answer, until the client has read it.
  public var linger: TimeAmount
  /// While draining: for a request that is on its way.
  public var farewell: TimeAmount

  /// The deadlines that are named in `Limits`, but for these.
  public init(
    request: Duration = Limits.requestDeadline, idle: Duration = Limits.idleDeadline,
    answer: Duration = Limits.answerDeadline
  ) {
    self.request = .nanoseconds(request.wholeNanoseconds)
    self.idle = .nanoseconds(idle.wholeNanoseconds)
    self.answer = .nanoseconds(answer.wholeNanoseconds)
    linger = .nanoseconds(Limits.lingerDeadline.wholeNanoseconds)
    farewell = .nanoseconds(Limits.farewell.wholeNanoseconds)
  }

  /// How long a timer may sleep without looking.
  var step: TimeAmount { min(request, idle) }

  /// `nil`: none.
  subscript(_ deadline: ConnectionState.Deadline) -> TimeAmount? {
    switch deadline {
    case .keep, .clear: nil
    case .request: request
    case .idle: idle
    case .answer: answer
    case .linger: linger
    case .farewell: farewell
    }
  }
}

/// Bytes of answers that the clients of one listener have not taken, all together (I11).
public final class UntakenBytes: Sendable {
  private let bytes = Atomic<Int>(0)
  private let limit: Int

  /// At most so many bytes.
  public init(limit: Int = Limits.untakenBytesInAll) { self.limit = limit }

  func hold(_ count: Int) -> Bool {
    guard bytes.add(count, ordering: .relaxed).newValue > limit else { return true }
    bytes.subtract(count, ordering: .relaxed)
    return false
  }

  func release(_ count: Int) { bytes.subtract(count, ordering: .relaxed) }
}

/// What one event loop of a listener owns. Touched on that loop only, so nothing here needs a lock.
public final class ListenerLoop {
  public let eventLoop: any EventLoop

  /// Writes the answers; its date is renewed with each tick.
  public var answers = AnswerWriter()

  /// A part of a streamed answer while it is written; its memory is used again.
  var part = ByteBuffer()

  /// Told of each problem that ends a connection before anybody was asked, such as bytes that are no request.
  public var refused: (Problem) -> Void = { _ in }

  let deadlines: ConnectionDeadlines
  private let untaken: UntakenBytes
  private let slowClients: Counter
  private var connections: [ObjectIdentifier: HTTPConnection] = [:]

  init(on loop: any EventLoop, deadlines: ConnectionDeadlines, untaken: UntakenBytes, listener: String) {
    eventLoop = loop
    self.deadlines = deadlines
    self.untaken = untaken
    slowClients = Counter(ListenerMetric.slowClientsClosed, [("listener", listener)])
    renewDate()
  }

  // MARK: Connections

  func opened(_ connection: HTTPConnection) { connections[ObjectIdentifier(connection)] = connection }

  func closed(_ connection: HTTPConnection) { connections[ObjectIdentifier(connection)] = nil }

  /// Closes every connection as it is.
  ///
  /// - Returns: how many of them were promised an answer that they have not taken.
  func closeConnections() -> Int {
    let all = Array(connections.values)
    let busy = all.count { $0.isBusy }
    for connection in all { connection.close() }
    return busy
  }

  // MARK: Answers that wait

  /// Makes room for bytes that a client does not take at once; false if too many wait already.
  func hold(_ count: Int) -> Bool {
    if untaken.hold(count) { return true }
    slowClients.increment()
    return false
  }

  func release(_ count: Int) { untaken.release(count) }

  // MARK: Time

  private var dateSecond: Int64 = -1

  func renewDate() {
    let second = Timestamp.now.microseconds / 1_000_000
    guard second != dateSecond else { return }
    dateSecond = second
    answers.date = HTTPDate.text(secondsSince1970: second)
  }
}
