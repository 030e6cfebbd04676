internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP1

/// One connection: requests of the plain form are answered from their bytes. The first one of another form brings in
/// NIO's HTTP/1.1 with pipelining, then orders, then Hummingbird for everything else.
struct IntakeChannel: ServerChildChannel, HTTPChannelHandler {
  typealias Framework = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

  /// A connection, and what Hummingbird serves once it is handed over; `nil` when it ends without.
  struct Value: ServerChildChannelValue {
    let channel: any Channel
    let framework: EventLoopFuture<Framework?>
  }

  let responder: HTTPChannelHandler.Responder
  let gate: OrderGate
  let orders: OrderStatusRoute
  let loops: Loops
  let deadlines: OrderSubmissionHandler.Deadlines

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      guard let state = loops.state(of: channel.eventLoop) else { throw ChannelError.operationUnsupported }
      let taken = channel.eventLoop.makePromise(of: Framework?.self)
      let plain = PlainRequestHandler(gate: gate, orders: orders, state: state, deadlines: deadlines) { takeover in
        switch takeover {
        case .none: taken.succeed(nil)
        case .framework(let channel, let until): taken.succeed(try framework(on: channel, state, until))
        }
      }
      // A request is small; this bounds what a client that sends ahead makes us hold.
      try channel.syncOptions?.setOption(
        .recvAllocator,
        value: AdaptiveRecvByteBufferAllocator(
          minimum: Limits.readBytes.lowerBound, initial: Limits.readBytes.lowerBound,
          maximum: Limits.readBytes.upperBound))
      try channel.pipeline.syncOperations.addHandler(plain)
      return Value(channel: channel, framework: taken.futureResult)
    }
  }

  private func framework(on channel: any Channel, _ state: LoopState, _ until: NIODeadline) throws -> Framework {
    let pipeline = channel.pipeline.syncOperations
    // A client that sends and does not read its answers is not read from either.
    try pipeline.addHandler(BackPressureHandler())
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = Limits.headerFieldBytes
    limits.maxHeaderListSize = Limits.headerListBytes
    limits.maxHeaderFieldCount = Limits.headerFields
    try pipeline.configureHTTPServerPipeline(
      position: .last,
      withPipeliningAssistance: true,
      withErrorHandling: false,  // by the order handler, as problem+json
      withOutboundHeaderValidation: false,  // nothing of a request is echoed in a header but parsed ids
      withEncoderConfiguration: .init(),
      withDecoderLimitConfiguration: limits)
    try pipeline.addHandler(OrderSubmissionHandler(gate: gate, state: state, deadlines: deadlines, first: until))
    try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
    return try NIOAsyncChannel(
      wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
  }

  func handle(value: Value, logger: Logger) async {
    if let framework = try? await value.framework.get() {
      await handleHTTP(asyncChannel: framework, logger: logger)
    }
    // The event loops may end once every connection was handled, so not before each is really closed.
    try? await value.channel.closeFuture.get()
  }
}
