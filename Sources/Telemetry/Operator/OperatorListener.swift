public import HTTPServing
public import Hummingbird
public import Logging
internal import NIOCore
internal import NIOPosix
public import ServiceLifecycle
internal import Vitals

/// The second listener of every process, for those who operate it: health and metrics, and what a part adds behind the
/// gate. The crowd never uses it.
///
/// `run()` returns after graceful shutdown: it stops accepting, and finishes the requests that it has within
/// `Limits.drainDeadline`; an export of orders that takes longer is cut off.
public struct OperatorListener: Service {
  /// Where a listener is bound.
  public struct Address: Sendable, Hashable, CustomStringConvertible {
    public let host: String
    public let port: Int

    /// `host:port`, an IPv6 host in brackets: fit for a URL.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
  }

  /// What answers its requests.
  public let responder: OperatorResponder

  private let configuration: OperatorConfiguration
  private let logger: Logger
  private let address = Announcement<Address, any Error>()

  /// Creates the service; it listens once it runs.
  ///
  /// - Parameter addRoutes: adds what a part serves, by `at`, and puts it behind the gate. Not called where the
  ///   configuration has health only.
  public init(
    configuration: OperatorConfiguration, health: ProcessHealth, metrics: PrometheusRegistry, logger: Logger,
    addRoutes: (Router<ListenerContext>, OperatorGate) -> Void = { _, _ in }
  ) {
    self.configuration = configuration
    self.logger = logger
    let router = Router(context: ListenerContext.self)
    health.addRoutes(to: router, metrics: metrics)
    if configuration.scope == .everything {
      addRoutes(router, OperatorGate(access: Access(token: configuration.token), health: health))
    }
    responder = OperatorResponder(routes: RoutedResponder(router), metrics: metrics)
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
      address.announce(.failure(error))
      try? await group.shutdownGracefully()
      throw error
    }
    try await group.shutdownGracefully()
    // Shut down before it was bound: nobody must wait for an address that will not come.
    address.announce(.failure(CancellationError()))
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
      address.announce(.success(Address(host: host, port: port)))
    }
  }
}
