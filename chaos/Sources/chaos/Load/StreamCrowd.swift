import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Time

/// Customers that each listen to their order's events, as a browser does: one whose stream ends comes back after the
/// `retry` that it was told, with the id of the last event. All are on one event loop.
final class StreamCrowd: Sendable {
  /// What is known of all of them.
  struct Status: Sendable {
    /// Those that have heard of their place.
    var listening = 0
    /// Those that have heard their outcome.
    var heard = 0
    /// Streams that were refused with 503; they are tried again.
    var refused = 0
    /// When those whose stream had broken were heard again.
    var returns: [ContinuousClock.Instant] = []
    /// Places that were larger than the one before.
    var grew = 0
  }

  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let state = Mutex(Status())
  private let door: Mutex<UInt16>

  init(at door: UInt16) { self.door = Mutex(door) }

  var status: Status { state.withLock { $0 } }

  /// Sends everybody off.
  func begin(_ customers: [(path: String, buyer: String)]) async {
    for (path, buyer) in customers {
      _ = try? await group.next().submit { ListeningCustomer(path, buyer, of: self, on: self.group.next()).connect() }
        .get()
    }
  }

  /// Whoever comes back does so here.
  func turn(to other: UInt16) { door.withLock { $0 = other } }

  func end() async { try? await group.shutdownGracefully() }

  fileprivate var port: Int { Int(door.withLock { $0 }) }

  fileprivate func note(_ change: (inout Status) -> Void) { state.withLock { change(&$0) } }
}

/// One of them; lives as long as its connection, or the timer for the next one.
private final class ListeningCustomer {
  private let path: String
  private let buyer: String
  private let crowd: StreamCrowd
  private let loop: any EventLoop
  private var retry = TimeAmount.seconds(3)
  private var lastID: String?
  private var isListening = false
  private var wasLost = false
  private var hasHeard = false

  init(_ path: String, _ buyer: String, of crowd: StreamCrowd, on loop: any EventLoop) {
    (self.path, self.buyer, self.crowd, self.loop) = (path, buyer, crowd, loop)
  }

  func connect() {
    let bound = NIOLoopBound(self, eventLoop: loop)
    let (port, last) = (crowd.port, lastID.map { "Last-Event-ID: \($0)\r\n" } ?? "")
    let request = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nX-Buyer-Id: \(buyer)\r\n\(last)\r\n"
    ClientBootstrap(group: loop)
      .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 1_024))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(EventLines(bound.value))
        }
      }
      .connect(host: "127.0.0.1", port: port).assumeIsolated().whenComplete { result in
        switch result {
        case .success(let channel): channel.writeAndFlush(ByteBuffer(string: request), promise: nil)
        case .failure: self.comeBack()
        }
      }
  }

  /// Its connection has ended.
  func lost() {
    guard !hasHeard else { return }
    wasLost = wasLost || isListening
    comeBack()
  }

  private func comeBack() { loop.assumeIsolated().scheduleTask(in: retry) { self.connect() } }

  func take(_ line: Substring, on context: ChannelHandlerContext) {
    if line.hasPrefix("retry: "), let milliseconds = Int64(line.dropFirst(7)) {
      retry = .milliseconds(milliseconds)
    } else if line.hasPrefix("id: ") {
      let id = String(line.dropFirst(4))
      if let next = Int(id), let last = lastID.flatMap({ Int($0) }), next < last { crowd.note { $0.grew += 1 } }
      lastID = id
    } else if line == "event: position" {
      let (isFirst, isBack) = (!isListening, wasLost)
      crowd.note { status in
        if isFirst { status.listening += 1 }
        if isBack { status.returns.append(.now) }
      }
      (isListening, wasLost) = (true, false)
    } else if line == "event: outcome" {
      hasHeard = true
      crowd.note { $0.heard += 1 }
    } else if line.hasPrefix("HTTP/1.1 503") {
      crowd.note { $0.refused += 1 }
      context.close(promise: nil)
    }
  }
}

/// Hands on what comes, line by line.
private final class EventLines: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let customer: ListeningCustomer
  private var pending = ""

  init(_ customer: ListeningCustomer) { self.customer = customer }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    pending += String(buffer: unwrapInboundIn(data))
    while let end = pending.firstIndex(where: \.isNewline) {
      let line = pending[..<end]
      pending = String(pending[pending.index(after: end)...])
      customer.take(line, on: context)
    }
  }

  func channelInactive(context: ChannelHandlerContext) { customer.lost() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
