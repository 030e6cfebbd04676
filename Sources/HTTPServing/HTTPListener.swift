public import Hummingbird
internal import HummingbirdCore
public import Logging
internal import Metrics
public import NIOCore
internal import NIOHTTPTypes
public import NIOPosix
internal import ServiceLifecycle

/// Listens at one address, and serves each connection with `HTTPConnection` and a Hummingbird responder behind it.
///
/// `run` returns after graceful shutdown: nothing more is accepted, requests that are on their way are answered for
/// `Limits.farewell`, those in flight until the drain's deadline.
public struct HTTPListener<Responder: HTTPResponder>: Sendable
where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
  /// Connections were cut at the drain's deadline, though their clients were promised an answer.
  public struct DrainIncomplete: Error, CustomStringConvertible {
    public let connections: Int
    public let deadline: Duration
    public var description: String {
      "\(connections) connections were cut off: their answers were not taken within \(deadline) of the request to stop"
    }
  }

  /// Where and within which bounds it serves.
  public struct Configuration: Sendable {
    /// What it is called in metrics and log lines.
    public var name: String
    public var host: String
    public var port: Int
    /// Open connections; more wait in the kernel's accept queue of `backlog`.
    public var connections: Int
    public var backlog: Int
    /// From the request to stop to the last answer.
    public var drainDeadline: Duration

    public init(name: String, host: String, port: Int, connections: Int, backlog: Int, drainDeadline: Duration) {
      self.name = name
      self.host = host
      self.port = port
      self.connections = connections
      self.backlog = backlog
      self.drainDeadline = drainDeadline
    }
  }

  private let configuration: Configuration
  private let responder: Responder
  private let loops: ListenerLoops
  private let direct: @Sendable (any EventLoop) -> (any DirectResponder)?
  private let logger: Logger

  /// A listener; it listens once it runs.
  ///
  /// - Parameter direct: makes each connection's direct responder, on its event loop; `nil` for none.
  public init(
    _ configuration: Configuration, responder: Responder, loops: ListenerLoops,
    direct: @escaping @Sendable (any EventLoop) -> (any DirectResponder)? = { _ in nil }, logger: Logger
  ) {
    self.configuration = configuration
    self.responder = responder
    self.loops = loops
    self.direct = direct
    self.logger = logger
  }

  /// Listens and answers until graceful shutdown or cancellation.
  ///
  /// - Parameters:
  ///   - onListening: told where it is bound.
  ///   - atDeadline: called when the drain's deadline has passed, before anything is cut off.
  /// - Throws: if the address cannot be bound; `DrainIncomplete`.
  public func run(
    onListening: @escaping @Sendable (any Channel) async -> Void, atDeadline: @escaping @Sendable () -> Void = {}
  ) async throws {
    let result: Result<Void, any Error>
    do {
      result = .success(try await serve(onListening, atDeadline))
    } catch {
      result = .failure(error)
    }
    // Hummingbird's server returns before its own task has seen the listening socket close. Our caller ends the event
    // loops next, and NIO then complains about that task. The sleep is detached: a cancelled task does not sleep.
    await Task.detached { try? await Task.sleep(for: Limits.frameworkEnd) }.value
    try result.get()
  }

  private func serve(
    _ onListening: @escaping @Sendable (any Channel) async -> Void, _ atDeadline: @escaping @Sendable () -> Void
  ) async throws {
    let application = Application(
      responder: responder,
      server: HTTPServerBuilder { HTTPChildChannel(responder: $0, loops: loops, direct: direct) },
      configuration: ApplicationConfiguration(
        address: .hostname(configuration.host, port: configuration.port), backlog: configuration.backlog,
        availableConnectionsDelegate: ConnectionLimit(
          configuration.connections, listener: configuration.name, logger: logger)),
      onServerRunning: onListening, eventLoopGroupProvider: .shared(loops.group), logger: logger)
    try await withThrowingTaskGroup(of: Int.self) { tasks in
      tasks.addTask {
        try await gracefulShutdown()
        try await Task.sleep(for: configuration.drainDeadline)
        atDeadline()
        try await Task.sleep(for: Limits.lastAnswers)
        return await loops.closeConnections()
      }
      // Returns when every connection is closed.
      try await withTaskCancellationHandler {
        try await application.run()
      } onCancel: {
        Task { await loops.closeConnections() }
      }
      tasks.cancelAll()
      while let cut = await tasks.nextResult() {
        guard case .success(let connections) = cut, connections > 0 else { continue }
        throw DrainIncomplete(connections: connections, deadline: configuration.drainDeadline)
      }
    }
  }
}

/// The event loops of a listener, each with the state that it alone touches.
public struct ListenerLoops: Sendable {
  public let group: MultiThreadedEventLoopGroup
  private let states: LoopStates<ListenerLoop>

  /// Makes the state of each loop of `group`, and starts its clock.
  ///
  /// - Parameter listener: what it is called in metrics.
  public init(
    of group: MultiThreadedEventLoopGroup, listener: String, deadlines: ConnectionDeadlines,
    untaken: UntakenBytes = UntakenBytes()
  ) async throws {
    self.group = group
    states = try await LoopStates(of: group, tick: Limits.tick) { loop, _ in
      ListenerLoop(on: loop, deadlines: deadlines, untaken: untaken, listener: listener)
    } onTick: {
      $0.renewDate()
    }
  }

  /// The state of the loop that the caller is on; `nil` for a loop of another group.
  public func state(of loop: any EventLoop) -> ListenerLoop? { states.state(of: loop) }

  /// Closes every connection as it is.
  ///
  /// - Returns: how many of them were promised an answer that they have not taken.
  @discardableResult
  public func closeConnections() async -> Int { await states.map { $0.closeConnections() }.reduce(0, +) }
}

/// One connection, and what Hummingbird serves once a request is for it.
private struct HTTPChildChannel: ServerChildChannel, HTTPChannelHandler {
  struct Value: ServerChildChannelValue {
    let channel: any Channel
    let framework: EventLoopFuture<FrameworkEntry.Framework?>
  }

  let responder: HTTPChannelHandler.Responder
  let loops: ListenerLoops
  let direct: @Sendable (any EventLoop) -> (any DirectResponder)?

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      guard let loop = loops.state(of: channel.eventLoop) else { throw ChannelError.operationUnsupported }
      let entry = FrameworkEntry(on: channel.eventLoop)
      // A request is small; this bounds what a client that sends ahead makes us hold.
      try channel.syncOptions?.setOption(
        .recvAllocator,
        value: AdaptiveRecvByteBufferAllocator(
          minimum: Limits.readBytes.lowerBound, initial: Limits.readBytes.lowerBound,
          maximum: Limits.readBytes.upperBound))
      try channel.pipeline.syncOperations.addHandler(
        HTTPConnection(on: loop, direct: direct(channel.eventLoop), framework: entry))
      return Value(channel: channel, framework: entry.framework)
    }
  }

  func handle(value: Value, logger: Logger) async {
    if let framework = try? await value.framework.get() {
      await handleHTTP(asyncChannel: framework, logger: logger)
    }
    // The event loops may end once every connection was handled, so not before each is really closed.
    try? await value.channel.closeFuture.get()
  }
}

/// Where the web framework comes into a connection: at its first request that is not answered directly, if ever.
final class FrameworkEntry {
  typealias Framework = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

  private let promise: EventLoopPromise<Framework?>
  private var isIn = false

  init(on loop: any EventLoop) { promise = loop.makePromise() }

  /// The framework's end of the connection; `nil` when the connection ended without.
  var framework: EventLoopFuture<Framework?> { promise.futureResult }

  /// Puts the framework behind the pipeline's handlers, the first time.
  func bringIn(_ channel: any Channel) throws {
    guard !isIn else { return }
    isIn = true
    do {
      promise.succeed(
        try NIOAsyncChannel(
          wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
    } catch {
      promise.succeed(nil)
      throw error
    }
  }

  func connectionEnded() {
    guard !isIn else { return }
    isIn = true
    promise.succeed(nil)
  }
}
