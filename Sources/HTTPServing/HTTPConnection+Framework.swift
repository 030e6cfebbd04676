internal import HTTPTypes
public import NIOCore
internal import NIOHTTPTypes

// Requests that the web framework answers.
extension HTTPConnection {
  /// Hands a request whose client holds its body back to the framework, unless its head is refused already.
  func begin(asking head: RequestHead) -> Bool {
    let request = Collecting(head: head, body: BodyReader(head.framing))
    if let problem = direct?.examine(head.request) {
      collecting = request
      refuse(problem)
      return false
    }
    begin(request, isWhole: false)
    // A route that refuses by the head alone does so at once, and then its client must not be told to send the body
    // (RFC 9110 §10.1.1). Which route does, only itself knows.
    let asking = exchange
    context?.eventLoop.assumeIsolated().scheduleTask(in: Limits.continueWait) { self.askForBody(of: asking) }
    return true
  }

  private func askForBody(of asking: Exchange?) {
    guard let asking, asking === exchange, asking.answer == nil, !asking.hasBody else { return }
    write { $0.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n") }
    flush()
  }

  func begin(_ request: Collecting, isWhole: Bool) {
    guard let context else { return }
    // Whatever its form, the direct responder may answer it without the framework, which costs a task and 12 KiB.
    if isWhole, let direct, direct.serve(request.head, on: self) { return applyDeadline() }
    do {
      try framework.bringIn(context.channel)
    } catch {
      return close()
    }
    state.requestBegins(isWhole: isWhole, ends: !request.head.keepsConnection, deadline: .answer)
    applyDeadline()
    exchange = Exchange(request.head, request.body)
    context.fireChannelRead(wrapInboundOut(.head(request.head.request)))
    if request.bytes.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(.body(request.bytes))) }
    if isWhole { context.fireChannelRead(wrapInboundOut(.end(nil))) }
    context.fireChannelReadComplete()
  }

  /// Hands on what the bytes hold of the body at hand; false when its rest is awaited.
  func passBody(_ bytes: ByteBuffer) -> Bool {
    guard let context, let exchange else { return false }
    exchange.hasBody = true
    var bytes = bytes
    rest = nil
    defer { if !state.dropsBytes { rest = bytes.readableBytes > 0 ? bytes : nil } }
    while true {
      switch exchange.body.next(&bytes) {
      case .part(let part): context.fireChannelRead(wrapInboundOut(.body(part)))
      case .end:
        context.fireChannelRead(wrapInboundOut(.end(nil)))
        perform(state.requestEnds())
        return true
      case .partial: return false
      case .malformed:
        // An answer that has begun can only be broken off.
        if exchange.answer == nil { refuse(.malformedRequest) } else { close() }
        return false
      }
    }
  }

  public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard let exchange else {
      // The request was answered without the framework, which took too long to hear of it.
      promise?.fail(ChannelError.outputClosed)
      return
    }
    switch unwrapOutboundIn(data) {
    case .head(let response):
      guard exchange.answer == nil, response.status.code >= 200 else { break }
      let isUnframed = AnswerEncoder.endsWithConnection(response, to: exchange.head)
      let ends = state.answerEndsConnection(isUnframed: isUnframed)
      let encoder = AnswerEncoder(response, to: exchange.head, endsConnection: ends)
      write { encoder.head(response, into: &$0) }
      exchange.answer = encoder
      state.answerBegins()
      applyDeadline()
    case .body(let part): write { exchange.answer?.body(part, into: &$0) }
    case .end:
      let isWhole = exchange.answer?.isWhole ?? false
      write { exchange.answer?.end(into: &$0) }
      self.exchange = nil
      promise?.succeed()
      // Its client waits for bytes that will not come.
      return isWhole ? perform(state.answerEnds()) : close()
    }
    promise?.succeed()
  }

  public func flush(context: ChannelHandlerContext) { flush() }
}
