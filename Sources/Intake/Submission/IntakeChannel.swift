internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP1

/// One connection: NIO's HTTP/1.1 with pipelining, then orders, then Hummingbird for everything else.
struct IntakeChannel: ServerChildChannel, HTTPChannelHandler {
  typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

  let responder: HTTPChannelHandler.Responder
  let gate: OrderGate
  let loops: Loops
  let deadlines: OrderSubmissionHandler.Deadlines

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      guard let state = loops.state(of: channel.eventLoop) else { throw ChannelError.operationUnsupported }
      let pipeline = channel.pipeline.syncOperations
      // A client that sends and does not read its answers is not read from either.
      try pipeline.addHandler(BackPressureHandler())
      var limits = NIOHTTPDecoderLimitConfiguration()
      limits.maxHeaderFieldSize = Limits.headerFieldBytes
      limits.maxHeaderListSize = Limits.headerListBytes
      limits.maxHeaderFieldCount = Limits.headerFields
      try pipeline.configureHTTPServerPipeline(
        withPipeliningAssistance: true,
        withErrorHandling: false,  // by the order handler, as problem+json
        withOutboundHeaderValidation: false,  // nothing of a request is echoed in a header but parsed ids
        withEncoderConfiguration: .init(),
        withDecoderLimitConfiguration: limits)
      try pipeline.addHandler(OrderSubmissionHandler(gate: gate, state: state, deadlines: deadlines))
      try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
      return try NIOAsyncChannel(
        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }
  }

  func handle(value: Value, logger: Logger) async {
    await handleHTTP(asyncChannel: value, logger: logger)
  }
}
