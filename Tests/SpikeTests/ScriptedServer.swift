import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A real HTTP server that does as a test says, and remembers what it was sent.
final class ScriptedServer: Sendable {
  struct Received: Sendable {
    let method: String
    let path: String
    let key: String
    let buyer: String
    /// Of a waiting room.
    let token: String
    let body: String
    /// In how many reads it arrived, beginning with the read in which the one before it ended.
    let reads: Int
    let at: NIODeadline
  }

  struct Reply: Sendable {
    var status = HTTPResponseStatus.accepted
    var headers: [(String, String)] = []
    var body = "{}"

    static func problem(_ status: HTTPResponseStatus, _ code: String, retryAfter: Int? = nil) -> Reply {
      Reply(
        status: status, headers: retryAfter.map { [("Retry-After", "\($0)")] } ?? [], body: #"{"code":"\#(code)"}"#)
    }
  }

  /// Replies to a request, given those before it.
  typealias Script = @Sendable (_ request: Received, _ earlier: [Received]) -> Reply?

  private let script: Script
  private let log = Mutex<[Received]>([])
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

  var received: [Received] { log.withLock { $0 } }

  /// - Parameter script: Where it gives no reply, the connection is closed instead.
  static func with(_ script: @escaping Script, _ body: (ScriptedServer, _ url: String) async throws -> Void)
    async throws
  {
    let server = ScriptedServer(script)
    let channel = try await ServerBootstrap(group: server.group)
      .serverChannelOption(.backlog, value: 1_024)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let counter = ReadCounter()
          try channel.pipeline.syncOperations.addHandler(counter)
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(Conversation(server, counter))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    do {
      try await body(server, "http://127.0.0.1:\(channel.localAddress?.port ?? 0)")
    } catch {
      try await server.group.shutdownGracefully()
      throw error
    }
    try await server.group.shutdownGracefully()
  }

  private init(_ script: @escaping Script) { self.script = script }

  fileprivate func reply(to request: Received) -> Reply? {
    let earlier = log.withLock { log in
      defer { log.append(request) }
      return log
    }
    return script(request, earlier)
  }
}

private final class ReadCounter: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  var reads = 0

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    reads += 1
    context.fireChannelRead(data)
  }
}

private final class Conversation: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let server: ScriptedServer
  private let counter: ReadCounter
  private var head: HTTPRequestHead?
  private var body = ByteBuffer()

  init(_ server: ScriptedServer, _ counter: ReadCounter) {
    self.server = server
    self.counter = counter
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body.clear()
    case .body(var part):
      body.writeBuffer(&part)
    case .end:
      guard let head else { return }
      let request = ScriptedServer.Received(
        method: head.method.rawValue, path: head.uri, key: head.headers.first(name: "Idempotency-Key") ?? "",
        buyer: head.headers.first(name: "X-Buyer-Id") ?? "",
        token: head.headers.first(name: "X-Room-Token") ?? "", body: String(buffer: body), reads: counter.reads,
        at: .now())
      counter.reads = 0
      guard let reply = server.reply(to: request) else { return context.close(promise: nil) }
      var headers = HTTPHeaders(reply.headers)
      headers.add(name: "Content-Length", value: "\(reply.body.utf8.count)")
      context.write(
        wrapOutboundOut(.head(.init(version: .http1_1, status: reply.status, headers: headers))), promise: nil)
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: reply.body)))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
  }
}
