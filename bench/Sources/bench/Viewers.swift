import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// People who watch a sale's live page: each takes its stream as a browser does, all on one event loop.
final class Viewers: Sendable {
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let watching = Mutex<Set<Int>>([])

  private init() {}

  /// Has so many open the live page of a sale, and waits until each has heard of it.
  static func open(_ count: Int, of sale: String, at admin: URL) async throws -> Viewers {
    let viewers = Viewers()
    let request =
      "GET /admin/sales/\(sale)/live/events HTTP/1.1\r\nHost: 127.0.0.1:\(admin.port ?? 80)\r\n"
      + "Authorization: Bearer \(Shop.adminToken)\r\n\r\n"
    for index in 0..<count {
      let channel = try await ClientBootstrap(group: viewers.group)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(Viewer(index: index, viewers: viewers))
          }
        }
        .connect(host: admin.host() ?? "127.0.0.1", port: admin.port ?? 80).get()
      channel.writeAndFlush(ByteBuffer(string: request), promise: nil)
    }
    let all = try await eventually(within: .seconds(30)) { viewers.watching.withLock { $0.count } == count }
    guard all else { throw TestSetUpError("not each of \(count) viewers heard of the sale within 30 s") }
    return viewers
  }

  func close() async throws { try await group.shutdownGracefully() }

  fileprivate func heard(_ index: Int) { watching.withLock { _ = $0.insert(index) } }
}

/// One viewer's connection.
private final class Viewer: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let index: Int
  private let viewers: Viewers

  init(index: Int, viewers: Viewers) { (self.index, self.viewers) = (index, viewers) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if String(buffer: unwrapInboundIn(data)).contains("data:") { viewers.heard(index) }
  }
}
