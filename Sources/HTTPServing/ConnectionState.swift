/// Decides what one connection does next. Performs nothing itself: it counts bytes and never sees one.
///
/// (1) One request at a time: the next one is looked at when the answer to this one is written whole.
/// (2) Each request gets one answer. An answer that ends the connection is the last.
/// (3) One absolute deadline for a request, from its first byte to its last, however it comes and whoever reads it.
/// (4) Answers that are not taken are bounded: at `Limits.untakenBytes` no further request is served, and nothing is
///     read.
/// (5) A deadline runs in every phase, but for `exchanging` with an order, which has the one of the log's
///     acknowledgement, and for `streaming` to a client that takes what it is sent.
/// (6) While it drains, a request that arrives is still answered, and the connection ends with that answer.
public struct ConnectionState: Sendable {
  /// What the connection is to do, now.
  public enum Action: Equatable, Sendable {
    /// Nothing, until the next event.
    case wait
    /// Look at the bytes at hand: they may hold a request, or a part of the body of the one at hand.
    case serve
    /// Tell the client that its request took too long to arrive, and leave.
    case timeOut
    /// End our half as soon as the answers are taken, and drop what still arrives.
    case leave
    /// Close it as it is.
    case close
  }

  /// What happens to the connection's one deadline with an event.
  public enum Deadline: Equatable, Sendable {
    case keep
    case clear
    case request, idle, answer, linger, farewell
  }

  private enum Phase: Equatable {
    /// No byte of a request is here.
    case idle
    /// A request is arriving, and nobody answers it yet.
    case arriving
    /// A request is being answered; whether its last byte is here, and whether its answer has begun.
    case exchanging(isWhole: Bool, isAnswering: Bool)
    /// An answer is sent in parts, for as long as its client listens.
    case streaming
    /// The last answer was written; what still arrives is dropped.
    case leaving
    case closed
  }

  private var phase = Phase.idle
  /// Bytes of answers that the client has not taken.
  public private(set) var untaken = 0
  public private(set) var isInputClosed = false
  public private(set) var isDraining = false
  /// The answer at hand is the last one.
  private var endsConnection = false
  /// The deadline after the event just told; the shell applies it and sets it back.
  public var deadline = Deadline.request

  /// A new connection: its first request has the time of a request.
  public init() {}

  // MARK: What may be done

  /// Whether a request may be looked for in the bytes at hand.
  public var mayServe: Bool {
    switch phase {
    case .idle, .arriving: untaken < Limits.untakenBytes
    case .exchanging, .streaming, .leaving, .closed: false
    }
  }

  /// Whether the bytes at hand belong to the body of the request that is being answered.
  public var takesBody: Bool {
    if case .exchanging(isWhole: false, _) = phase { return true }
    return false
  }

  /// Whether what arrives is dropped.
  public var dropsBytes: Bool { phase == .leaving || phase == .closed }

  /// Whether a request is being answered.
  public var isExchanging: Bool {
    switch phase {
    case .exchanging, .streaming: true
    case .idle, .arriving, .leaving, .closed: false
    }
  }

  /// Whether an answer was promised and is not taken yet: what a drain waits for.
  public var isBusy: Bool { isExchanging || untaken > 0 }

  /// Whether more bytes may be read.
  ///
  /// - Parameter rest: bytes at hand that nobody has served yet.
  public func mayRead(rest: Int) -> Bool {
    switch phase {
    case .idle, .arriving: untaken < Limits.untakenBytes
    case .exchanging(let isWhole, _): !isWhole || rest == 0
    // Only so is it seen that its client leaves.
    case .streaming: rest == 0
    case .leaving: true
    case .closed: false
    }
  }

  /// Whether the answer at hand must say that it is the last one. Asked when its head is written; then it stands.
  ///
  /// - Parameter isUnframed: nothing but the connection's end tells the answer's.
  public mutating func answerEndsConnection(isUnframed: Bool) -> Bool {
    if isDraining || isInputClosed || isUnframed { endsConnection = true }
    // Its client sends on; nobody would know where its body ends.
    if case .exchanging(isWhole: false, _) = phase { endsConnection = true }
    return endsConnection
  }
}

// MARK: - Events

extension ConnectionState {
  /// Bytes of a request are here, not all of it.
  public mutating func requestArrives() {
    guard phase == .idle else { return }
    phase = .arriving
    deadline = .request
  }

  /// A request is handed to those who answer it.
  ///
  /// - Parameters:
  ///   - isWhole: its last byte is here.
  ///   - ends: its client wants, or its form demands, that the connection ends with the answer.
  ///   - deadline: of the answer, if it has one of its own.
  public mutating func requestBegins(isWhole: Bool, ends: Bool, deadline next: Deadline) {
    let hadBegun = phase == .arriving
    phase = .exchanging(isWhole: isWhole, isAnswering: false)
    endsConnection = ends
    // The time of a request goes on until its last byte.
    deadline = isWhole ? next : hadBegun ? .keep : .request
  }

  /// The request's last byte is here.
  public mutating func requestEnds() -> Action {
    guard case .exchanging(isWhole: false, let isAnswering) = phase else { return .wait }
    phase = .exchanging(isWhole: true, isAnswering: isAnswering)
    deadline = .answer
    return .wait
  }

  /// The head of an answer was written, its end is to follow.
  public mutating func answerBegins() {
    guard case .exchanging(let isWhole, _) = phase else { return }
    phase = .exchanging(isWhole: isWhole, isAnswering: true)
    if isWhole { deadline = .answer }
  }

  /// The head of an answer was written whose parts come about in their time.
  public mutating func streamBegins() {
    guard phase == .exchanging(isWhole: true, isAnswering: false) else { return }
    phase = .streaming
    deadline = untaken > 0 ? .answer : .clear
  }

  /// An answer was written to its end, or in one piece.
  public mutating func answerEnds() -> Action {
    guard phase != .leaving, phase != .closed else { return .wait }
    if endsConnection { return leave() }
    phase = .idle
    deadline = isDraining ? .farewell : .idle
    return .serve
  }

  /// What arrived is no request; it was answered, or cannot be.
  public mutating func requestFails() -> Action { leave() }

  /// The socket did not take these bytes at once: they wait, and their client has the time of an answer to take some.
  public mutating func bytesWait(_ count: Int) {
    // A stream sends on: that gives a client that does not read no more time.
    if phase == .idle || phase == .leaving || (phase == .streaming && untaken == 0) { deadline = .answer }
    untaken += count
  }

  /// Bytes that waited were taken.
  public mutating func bytesTaken(_ count: Int) -> Action {
    untaken -= count
    switch phase {
    case .idle:
      deadline = untaken > 0 ? .answer : isDraining ? .farewell : .idle
      return mayServe ? .serve : .wait
    case .arriving: return mayServe ? .serve : .wait
    case .streaming:
      deadline = untaken > 0 ? .answer : .clear
      return .wait
    case .leaving: return untaken > 0 ? .wait : leave()
    case .exchanging(isWhole: true, isAnswering: true):
      // A client that takes parts of a long answer is alive.
      deadline = .answer
      return .wait
    case .exchanging, .closed: return .wait
    }
  }

  /// The client ended its half.
  ///
  /// - Parameter rest: bytes at hand that nobody has served yet.
  public mutating func inputCloses(rest: Int) -> Action {
    isInputClosed = true
    switch phase {
    case .idle: return untaken == 0 && rest == 0 ? close() : .serve
    // Its end will not come.
    case .arriving: return untaken == 0 ? close() : leave()
    case .exchanging(isWhole: false, _): return close()
    // Nobody listens on half a connection for long: who does this to a stream has left.
    case .streaming: return close()
    case .exchanging, .closed: return .wait
    case .leaving: return untaken == 0 ? close() : .wait
    }
  }

  /// Nothing more can be served from the bytes at hand.
  public mutating func restIsServed() -> Action {
    guard isInputClosed, phase == .idle || phase == .arriving, untaken == 0 else { return .wait }
    return close()
  }

  /// The process is to stop.
  public mutating func drains() -> Action {
    guard !isDraining else { return .wait }
    isDraining = true
    // A client may have sent a request that is on its way: it is answered, for a moment, before anything is closed. One
    // that still takes answers has the time of an answer for that.
    if phase == .idle, untaken == 0 { deadline = .farewell }
    return .wait
  }

  /// The deadline has passed.
  public mutating func deadlinePasses() -> Action {
    switch phase {
    case .arriving, .exchanging(isWhole: false, isAnswering: false): .timeOut
    case .idle, .exchanging, .streaming, .leaving: close()
    case .closed: .wait
    }
  }

  /// It is closed, by us or by the client.
  public mutating func closes() { phase = .closed }

  private mutating func leave() -> Action {
    phase = .leaving
    deadline = .linger
    return .leave
  }

  private mutating func close() -> Action {
    phase = .closed
    deadline = .clear
    return .close
  }
}
