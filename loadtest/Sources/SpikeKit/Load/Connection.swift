internal import NIOCore

/// One HTTP/1.1 connection with at most one request on its way. Lives on its stripe's event loop.
///
/// (1) Every request that was sent ends in exactly one `answered` or `unanswered`.
/// (2) After a malformed answer, or one that nobody asked for, the connection is closed: its framing can no longer be
///     trusted. So is one that is answered before its request was wholly sent.
final class Connection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Its place in the stripe.
  let slot: Int
  /// The connections that share its use.
  let pool: Int
  private(set) var flight: Flight?
  private(set) var isOpen = false
  private let stripe: Stripe
  private var context: ChannelHandlerContext?
  /// Requests are written to it until once it did not take one whole: then NIO has the rest, and those that follow
  /// must go behind it. `nil` then, and when the connection closes.
  private var socket: Socket?
  /// An answer that has not wholly arrived.
  private var unread: ByteBuffer?

  /// What is left of a request that drips.
  private var undripped = ByteBuffer()

  init(slot: Int, pool: Int, stripe: Stripe) {
    self.slot = slot
    self.pool = pool
    self.stripe = stripe
  }

  /// The connection must be open and without a request on its way.
  ///
  /// - Parameter request: Is used up, or shared with what sends it later.
  func send(_ flight: Flight, _ request: inout ByteBuffer, drip: Crowd.Drip?) {
    self.flight = flight
    if let drip {
      undripped = request
      return self.drip(drip)
    }
    if let socket {
      if socket.takesAll(&request) { return }
      self.socket = nil
    }
    context?.writeAndFlush(wrapOutboundOut(request), promise: nil)
  }

  /// Sends the next few bytes, and comes back for more.
  private func drip(_ drip: Crowd.Drip) {
    guard let context, let piece = undripped.readSlice(length: min(drip.bytes, undripped.readableBytes)) else { return }
    context.writeAndFlush(wrapOutboundOut(piece), promise: nil)
    guard undripped.readableBytes > 0 else { return }
    context.eventLoop.assumeIsolated().scheduleTask(in: drip.every) { if self.isOpen { self.drip(drip) } }
  }

  /// Gives up the request on its way, and the connection with it.
  func giveUp(_ why: Unanswered) {
    isOpen = false
    socket = nil
    if let flight {
      self.flight = nil
      stripe.gaveUp(flight, why)
    }
    context?.close(promise: nil)
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelActive(context: ChannelHandlerContext) {
    isOpen = true
    socket = Socket(of: context.channel)
    stripe.opened(self)
  }

  func channelInactive(context: ChannelHandlerContext) {
    giveUp(.closed)
    stripe.closed(self)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Errors of the socket, such as a reset. The close that follows ends the request.
    socket = nil
    context.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var buffer = unwrapInboundIn(data)
    if var earlier = unread {
      unread = nil
      earlier.writeBuffer(&buffer)
      buffer = earlier
    }
    do {
      try take(&buffer)
      if isOpen, buffer.readableBytes > 0 { unread = buffer }
    } catch {
      giveUp(.malformed)
    }
  }

  /// Takes whole answers off the front of `buffer`.
  private func take(_ buffer: inout ByteBuffer) throws(Answer.Malformed) {
    while isOpen, buffer.readableBytes > 0 {
      let now = NIODeadline.now()
      guard let answer = try deliver(buffer.readableBytesUInt8Span, at: now) else { return }
      buffer.moveReaderIndex(forwardBy: answer.length)
      if answer.keepsAlive, undripped.readableBytes == 0 {
        stripe.release(self, at: now)
      } else {
        giveUp(.closed)
      }
    }
  }

  private func deliver(_ bytes: borrowing Span<UInt8>, at now: NIODeadline) throws(Answer.Malformed) -> Answer? {
    guard let answer = try Answer.parse(bytes) else { return nil }
    guard let flight else { throw Answer.Malformed("an answer that nobody asked for") }
    self.flight = nil
    switch answer.body {
    case .range(let range): stripe.answered(flight, answer.head, body: bytes.extracting(range), at: now)
    case .joined(let body): stripe.answered(flight, answer.head, body: body.span, at: now)
    }
    return answer
  }
}
