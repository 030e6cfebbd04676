import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import HTTPServing

/// Answers that are longer than what may wait for all clients together.
@Suite(.timeLimit(.minutes(3))) struct LongAnswerTests {
  private static let length = 16 << 20

  /// Lends the port of a listener whose `/long` and `/export` answer with 16 MiB, and at which 1 MiB may wait in all.
  private func listening(_ body: (Int) async throws -> Void) async throws {
    let router = Router(context: ListenerContext.self)
    let bytes = ByteBuffer(repeating: UInt8(ascii: "x"), count: Self.length)
    router.get("long") { _, _ in Response(status: .ok, body: ResponseBody(byteBuffer: bytes)) }
    router.get("export") { _, _ in
      Response(
        status: .ok,
        body: ResponseBody(contentLength: Self.length) { writer in
          for _ in 0..<4 { try await writer.write(ByteBuffer(repeating: UInt8(ascii: "x"), count: Self.length / 4)) }
          try await writer.finish(nil)
        })
    }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loops = try await ListenerLoops(
      of: group, listener: "test", deadlines: ConnectionDeadlines(answer: .seconds(120)),
      untaken: UntakenBytes(limit: 1 << 20))
    let listener = HTTPListener(
      HTTPListener.Configuration(
        name: "test", host: "127.0.0.1", port: 0, connections: 16, backlog: 16, drainDeadline: .seconds(1)),
      responder: RoutedResponder(router), loops: loops, logger: quietLogger)
    let (ports, bound) = AsyncStream.makeStream(of: Int.self)
    let running = Task { try await listener.run { channel in bound.yield(channel.localAddress?.port ?? 0) } }
    let result: Result<Void, any Error>
    do {
      let port = try #require(await ports.first { _ in true })
      result = .success(try await body(port))
    } catch {
      result = .failure(error)
    }
    running.cancel()
    _ = await running.result
    try await group.shutdownGracefully()
    try result.get()
  }

  @Test(arguments: ["long", "export"])
  func `a long answer that is not read costs a part of it, and cuts nobody off (I11)`(path: String) async throws {
    try await listening { port in
      let ask = "GET /\(path) HTTP/1.1\r\nHost: test\r\n\r\n"
      var slow: [RawClient] = []
      for _ in 0..<5 {
        slow.append(try await RawClient.connect(host: "127.0.0.1", port: port))
        try await slow.last?.send(ask)
      }
      let reader = try await RawClient.connect(host: "127.0.0.1", port: port)
      try await reader.send(ask)
      let answer = try await reader.answer()
      #expect(answer.status == 200 && answer.body.count == Self.length)
      #expect(answer.headers["content-length"] == "\(Self.length)")
      // They read after all, and nothing is missing.
      for client in slow.prefix(2) { #expect(try await client.answer().body.count == Self.length) }
      for client in slow + [reader] { client.close() }
    }
  }
}
