import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Time

/// Clients that each listen to the events of one order, all on one event loop.
final class ListeningCrowd: Sendable {
  private struct State {
    var listening = 0
    var outcomes: [Timestamp?]
    var left: Int
  }

  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let state: Mutex<State>

  private init(_ count: Int) { state = Mutex(State(outcomes: Array(repeating: nil, count: count), left: count)) }

  /// Connects one client for each path, and waits until each has heard its first event.
  static func open(_ paths: [String], buyer: String, at url: URL) async throws -> ListeningCrowd {
    let crowd = ListeningCrowd(paths.count)
    for (index, path) in paths.enumerated() {
      let channel = try await ClientBootstrap(group: crowd.group)
        .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 1_024))
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(Listener(index: index, crowd: crowd))
          }
        }
        .connect(host: url.host() ?? "127.0.0.1", port: url.port ?? 80).get()
      let request = "GET \(path) HTTP/1.1\r\nHost: bench\r\nX-Buyer-Id: \(buyer)\r\n\r\n"
      channel.writeAndFlush(ByteBuffer(string: request), promise: nil)
    }
    let all = try await eventually(within: .seconds(60)) { crowd.state.withLock { $0.listening } == paths.count }
    guard all else {
      throw TestSetUpError("\(crowd.state.withLock { $0.listening }) of \(paths.count) streams began within 60 s")
    }
    return crowd
  }

  func close() async throws { try await group.shutdownGracefully() }

  /// Waits until all have heard an outcome.
  ///
  /// - Returns: when the first byte of each one's outcome was read; `nil` where there was none in time.
  func outcomes(within time: Duration) async throws -> [Timestamp?] {
    _ = try await eventually(within: time) { state.withLock { $0.left } == 0 }
    return state.withLock { $0.outcomes }
  }

  fileprivate func began() { state.withLock { $0.listening += 1 } }

  fileprivate func heardOutcome(_ index: Int, at time: Timestamp) {
    state.withLock { state in
      state.outcomes[index] = time
      state.left -= 1
    }
  }
}

/// One client's connection.
private final class Listener: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let index: Int
  private let crowd: ListeningCrowd
  private var isListening = false
  private var hasHeard = false

  init(index: Int, crowd: ListeningCrowd) { (self.index, self.crowd) = (index, crowd) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let now = Timestamp.now
    // Each event is sent whole.
    let text = String(buffer: unwrapInboundIn(data))
    if !isListening, text.contains("event: position") {
      isListening = true
      crowd.began()
    }
    if !hasHeard, text.contains("event: outcome") {
      hasHeard = true
      crowd.heardOutcome(index, at: now)
    }
  }
}
