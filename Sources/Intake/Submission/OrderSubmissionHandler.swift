internal import FlashSale
internal import HTTPServing
internal import NIOCore
internal import NIOHTTP1

/// Takes orders out of the stream of requests and answers them here, on the event loop; everything else goes on to
/// Hummingbird. Stands behind NIO's pipelining handler, which lets one request in at a time and keeps answers in order.
///
/// (1) Each request gets one answer, from here or from Hummingbird. An order's is written when its acknowledgement
///     came, its deadline passed, or it was refused; no task and no promise is made for it.
/// (2) `phase` is `idle` before an answer's end is written, because that write lets the next request in.
/// (3) Whoever has a slot in the loop's table is `waiting`, and gives the slot back when the connection ends.
/// (4) A deadline runs in every phase but `waiting`, which has the table's.
final class OrderSubmissionHandler: ChannelDuplexHandler, LoopConnection {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  /// How long each phase may last.
  struct Deadlines: Sendable {
    let request: TimeAmount
    let idle: TimeAmount
    let answer = TimeAmount.nanoseconds(Limits.answerDeadline.nanoseconds)
    let linger = TimeAmount.nanoseconds(Limits.lingerDeadline.nanoseconds)
  }

  private enum Phase {
    /// Between requests.
    case idle
    /// An order's body is arriving.
    case reading(OrderHead)
    /// An order was refused by its head; its body is dropped.
    case refusing(Problem)
    /// An order is on its way into the log.
    case waiting(Submission, SlotID)
    /// Hummingbird has the request; which ends of the exchange have been seen.
    case passing(requestEnded: Bool, answerEnded: Bool)
    /// The last answer was written; what still arrives is dropped.
    case leaving
  }

  private let gate: OrderGate
  private let state: LoopState
  private let deadlines: Deadlines
  private let first: NIODeadline
  private var context: ChannelHandlerContext?
  private var deadline: ConnectionDeadline?
  private var phase = Phase.idle
  private var body: ByteBuffer?
  /// Of the request at hand: whether the connection goes on after it, and whether that must be said (HTTP/1.0).
  private var keepsAlive = true
  private var saysKeepAlive = false
  /// The client ended its half while its answer was on the way: Hummingbird hears of it after the answer.
  private var heldInputClosed = false
  private var needsFlush = false

  /// - Parameter first: until when the request must be here that is already on its way.
  init(gate: OrderGate, state: LoopState, deadlines: Deadlines, first: NIODeadline) {
    self.gate = gate
    self.state = state
    self.deadlines = deadlines
    self.first = first
  }

  // MARK: The connection

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    state.opened(self)
    let step = min(deadlines.request, deadlines.idle)
    let deadline = ConnectionDeadline(on: context.eventLoop, step: step) { [weak self] in self?.deadlinePassed() }
    deadline.set(first - .now())
    self.deadline = deadline
  }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  private func end() {
    if case .waiting(_, let slot) = phase {
      // The order stays in the log; nobody is left to be told.
      state.forget(slot)
      state.tally.count(.clientGone)
    }
    phase = .leaving
    state.closed(self)
    deadline?.cancel()
    deadline = nil
    context = nil
  }

  /// Closes the connection as it is.
  func close() { context?.close(promise: nil) }

  private func deadlinePassed() {
    switch phase {
    case .reading, .refusing: answer(.requestTimeout, andLeave: true)
    case .idle, .passing, .leaving: close()
    case .waiting: break
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed {
      switch phase {
      case .waiting:
        heldInputClosed = true
        return
      case .leaving:
        context.close(promise: nil)
        return
      default: break
      }
    }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? HTTPParserError else {
      context.fireErrorCaught(error)
      context.close(promise: nil)
      return
    }
    switch phase {
    case .passing(_, answerEnded: false): context.fireErrorCaught(error)
    case .leaving, .passing, .waiting: context.close(promise: nil)
    case .idle, .reading, .refusing:
      // The decoder closes the channel when this returns, so the answer is written now or never.
      answer(error == .headerOverflow ? .headersTooLarge : .malformedRequest, andLeave: true)
    }
  }

  // MARK: Requests

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      if case .leaving = phase { return }
      // Where a body ends that is coded in another way nobody can tell (RFC 9112 §6.3); the decoder lets it through.
      guard head.headers["Transfer-Encoding"].allSatisfy({ $0.lowercased() == "chunked" }) else {
        return answer(.malformedRequest, andLeave: true)
      }
      if head.method == .POST, let sale = OrderTarget.sale(in: head.uri) {
        begin(head, sale: sale, context)
        return
      }
      phase = .passing(requestEnded: false, answerEnded: false)
      deadline?.set(deadlines.request)
      guard head.isKeepAlive || head.version == .http1_1 else {
        // Hummingbird does not see the version, and HTTP/1.0 ends the connection by saying nothing.
        var closing = head
        closing.headers.replaceOrAdd(name: "Connection", value: "close")
        return context.fireChannelRead(wrapInboundOut(.head(closing)))
      }
    case .body(let part):
      switch phase {
      case .passing: break
      case .reading, .refusing: return take(part)
      case .idle, .waiting, .leaving: return
      }
    case .end:
      switch phase {
      case .passing(_, let answerEnded): passed(requestEnded: true, answerEnded: answerEnded)
      case .reading(let head): return submit(head, context)
      case .refusing(let problem): return answer(problem)
      case .idle, .waiting, .leaving: return
      }
    }
    context.fireChannelRead(data)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if needsFlush {
      needsFlush = false
      context.flush()
    }
    context.fireChannelReadComplete()
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard case .passing(let requestEnded, answerEnded: false) = phase else {
      // Hummingbird answers a request that it could not read to its end, though it has answered it already (1).
      promise?.fail(ChannelError.outputClosed)
      return
    }
    if case .end = unwrapOutboundIn(data) { passed(requestEnded: requestEnded, answerEnded: true) }
    context.write(data, promise: promise)
  }

  private func passed(requestEnded: Bool, answerEnded: Bool) {
    if requestEnded && answerEnded {
      phase = .idle
      deadline?.set(deadlines.idle)
    } else {
      phase = .passing(requestEnded: requestEnded, answerEnded: answerEnded)
      if requestEnded { deadline?.set(deadlines.answer) }
    }
  }

  // MARK: Orders

  private func begin(_ head: HTTPRequestHead, sale: String, _ context: ChannelHandlerContext) {
    deadline?.set(deadlines.request)
    keepsAlive = head.isKeepAlive
    saysKeepAlive = keepsAlive && head.version == .http1_0
    body = nil
    let headers = OrderHeaders(head.headers)
    do throws(Problem) {
      phase = .reading(try OrderHead(headers, sale: sale, catalog: state.catalog))
      guard headers.expectsContinue else { return }
      let goOn = HTTPResponseHead(version: .http1_1, status: .continue)
      context.writeAndFlush(wrapOutboundOut(.head(goOn)), promise: nil)
    } catch {
      // A body that is too large, or that a client holds back until it is asked for, is not waited for.
      if error.status == .payloadTooLarge || headers.expectsContinue { return answer(error, andLeave: true) }
      phase = .refusing(error)
    }
  }

  private func take(_ part: ByteBuffer) {
    let bytes = (body?.readableBytes ?? 0) + part.readableBytes
    guard bytes <= Limits.bodyBytes else { return answer(.bodyTooLarge, andLeave: true) }
    // Nearly always the body is one part, and then nothing is copied.
    if body == nil { body = part } else { body?.writeImmutableBuffer(part) }
  }

  private func submit(_ head: OrderHead, _ context: ChannelHandlerContext) {
    let body = self.body ?? ByteBuffer()
    self.body = nil
    let result: Result<(Submission, SlotID), Problem> = body.withUnsafeReadableBytes { bytes in
      do throws(Problem) {
        return .success(try gate.submit(head, body: bytes, from: self, on: state))
      } catch {
        return .failure(error)
      }
    }
    switch result {
    case .success(let (submission, slot)):
      phase = .waiting(submission, slot)
      deadline?.clear()
    case .failure(let problem): answer(problem)
    }
  }

  func complete(_ fate: Acknowledgement.Fate) {
    guard case .waiting(let submission, _) = phase, let context else { return }
    switch fate {
    case .persisted(let offset):
      state.tally.count(.accepted)
      var json = JSONWriter(context.channel.allocator.buffer(capacity: 320))
      gate.write(submission, at: offset, to: &json)
      let body = json.finish()
      var headers = answerHeaders(type: "application/json", length: body.readableBytes)
      headers.add(name: "Location", value: "/v1/orders/\(submission.order)")
      write(.accepted, headers, body, context)
    case .refused: answer(.busy("The log did not take the order."))
    case .unknown: answer(.outcomeUnknown(submission.order, hasKey: submission.hasKey))
    }
    context.flush()
  }

  // MARK: Answers

  private func answer(_ problem: Problem, andLeave leaves: Bool = false) {
    guard let context else { return }
    state.tally.count(.problem(problem.code))
    if leaves { keepsAlive = false }
    let body = problem.body(allocator: context.channel.allocator)
    var headers = answerHeaders(type: "application/problem+json", length: body.readableBytes)
    if let seconds = problem.retryAfterSeconds { headers.add(name: "Retry-After", value: String(seconds)) }
    write(problem.status, headers, body, context)
  }

  private func answerHeaders(type: String, length: Int) -> HTTPHeaders {
    var headers = HTTPHeaders()
    headers.reserveCapacity(5)
    headers.add(name: "Content-Type", value: type)
    headers.add(name: "Content-Length", value: String(length))
    headers.add(name: "Date", value: state.answers.date)
    if !keepsAlive {
      headers.add(name: "Connection", value: "close")
    } else if saysKeepAlive {
      headers.add(name: "Connection", value: "keep-alive")
    }
    return headers
  }

  private func write(
    _ status: HTTPResponseStatus, _ headers: HTTPHeaders, _ body: ByteBuffer, _ context: ChannelHandlerContext
  ) {
    let leaves = !keepsAlive
    phase = leaves ? .leaving : .idle
    deadline?.set(leaves ? deadlines.linger : deadlines.idle)
    needsFlush = true
    let inputClosed = heldInputClosed
    heldInputClosed = false
    let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    context.write(wrapOutboundOut(.end(nil)), promise: nil)
    // Behind here the next request may be under way already.
    if leaves {
      // Our half only, and the client's bytes are dropped until it has read the answer: closing both while bytes arrive
      // makes the kernel send a reset, which can destroy the answer (RFC 9112 §9.6).
      context.flush()
      context.close(mode: .output, promise: nil)
    }
    if inputClosed { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
  }
}
