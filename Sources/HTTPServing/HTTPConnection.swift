internal import FlashSale
internal import HTTPTypes
public import NIOCore
public import NIOHTTPTypes

/// One client's connection: reads requests, has them answered, writes the answers. `ConnectionState` decides; this
/// reads, writes and tells it what happened.
///
/// A request goes to the `DirectResponder` first, which answers what it can straight from the bytes. Everything else is
/// read whole by `RequestHead` and goes to the web framework, which stands behind this handler from its first such
/// request on. Both serve the same connection in turns.
///
/// Answers go to the socket itself for as long as it takes each of them whole (decision 0020), and to NIO when not:
/// never to both while NIO has bytes left, so they keep their order.
public final class HTTPConnection: ChannelDuplexHandler {
  public typealias InboundIn = ByteBuffer
  public typealias InboundOut = HTTPRequestPart
  public typealias OutboundIn = HTTPResponsePart
  public typealias OutboundOut = ByteBuffer

  /// A request whose head is whole and whose body is still collected.
  struct Collecting {
    let head: RequestHead
    var body: BodyReader
    var bytes = ByteBuffer()
  }

  /// A request that the framework has.
  final class Exchange {
    let head: RequestHead
    var body: BodyReader
    var answer: AnswerEncoder?
    /// The client has sent some of the body since the framework got the head.
    var hasBody = false

    init(_ head: RequestHead, _ body: BodyReader) {
      self.head = head
      self.body = body
    }
  }

  /// The event loop's own; answers are written with its writer.
  public let loop: ListenerLoop
  let direct: (any DirectResponder)?
  let framework: FrameworkEntry
  var context: ChannelHandlerContext?
  var state = ConnectionState()
  private var deadline: ConnectionDeadline?
  private var socket: DirectSocket?
  /// Bytes that nobody has served yet.
  var rest: ByteBuffer?
  /// Answers that are written and not sent yet.
  private var unsent: ByteBuffer?
  private var search = HeadSearch()
  /// Pieces in which the request at hand came so far without being whole.
  private var pieces = 0
  var collecting: Collecting?
  var exchange: Exchange?
  /// The answer at hand, if it comes in parts from the direct responder.
  var streamed: StreamedAnswer?
  /// When the last bytes were read.
  public private(set) var readAt = NIODeadline.now()
  private var isServing = false
  private var holdsRead = false

  init(on loop: ListenerLoop, direct: (any DirectResponder)?, framework: FrameworkEntry) {
    self.loop = loop
    self.direct = direct
    self.framework = framework
  }

  // MARK: The connection

  public func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    socket = DirectSocket(of: context.channel)
    loop.opened(self)
    // Holds this strongly until it ends: a weak reference would make each retain and release of this a slow one.
    deadline = ConnectionDeadline(on: context.eventLoop, step: loop.deadlines.step) { self.deadlinePassed() }
    applyDeadline()
  }

  public func handlerRemoved(context: ChannelHandlerContext) { end() }

  public func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  private func end() {
    guard context != nil else { return }
    state.closes()
    context = nil
    (rest, unsent, collecting, exchange, streamed, socket) = (nil, nil, nil, nil, nil, nil)
    deadline?.cancel()
    deadline = nil
    loop.closed(self)
    direct?.connectionEnded()
    framework.connectionEnded()
  }

  /// The event loop that it is on; `nil` once it ended.
  public var eventLoop: (any EventLoop)? { context?.eventLoop }

  /// Whom it is with, as the kernel says: a client, or a proxy. `nil` once it ended.
  public var peer: SocketAddress? { context?.channel.remoteAddress }

  /// Whether the process is about to stop: what would take long is not begun any more.
  public var isDraining: Bool { state.isDraining }

  /// Whether the client has ended its half.
  public var isInputClosed: Bool { state.isInputClosed }

  /// Whether an answer was promised here and is not taken yet.
  var isBusy: Bool { state.isBusy }

  /// Closes the connection as it is.
  public func close() { context?.close(promise: nil) }

  public func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    // Not handed on: an answer that is on its way is still written whole.
    case ChannelEvent.inputClosed:
      perform(state.inputCloses(rest: rest?.readableBytes ?? 0))
      direct?.inputEnded()
    case is ChannelShouldQuiesceEvent:
      perform(state.drains())
      direct?.drains()
    default: context.fireUserInboundEventTriggered(event)
    }
  }

  private func deadlinePassed() { perform(state.deadlinePasses()) }

  /// - Parameter now: the clock, where it was just read: a request costs no more readings than it needs.
  func applyDeadline(now: NIODeadline? = nil) {
    guard state.deadline != .keep else { return }
    if let amount = loop.deadlines[state.deadline] {
      deadline?.set(amount, from: now ?? .now())
    } else {
      deadline?.clear()
    }
    state.deadline = .keep
  }

  func perform(_ action: ConnectionState.Action) {
    applyDeadline()
    switch action {
    case .wait: break
    case .serve:
      guard !isServing else { return }
      flush()
      serve()
      flush()
      resumeReading()
    case .timeOut: refuse(.requestTimeout)
    case .leave: leave()
    case .close: close()
    }
  }

  private func leave() {
    (rest, collecting, exchange) = (nil, nil, nil)
    flush()
    // Our half only, and the client's bytes are dropped until it has read the answer: closing both while bytes arrive
    // makes the kernel send a reset, which can destroy the answer (RFC 9112 §9.6).
    if state.untaken == 0 { context?.close(mode: .output, promise: nil) }
    resumeReading()
  }
}

// MARK: - Bytes in

extension HTTPConnection {
  public func read(context: ChannelHandlerContext) {
    if state.mayRead(rest: rest?.readableBytes ?? 0) { context.read() } else { holdsRead = true }
  }

  private func resumeReading() {
    guard holdsRead, let context, state.mayRead(rest: rest?.readableBytes ?? 0) else { return }
    holdsRead = false
    context.read()
  }

  public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !state.dropsBytes else { return }
    readAt = .now()
    var bytes = unwrapInboundIn(data)
    if rest == nil { rest = bytes } else { rest?.writeBuffer(&bytes) }
    serve()
  }

  public func channelReadComplete(context: ChannelHandlerContext) {
    flush()
    context.fireChannelReadComplete()
  }

  /// Serves what the bytes at hand hold, up to the first request whose answer takes time, or whose end is not here.
  private func serve() {
    isServing = true
    defer { isServing = false }
    while let bytes = rest, bytes.readableBytes > 0 {
      if state.takesBody {
        guard passBody(bytes) else { return }
        continue
      }
      guard state.mayServe else { return }
      rest = nil
      if collecting != nil {
        guard collect(bytes) else { return }
        continue
      }
      // "A server that is expecting to receive and parse a request-line SHOULD ignore at least one empty line (CRLF)
      // received prior to the request-line" (RFC 9112 §2.2). It begins no request, and its time.
      if bytes.getInteger(at: bytes.readerIndex, as: UInt16.self) == 0x0D0A {
        keep(bytes, after: 2)
        continue
      }
      switch readDirectly(bytes) {
      case .served(let count):
        pieces = 0
        keep(bytes, after: count)
        applyDeadline()
      case .partial: return arrives(bytes)
      case .other: guard readHead(bytes) else { return }
      }
      if let unsent, unsent.readableBytes >= Limits.untakenBytes { flush() }
    }
    rest = nil
    perform(state.restIsServed())
  }

  private func readDirectly(_ bytes: ByteBuffer) -> DirectReading {
    // A request in many pieces is for the reader that does not begin anew with each; a head that it has begun, too.
    guard let direct, pieces < Limits.directPieces, !search.hasBegun else { return .other }
    return bytes.withUnsafeReadableBytes { direct.serve($0, on: self) }
  }

  private func keep(_ bytes: ByteBuffer, after count: Int) {
    guard bytes.readableBytes > count, !state.dropsBytes else { return }
    var bytes = bytes
    bytes.moveReaderIndex(forwardBy: count)
    rest = bytes
  }

  /// Waits for the rest of a request.
  private func arrives(_ bytes: ByteBuffer) {
    rest = bytes
    pieces += 1
    state.requestArrives()
    perform(state.restIsServed())
  }

  /// Reads a request of any form; false when its rest is awaited.
  private func readHead(_ bytes: ByteBuffer) -> Bool {
    switch bytes.withUnsafeReadableBytes({ RequestHead.read($0, &search) }) {
    case .partial:
      arrives(bytes)
      return false
    case .refused(let problem):
      rest = bytes
      refuse(problem)
      return false
    case .whole(let head):
      search = HeadSearch()
      pieces = 0
      keep(bytes, after: head.length)
      state.requestArrives()
      applyDeadline()
      if head.expectsContinue { return begin(asking: head) }
      let collecting = Collecting(head: head, body: BodyReader(head.framing))
      if case .length(let length) = head.framing, length > Limits.collectedBytes {
        begin(collecting, isWhole: false)
        return true
      }
      self.collecting = collecting
      return collect(rest ?? ByteBuffer())
    }
  }

  /// Collects a request's body up to `Limits.collectedBytes`, so that it is handed on whole; false when its rest is
  /// awaited.
  private func collect(_ bytes: ByteBuffer) -> Bool {
    guard var collecting else { return true }
    self.collecting = nil
    var bytes = bytes
    while collecting.bytes.readableBytes <= Limits.collectedBytes {
      switch collecting.body.next(&bytes) {
      case .part(let part): collecting.bytes.writeImmutableBuffer(part)
      case .end:
        rest = bytes.readableBytes > 0 ? bytes : nil
        begin(collecting, isWhole: true)
        return true
      case .partial:
        rest = bytes.readableBytes > 0 ? bytes : nil
        self.collecting = collecting
        perform(state.restIsServed())
        return false
      case .malformed:
        self.collecting = collecting
        refuse(.malformedRequest)
        return false
      }
    }
    rest = bytes.readableBytes > 0 ? bytes : nil
    begin(collecting, isWhole: false)
    return true
  }
}

// MARK: - Answers

extension HTTPConnection {
  /// Begins an answer of the direct responder's that is not there yet.
  ///
  /// - Parameters:
  ///   - ends: its request demands that the connection ends with the answer.
  ///   - hasDeadline: the answer has a deadline of its own, and no other runs.
  public func awaitAnswer(ends: Bool, hasDeadline: Bool) {
    // Its deadline is set where the request was looked at, if it has not been answered by then: most are, at once.
    state.requestBegins(isWhole: true, ends: ends, deadline: hasDeadline ? .clear : .answer)
  }

  /// What the answer at hand must say of the connection. Asked once for each answer, before it is written.
  public func persistence(isOldVersion: Bool) -> AnswerWriter.Persistence {
    state.answerEndsConnection(isUnframed: false) ? .close : isOldVersion ? .keepAlive : .unsaid
  }

  /// Writes the whole answer to the request at hand.
  public func answer(_ bytes: ByteBuffer, now: NIODeadline) {
    send(bytes)
    let action = state.answerEnds()
    applyDeadline(now: now)
    perform(action)
  }

  /// Refuses what arrived, whatever it is, and leaves.
  func refuse(_ problem: Problem) {
    loop.refused(problem)
    let answer = loop.answers.make(problem, omitsBody: isOfHead, persistence: .close)
    (exchange, collecting) = (nil, nil)
    send(answer)
    perform(state.requestFails())
  }

  /// Whether the request at hand is of HEAD, as far as it came.
  private var isOfHead: Bool {
    if let head = exchange?.head ?? collecting?.head { return head.request.method == .head }
    return rest?.readableBytesView.starts(with: "HEAD ".utf8) ?? false
  }

  private func send(_ bytes: ByteBuffer) {
    if unsent == nil { unsent = bytes } else { unsent?.writeImmutableBuffer(bytes) }
  }

  func write(_ body: (inout ByteBuffer) -> Void) {
    var bytes = unsent.take() ?? ByteBuffer()
    body(&bytes)
    unsent = bytes
  }

  func flush() {
    guard let context, var bytes = unsent.take(), bytes.readableBytes > 0 else { return }
    if state.untaken == 0, let socket, socket.takesAll(&bytes) { return }
    let count = bytes.readableBytes
    // Past the bound of all connections together, a client that does not take its answers at once loses its place.
    guard loop.hold(count) else { return close() }
    state.bytesWait(count)
    applyDeadline()
    let promise = context.eventLoop.makePromise(of: Void.self)
    promise.futureResult.assumeIsolated().whenComplete { _ in self.taken(count) }
    context.writeAndFlush(wrapOutboundOut(bytes), promise: promise)
  }

  private func taken(_ count: Int) {
    loop.release(count)
    perform(state.bytesTaken(count))
  }
}
