internal import HTTPServing
public import Logging
internal import NIOCore
internal import NIOPosix
public import SaleStore
public import ServiceLifecycle
public import Telemetry

/// The second listener: health, metrics, the admin API and the pages. The crowd never uses it.
///
/// `run()` returns after graceful shutdown: it stops accepting, and finishes the requests that it has within
/// `Limits.drainDeadline`; an export of orders that takes longer is cut off.
public struct AdminServer: Service {
  /// Where a listener is bound.
  public struct Address: Sendable, Hashable, CustomStringConvertible {
    public let host: String
    public let port: Int

    /// `host:port`, an IPv6 host in brackets: fit for a URL.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
  }

  private let configuration: AdminConfiguration
  private let responder: AdminResponder
  private let logger: Logger
  private let address = Arrival<Address>()

  /// Creates the service; it listens once it runs.
  public init(
    configuration: AdminConfiguration, store: SaleStore, hooks: AdminHooks, metrics: PrometheusRegistry,
    logger: Logger
  ) {
    self.configuration = configuration
    self.logger = logger
    responder = AdminResponder(
      desk: SaleDesk(store: store, hooks: hooks, metrics: metrics, topic: configuration.topic, logger: logger),
      access: Access(token: configuration.token), scope: configuration.scope, logger: logger)
  }

  /// Where it listens: waits until `run()` has bound the listener, and throws if it could not.
  public var boundAddress: Address {
    get async throws { try await address.value }
  }

  /// Listens and answers until graceful shutdown. Throws if the address cannot be bound.
  public func run() async throws {
    if configuration.scope == .everything, configuration.token == nil {
      logger.warning(
        "the admin API is open to everyone on this machine: no token is set",
        metadata: ["host": "\(configuration.host)"])
    }
    // One thread: its users are few, and the crowd's loops are not theirs to slow down.
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    do {
      try await listen(on: group)
    } catch {
      address.arrive(.failure(error))
      try? await group.shutdownGracefully()
      throw error
    }
    try await group.shutdownGracefully()
    // Shut down before it was bound: nobody must wait for an address that will not come.
    address.arrive(.failure(CancellationError()))
  }

  private func listen(on group: MultiThreadedEventLoopGroup) async throws {
    let loops = try await ListenerLoops(
      of: group, listener: "admin", deadlines: ConnectionDeadlines(answer: Limits.answerDeadline))
    let listener = HTTPListener(
      HTTPListener.Configuration(
        name: "admin", host: configuration.host, port: configuration.port, connections: Limits.connections,
        backlog: Limits.connections, drainDeadline: Limits.drainDeadline),
      responder: responder, loops: loops, logger: logger)
    try await listener.run { [address] channel in
      guard let bound = channel.localAddress, let host = bound.ipAddress, let port = bound.port else { return }
      address.arrive(.success(Address(host: host, port: port)))
    }
  }
}
