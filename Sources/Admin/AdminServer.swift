internal import Hummingbird
internal import HummingbirdCore
public import Logging
internal import NIOCore
public import SaleStore
public import ServiceLifecycle

/// The second listener: health, metrics, the admin API and the pages. Never the crowd's.
///
/// `run()` returns after graceful shutdown: it stops accepting, closes idle connections and finishes the requests that
/// it has; an export of orders in the middle is cut off.
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
    var http = HTTP1Channel.Configuration(idleTimeout: TimeAmount(Limits.idleTimeout))
    http.httpDecoder = .init(maxHeaderFieldSize: Limits.headerBytes, maxHeaderListSize: Limits.headerBytes)
    let application = Application(
      responder: responder, server: .http1(configuration: http),
      configuration: ApplicationConfiguration(
        address: .hostname(configuration.host, port: configuration.port),
        availableConnectionsDelegate: MaximumAvailableConnections(Limits.connections, logger: logger)),
      onServerRunning: { [address] channel in
        guard let bound = channel.localAddress, let host = bound.ipAddress, let port = bound.port else { return }
        address.arrive(.success(Address(host: host, port: port)))
      },
      logger: logger)
    do {
      try await application.run()
    } catch {
      address.arrive(.failure(error))
      throw error
    }
    // Shut down before it was bound: nobody shall wait for an address that will not come.
    address.arrive(.failure(CancellationError()))
  }
}
