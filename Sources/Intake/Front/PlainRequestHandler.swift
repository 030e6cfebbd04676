internal import FlashSale
internal import HTTPServing
internal import NIOCore
internal import NIOHTTP1

/// Answers requests of the plain form straight from their bytes, on the event loop. At the first request of another
/// form the connection is handed over, for good, to NIO's HTTP and the web framework.
///
/// (1) One request at a time: what follows it waits in `rest`, so answers keep the order of the requests.
/// (2) Each request gets one answer, from here or from who took over. No task and no promise is made for it.
/// (3) Whoever has a slot in the loop's table is `waiting`, and gives the slot back when the connection ends.
/// (4) A deadline runs in every phase but `waiting`, which has the table's.
/// (5) While a request is at hand and another is in `rest`, or answers are not taken, nothing is read.
/// (6) Answers go to the socket itself for as long as it takes each of them whole, and from then on to NIO: never to
///     both at a time, so they keep their order.
final class PlainRequestHandler: ChannelDuplexHandler, RemovableChannelHandler, LoopConnection {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum Phase {
    /// No whole request is at hand.
    case idle
    /// An order is on its way into the log.
    case waiting(Submission, SlotID)
    /// The store is asked where an order is.
    case lookingUp
    /// The last answer was written; what still arrives is dropped.
    case leaving
    /// Handed over, or closed.
    case gone
  }

  private let gate: OrderGate
  private let orders: OrderStatusRoute
  private let state: LoopState
  private let deadlines: OrderSubmissionHandler.Deadlines
  private let takeOver: (Takeover) throws -> Void
  private var context: ChannelHandlerContext?
  private var deadline: ConnectionDeadline?
  private var phase = Phase.idle
  /// Bytes of requests that are not served yet, or of one that is not whole yet.
  private var rest: ByteBuffer?
  /// Reads that the request at hand took so far without being whole.
  private var pieces = 0
  /// The answer to the request at hand is the last one.
  private var endsConnection = false
  /// Answers that are written and not sent yet.
  private var unsent: ByteBuffer?
  private var socket: DirectSocket?
  private var isInputClosed = false
  private var isQuiescing = false
  private var isWritable = true
  private var holdsRead = false

  /// What becomes of a connection.
  enum Takeover {
    /// It goes on with NIO's HTTP, whose handlers belong at the pipeline's end; the request at hand has until then.
    case framework(any Channel, NIODeadline)
    /// It ended here.
    case none
  }

  /// - Parameter takeOver: called once.
  init(
    gate: OrderGate, orders: OrderStatusRoute, state: LoopState, deadlines: OrderSubmissionHandler.Deadlines,
    takeOver: @escaping (Takeover) throws -> Void
  ) {
    self.gate = gate
    self.orders = orders
    self.state = state
    self.deadlines = deadlines
    self.takeOver = takeOver
  }

  // MARK: The connection

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    socket = DirectSocket(of: context.channel)
    state.opened(self)
    let step = min(deadlines.request, deadlines.idle)
    // Holds this strongly until `letGo`: a weak reference would make each retain and release of this a slow one.
    let deadline = ConnectionDeadline(on: context.eventLoop, step: step) { self.deadlinePassed() }
    deadline.set(deadlines.request)
    self.deadline = deadline
  }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  private func end() {
    switch phase {
    case .gone: return
    case .waiting(_, let slot):
      // The order stays in the log; nobody is left to be told.
      state.forget(slot)
      state.tally.count(.clientGone)
    case .idle, .lookingUp, .leaving: break
    }
    letGo()
    // Nothing is taken over, which cannot fail.
    try? takeOver(.none)
  }

  private func letGo() {
    phase = .gone
    rest = nil
    state.closed(self)
    deadline?.cancel()
    deadline = nil
    socket = nil
    context = nil
  }

  func close() { context?.close(promise: nil) }

  private func deadlinePassed() {
    switch phase {
    case .idle where pieces > 0: refuse(.requestTimeout, andLeave: true)
    case .idle, .lookingUp, .leaving: close()
    case .waiting, .gone: break
    }
    if let context { flush(context) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case ChannelEvent.inputClosed: isInputClosed = true
    case is ChannelShouldQuiesceEvent:
      isQuiescing = true
      endsConnection = true
    default: break
    }
    context.fireUserInboundEventTriggered(event)
    closeIfDone()
  }

  /// Closes the connection if nothing is left to answer on it, and nothing more may come.
  private func closeIfDone() {
    if let context { flush(context) }
    switch phase {
    case .idle where isInputClosed, .idle where isQuiescing && rest == nil, .leaving where isInputClosed: close()
    default: break
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  // MARK: Bytes

  func read(context: ChannelHandlerContext) {
    if isWritable, !isBusyWithMore { context.read() } else { holdsRead = true }
  }

  private var isBusyWithMore: Bool {
    switch phase {
    case .waiting, .lookingUp: rest != nil
    case .idle, .leaving, .gone: false
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    isWritable = context.channel.isWritable
    resumeReading(context)
    context.fireChannelWritabilityChanged()
  }

  private func resumeReading(_ context: ChannelHandlerContext) {
    guard holdsRead, isWritable, !isBusyWithMore else { return }
    holdsRead = false
    context.read()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    if var rest {
      self.rest = nil
      rest.writeBuffer(&bytes)
      bytes = rest
    }
    switch phase {
    case .idle: serve(bytes, context)
    case .waiting, .lookingUp: rest = bytes
    case .leaving, .gone: break
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    flush(context)
    context.fireChannelReadComplete()
  }

  private func flush(_ context: ChannelHandlerContext) {
    guard var answers = unsent.take() else { return }
    if let socket, socket.takesAll(&answers) { return }
    socket = nil
    context.writeAndFlush(wrapOutboundOut(answers), promise: nil)
  }

  /// Serves the requests that `bytes` holds, up to the first one whose answer takes time.
  private func serve(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
    var bytes = bytes
    while case .idle = phase, bytes.readableBytes > 0 {
      switch bytes.withUnsafeReadableBytes({ serve($0) }) {
      case .served(let count):
        pieces = 0
        bytes.moveReaderIndex(forwardBy: count)
      case .partial:
        // Who sends a request in many pieces is read by a decoder that does not begin anew with each.
        guard pieces < Limits.plainPieces, !isInputClosed else { return handOver(bytes, context) }
        if pieces == 0 { deadline?.set(deadlines.request) }
        pieces += 1
        rest = bytes
        return
      case .other: return handOver(bytes, context)
      }
    }
    switch phase {
    case .waiting where bytes.readableBytes > 0, .lookingUp where bytes.readableBytes > 0: rest = bytes
    default: break
    }
  }

  private enum Served {
    /// A request of so many bytes was answered, or will be.
    case served(Int)
    case partial
    case other
  }

  private func serve(_ bytes: UnsafeRawBufferPointer) -> Served {
    switch PlainRequest.read(bytes) {
    case .partial: return .partial
    case .other: return .other
    case .whole(let request): return take(request) ? .served(request.length) : .other
    }
  }

  /// Goes on with what was sent ahead, after an answer that took time.
  private func goOn() {
    guard let context else { return }
    flush(context)
    if case .idle = phase, let rest {
      self.rest = nil
      serve(rest, context)
      flush(context)
    }
    closeIfDone()
    if let context = self.context { resumeReading(context) }
  }

  private func handOver(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
    // A request whose time runs already gets no more of it.
    let until = pieces > 0 ? deadline?.instant : nil
    letGo()
    do {
      try takeOver(.framework(context.channel, until ?? .now() + deadlines.request))
    } catch {
      return context.close(promise: nil)
    }
    flush(context)
    context.fireChannelRead(wrapInboundOut(bytes))
    context.fireChannelReadComplete()
    if isQuiescing { context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    if isInputClosed { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
    if holdsRead { context.read() }
    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
  }
}

// MARK: - Requests

extension PlainRequestHandler {
  /// Answers a request, or begins to; false if it is for the framework to say what is wrong with it.
  private func take(_ request: PlainRequest) -> Bool {
    endsConnection = isQuiescing || request.endsConnection
    switch request.target {
    case .orders(let sale):
      guard let head = OrderHead(request, sale: state.catalog[sale]) else { return false }
      submit(head, request.body)
    case .order(let order, let ticket):
      guard let buyer = request.buyer.flatMap(BuyerID.init(bytes:)) else { return false }
      tell(order, ticket, buyer)
    case .sales:
      let catalog = state.catalog
      show { SaleRoutes.write(catalog, now: .now, to: &$0) }
    case .sale(let id):
      guard let sale = state.catalog[id] else { return false }
      show { SaleRoutes.write(sale, now: .now, to: &$0) }
    }
    return true
  }

  private func submit(_ head: OrderHead, _ body: UnsafeRawBufferPointer) {
    do throws(Problem) {
      let (submission, slot) = try gate.submit(head, body: body, from: self, on: state)
      phase = .waiting(submission, slot)
      deadline?.clear()
    } catch {
      refuse(error)
    }
  }

  func complete(_ fate: Acknowledgement.Fate) {
    guard case .waiting(let submission, _) = phase else { return }
    switch fate {
    case .persisted(let offset):
      state.tally.count(.accepted)
      let head = AnswerWriter.Head(status: .accepted, order: submission.order, endsConnection: endsConnection)
      send(state.answers.make(head) { gate.write(submission, at: offset, to: &$0) })
    case .refused: refuse(.busy("The log did not take the order."))
    case .unknown: refuse(.outcomeUnknown(submission.order, hasKey: submission.hasKey))
    }
    goOn()
  }

  private func tell(_ order: OrderID, _ ticket: UnsafeRawBufferPointer?, _ buyer: BuyerID) {
    do throws(Problem) {
      let inquiry = try orders.inquiry(order, ticket: ticket, buyer: buyer)
      if let answer = orders.fromMemory(inquiry) { return show(answer.write) }
      try orders.checkStore()
      lookUp(inquiry)
    } catch {
      deny(error)
    }
  }

  private func lookUp(_ inquiry: OrderInquiry) {
    guard let loop = context?.eventLoop else { return }
    phase = .lookingUp
    deadline?.set(deadlines.answer)
    let asking = NIOLoopBound(self, eventLoop: loop)
    orders.lookup.find(inquiry.order, at: inquiry.position) { result in
      loop.execute { asking.value.found(result, inquiry) }
    }
  }

  private func found(_ result: Result<OrderLookup.Finding, any Error>, _ inquiry: OrderInquiry) {
    // One connection looks up one order at a time, so this is the one that it waits for.
    guard case .lookingUp = phase else { return }
    do throws(Problem) {
      show(try orders.answer(to: inquiry, result, state.catalog).write)
    } catch {
      deny(error)
    }
    goOn()
  }
}

// MARK: - Answers

extension PlainRequestHandler {
  private func show(_ write: (inout JSONWriter) -> Void) {
    let head = AnswerWriter.Head(status: .ok, mustNotBeStored: true, endsConnection: endsConnection)
    send(state.answers.make(head, write))
  }

  /// Answers an order that is not taken.
  private func refuse(_ problem: Problem, andLeave leaves: Bool = false) {
    if leaves { endsConnection = true }
    state.tally.count(.problem(problem.code))
    send(state.answers.make(problem, endsConnection: endsConnection))
  }

  /// Answers who may not see what they asked for, or not now.
  private func deny(_ problem: Problem) {
    send(state.answers.make(problem, mustNotBeStored: true, endsConnection: endsConnection))
  }

  /// Writes an answer. The caller flushes.
  private func send(_ answer: ByteBuffer) {
    guard let context else { return }
    if unsent == nil { unsent = answer } else { unsent?.writeImmutableBuffer(answer) }
    guard endsConnection else {
      phase = .idle
      deadline?.set(deadlines.idle)
      return
    }
    phase = .leaving
    rest = nil
    deadline?.set(deadlines.linger)
    // Our half only, and the client's bytes are dropped until it has read the answer: closing both while bytes arrive
    // makes the kernel send a reset, which can destroy the answer (RFC 9112 §9.6).
    flush(context)
    context.close(mode: .output, promise: nil)
  }
}
