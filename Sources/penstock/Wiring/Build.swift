import Admin
import FlashSale
import Foundation
import Intake
import Kafka
import Logging
import Metrics
import Postgres
import SaleStore
import ServiceLifecycle
import UnixSignals
import Worker

/// What the services of a process are built from: checked, and waited for.
struct Foundations {
  let configuration: Configuration
  let cluster: ClusterSettings
  let store: SaleStore
  let topic: TopicDescription
  let metrics: PrometheusRegistry
  let waits: ProcessWaits
  let broker: EmbeddedBrokerProcess?
  let logger: Logger
}

/// Builds everything long-lived of a process (R8). Services stand in the order of their dependencies, and end in the
/// opposite one: intake stops taking requests in before the workers stop deciding them, and the broker ends last.
func build(_ base: Foundations, roles: [Role], announce: String?) throws -> ServiceGroup {
  let monitor = StoreMonitor(store: base.store)
  let worker = roles.contains(.worker) ? base.worker() : nil
  let intake = roles.contains(.intake) ? try base.intake() : nil
  let closer = roles.contains(.admin) ? try base.closePublisher() : nil
  // An intake alone stays ready without PostgreSQL: it takes orders up to the backlog limit, and says so.
  let needsStore = roles != [.intake]
  let hooks = base.hooks(closer) {
    [
      worker.map { HealthCheck(name: "worker", isReady: $0.status.isReady, detail: words($0.status.reasons)) },
      intake.map { HealthCheck(name: "intake", isReady: $0.status.isReady, detail: words($0.status.reasons)) },
      closer.map { _ in base.waits.check(ofLog: "log") },
      base.waits.check(ofStore: "postgresql", problem: monitor.currentProblem, isNeeded: needsStore),
    ].compactMap { $0 }
  }
  let admin = AdminServer(
    configuration: try base.configuration.admin(for: roles), store: base.store, hooks: hooks, metrics: base.metrics,
    logger: base.logger)

  var services: [any Service] = []
  if let broker = base.broker { services.append(broker) }
  services += [PoolService(pool: base.store.pool), monitor, base.waits.watch(logger: base.logger)]
  if let closer { services.append(closer) }
  services.append(admin)
  if let worker { services.append(worker) }
  if let intake { services.append(intake) }
  if let announce {
    let brokers = base.cluster.brokers
    services.append(
      Announcer(file: announce) {
        let http = try await intake?.boundAddress
        let admin = try await admin.boundAddress
        return .init(http: http.map { "\($0)" }, admin: "\(admin)", brokers: brokers)
      })
  }
  var configuration = ServiceGroupConfiguration(
    services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: base.logger)
  configuration.maximumGracefulShutdownDuration = base.configuration.drain
  return ServiceGroup(configuration: configuration)
}

extension Foundations {
  private var partitions: Int32 { Int32(topic.partitions) }

  fileprivate func worker() -> WorkerService {
    var worker = WorkerConfiguration(
      topic: topic.name, group: configuration.consumerGroup,
      ownerName: "\(ProcessInfo.processInfo.hostName)/\(ProcessInfo.processInfo.processIdentifier)")
    worker.tuning.sessionTimeout = configuration.sessionTimeout
    // Kafka answers a fetch as soon as there is a record; the embedded broker makes each decision wait for it.
    if topic.isEmbedded { worker.tuning.fetchWait = Kafka.Limits.embeddedFetchWait }
    return WorkerService(
      configuration: worker, cluster: cluster, database: configuration.database, waits: waits.worker, logger: logger)
  }

  fileprivate func intake() throws -> IntakeService {
    let limit = try BacklogLimit.of(topic, configured: configuration.log.backlogLimit)
    logger.info("backlog limit", metadata: ["records_per_partition": "\(limit)"])
    var intake = IntakeConfiguration(
      host: configuration.http.host, port: configuration.http.port, topic: topic.name, partitions: partitions,
      backlogLimit: Int64(limit), tickets: configuration.tickets, eventLoops: configuration.eventLoops)
    // Its drain is one of several, one after another, within the deadline.
    intake.drainDeadline = configuration.drain / 2
    return try IntakeService(
      configuration: intake, cluster: cluster, store: store, database: configuration.database, waits: waits.intake,
      logger: logger)
  }

  fileprivate func closePublisher() throws -> ClosePublisher {
    try ClosePublisher(
      cluster: cluster, topic: topic.name, partitions: partitions, drain: configuration.drain / 2, logger: logger)
  }

  fileprivate func hooks(
    _ closer: ClosePublisher?, checks: @escaping @Sendable () async -> [HealthCheck]
  ) -> AdminHooks {
    let tail = LogTail(cluster: cluster, topic: topic.name, partitions: partitions, logger: logger)
    return AdminHooks(
      publishClose: { try await closer?.publishClose(of: $0) },
      countTail: { try await tail.requests(of: $0, from: $1) },
      logEnds: { try await tail.ends() },
      checks: checks)
  }
}

extension Configuration {
  /// Where the second listener is, and what it serves. Throws `ConfigurationError` for a token that admin refuses.
  func admin(for roles: [Role]) throws -> AdminConfiguration {
    do {
      return try AdminConfiguration(
        host: adminHTTP.host, port: adminHTTP.port, token: adminToken, topic: log.topic,
        serves: roles.contains(.admin) ? .everything : .healthOnly)
    } catch {
      throw ConfigurationError(problems: ["\(Variable.adminToken.rawValue): \(error.reason)"])
    }
  }
}

/// Reasons as one line; none means that all is well.
func words(_ reasons: [String]) -> String { reasons.isEmpty ? "ok" : reasons.joined(separator: "; ") }

/// Closes the pool when everything that uses it has ended.
struct PoolService: Service {
  let pool: Pool

  func run() async throws {
    try? await gracefulShutdown()
    await pool.close()
  }
}
