import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A shop's endpoint, as tests play it: a real HTTP server on loopback that notes what it gets.
public final class Receiver: Sendable {
  /// A request as it came.
  public struct Received: Sendable {
    public let path: String
    public let at = ContinuousClock.now
    /// By lower-case name; the first of each.
    public let headers: [String: String]
    public let body: String
    /// What it was answered; 0: nothing, or no end.
    public fileprivate(set) var status = 0

    /// The event's id.
    public var id: String { headers["webhook-id"] ?? "" }

    /// A value of the body's `data`.
    public func data(_ name: String) -> String {
      let json = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
      return (json?["data"] as? [String: Any])?[name].map { "\($0)" } ?? ""
    }
  }

  /// What it does with a request.
  public enum Behaviour: Sendable {
    case answer(Int, location: String? = nil)
    /// Says 200 and this JSON.
    case say(String)
    case hang
    /// Says 200, and sends a byte ten times a second, without end.
    case drip
    /// Says 200, and sends 10 GB.
    case flood
  }

  private let received = Mutex<[Received]>([])
  private let sent = Mutex(0)
  private let behaviour: @Sendable (Received) -> Behaviour
  private let channel: any Channel
  public let port: Int

  /// What came so far.
  public var all: [Received] { received.withLock { $0 } }
  /// Bytes of floods that went out.
  public var flooded: Int { sent.withLock { $0 } }
  /// Where it listens.
  public var url: String { "http://127.0.0.1:\(port)/hook" }

  /// Opens one, lends it to `body`, and closes it however `body` ends.
  public static func with(
    _ behaviour: @escaping @Sendable (Received) -> Behaviour = { _ in .answer(204) },
    _ body: (Receiver) async throws -> Void
  ) async throws {
    let receiver = try await Receiver(behaviour)
    do {
      try await body(receiver)
    } catch {
      try? await receiver.channel.close()
      throw error
    }
    try? await receiver.channel.close()
  }

  private init(_ behaviour: @escaping @Sendable (Received) -> Behaviour) async throws {
    self.behaviour = behaviour
    let box = Mutex<Receiver?>(nil)
    let holder = Holder(box: box)
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.pipeline.configureHTTPServerPipeline().flatMapThrowing {
          try channel.pipeline.syncOperations.addHandler(Handler(holder: holder))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    port = channel.localAddress?.port ?? 0
    holder.set(self)
  }

  private final class Holder: Sendable {
    private let box: Mutex<Receiver?>
    init(box: consuming Mutex<Receiver?>) { self.box = box }
    func set(_ receiver: Receiver) { box.withLock { $0 = receiver } }
    var receiver: Receiver? { box.withLock { $0 } }
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart
    private let holder: Holder
    private var head: HTTPRequestHead?
    private var body = ""

    init(holder: Holder) { self.holder = holder }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head): (self.head, body) = (head, "")
      case .body(let part): body += String(buffer: part)
      case .end: answer(context)
      }
    }

    private func answer(_ context: ChannelHandlerContext) {
      guard let receiver = holder.receiver, let head else { return }
      let fields = head.headers.map { ($0.name.lowercased(), $0.value) }
      var request = Received(
        path: head.uri, headers: Dictionary(fields) { first, _ in first }, body: body)
      let behaviour = receiver.behaviour(request)
      if case .answer(let status, _) = behaviour { request.status = status }
      receiver.received.withLock { [request] in $0.append(request) }
      switch behaviour {
      case .say(let json):
        write(.init(version: .http1_1, status: .ok, headers: ["Content-Length": "\(json.utf8.count)"]), context)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: json)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      case .hang: break
      case .drip:
        write(.init(version: .http1_1, status: .ok, headers: ["Content-Length": "10000"]), context)
        drip(context)
      case .answer(let status, let location):
        var headers: HTTPHeaders = ["Content-Length": "0"]
        if let location { headers.add(name: "Location", value: location) }
        write(.init(version: .http1_1, status: .init(statusCode: status), headers: headers), context)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      case .flood:
        let headers: HTTPHeaders = ["Content-Length": "10000000000"]
        write(.init(version: .http1_1, status: .ok, headers: headers), context)
        flood(context, receiver)
      }
    }

    private func write(_ head: HTTPResponseHead, _ context: ChannelHandlerContext) {
      context.write(wrapOutboundOut(.head(head)), promise: nil)
    }

    private func drip(_ context: ChannelHandlerContext) {
      let loop = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: " "))))).whenSuccess {
        loop.eventLoop.scheduleTask(in: .milliseconds(100)) {
          let (handler, context) = loop.value
          handler.drip(context)
        }
      }
    }

    /// Sends a part as soon as the one before it is gone, until the other end is.
    private func flood(_ context: ChannelHandlerContext, _ receiver: Receiver) {
      let part = ByteBuffer(repeating: 0x78, count: 1 << 20)
      let loop = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(part)))).whenSuccess {
        receiver.sent.withLock { $0 += 1 << 20 }
        let (handler, context) = loop.value
        handler.flood(context, receiver)
      }
    }
  }
}
