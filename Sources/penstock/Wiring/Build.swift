import Accounts
import Admin
import FlashSale
import Foundation
import Intake
import Kafka
import Logging
import Metrics
import OrderLog
import Postgres
import Relay
import SaleStore
import ServiceLifecycle
import Telemetry
import Time
import UnixSignals
import Worker

/// What the services of a process are built from: read and checked, nothing of it contacted yet.
struct Foundations: Sendable {
  let configuration: Configuration
  let cluster: ClusterSettings
  let store: SaleStore
  let metrics: PrometheusRegistry
  let waits: ProcessWaits
  let broker: EmbeddedBrokerProcess?
  let logger: Logger
}

/// Builds everything long-lived of a process (R8). Services stand in the order of their dependencies, and end in the
/// opposite one: first the parts that need the log, then the listener for health, and the broker last.
func build(_ base: Foundations, roles: [Role], announce: String?) throws -> ServiceGroup {
  let monitor = Monitor(of: "PostgreSQL") { try await base.store.ping() }
  let stage = Stage()
  // An intake alone stays ready without PostgreSQL: it takes orders up to the backlog limit, and says so.
  let needsStore = roles != [.intake]
  let closes = roles.contains(.admin)
  let health = ProcessHealth(waitsFor: { stage.waitsFor }) {
    let log = closes ? [base.waits.check(ofLog: "log")] : []
    let store = base.waits.check(ofStore: "postgresql", problem: monitor.currentProblem, isNeeded: needsStore)
    return stage.checks + log + [store]
  }
  let admin = AdminRoutes(
    store: base.store, topic: base.configuration.log.topic, hooks: base.adminHooks(stage),
    secondPerson: base.configuration.secondPerson, metrics: base.metrics, logger: base.logger)
  let listener = OperatorListener(
    configuration: try base.configuration.operatorListener(for: roles), health: health, metrics: base.metrics,
    logger: base.logger, addRoutes: admin.add(to:behind:))
  let brokers = base.cluster.brokers
  let parts = Parts(base: base, roles: roles, stage: stage) { intake in
    announce.map { file in
      Announcer(file: file) {
        .init(http: try await intake?.boundAddress, admin: "\(try await listener.boundAddress)", brokers: brokers)
      }
    }
  }

  var services: [any Service] = []
  if let broker = base.broker { services.append(broker) }
  services += [PoolService(pool: base.store.pool), monitor, base.waits.watch(logger: base.logger)]
  services.append(Listening(service: listener, variable: .adminHTTP, address: base.configuration.adminHTTP))
  if roles.contains(.admin) { services += [admin.jobs, admin.countAhead] }
  // What ends the parts ends the rest in good order.
  let last = ServiceGroupConfiguration.ServiceConfiguration(
    service: parts, failureTerminationBehavior: .gracefullyShutdownGroup)
  var configuration = ServiceGroupConfiguration(
    services: services.map { .init(service: $0) } + [last], gracefulShutdownSignals: [.sigterm, .sigint],
    logger: base.logger)
  configuration.maximumGracefulShutdownDuration = base.configuration.drain
  return ServiceGroup(configuration: configuration)
}

/// Builds what runs once the log and the store are there. It ends in the opposite order: intake stops taking requests
/// before the workers stop deciding them.
///
/// - Parameter rooms: makes the waiting rooms' topic, if that is not there yet.
func build(
  _ running: RunningParts, of base: Foundations, rooms: RoomTopicService?, announcer: Announcer?
) -> ServiceGroup {
  var services: [any Service] = []
  if let rooms { services.append(rooms) }
  if let commandWriter = running.commandWriter {
    services.append(WriterService(writer: commandWriter, drain: base.configuration.drain / 2))
  }
  if let rooms = running.rooms {
    services.append(RoomWriterService(writer: rooms, drain: base.configuration.drain / 2))
  }
  if let relay = running.relay { services.append(relay) }
  if let worker = running.worker { services.append(worker) }
  if let intake = running.intake {
    services.append(Listening(service: intake, variable: .http, address: base.configuration.http))
  }
  if let announcer { services.append(announcer) }
  return ServiceGroup(services: services, logger: base.logger)
}

extension Foundations {
  private var partitions: Int32 { Int32(configuration.log.partitions) }

  /// What runs on this topic, with this part in it.
  func running(
    _ roles: [Role], on topic: TopicDescription, preparedBy preparation: LogPreparation
  ) throws -> RunningParts {
    RunningParts(
      worker: roles.contains(.worker) ? worker(on: topic) : nil,
      intake: roles.contains(.intake) ? try intake(on: topic, servesDemo: roles.contains(.admin)) : nil,
      relay: roles.contains(.relay) ? relay(on: topic, preparedBy: preparation) : nil,
      commandWriter: roles.contains(.admin) ? try commandWriter(on: topic) : nil,
      rooms: roles.contains(.admin)
        ? try RoomWriter(cluster: cluster, topic: RoomLog.topic(beside: topic.name), logger: logger) : nil)
  }

  /// Host and process, for people.
  private var name: String { "\(ProcessInfo.processInfo.hostName)/\(ProcessInfo.processInfo.processIdentifier)" }

  private func relay(on topic: TopicDescription, preparedBy preparation: LogPreparation) -> RelayService {
    var relay = RelayConfiguration(orders: topic.name, events: configuration.eventsTopic, name: name)
    // Nobody is kept from selling because the cluster refuses another topic.
    relay.makeTopic = { try await preparation.makeEventsTopic() }
    relay.networks = configuration.webhookNetworks
    return RelayService(
      configuration: relay, cluster: cluster, database: configuration.database, waits: waits.relay, logger: logger)
  }

  private func worker(on topic: TopicDescription) -> WorkerService {
    var worker = WorkerConfiguration(
      topic: topic.name, group: configuration.consumerGroup, ownerName: name)
    worker.lease = configuration.lease
    var rooms = WorkerConfiguration.Rooms(topic: RoomLog.topic(beside: topic.name), askBeacon: BeaconClient().ask)
    rooms.lease = configuration.lease
    if topic.isEmbedded { rooms.tuning.fetchWait = Kafka.Limits.embeddedFetchWait }
    worker.rooms = rooms
    // Kafka answers a fetch as soon as there is a record; the embedded broker makes each decision wait for it.
    if topic.isEmbedded { worker.tuning.fetchWait = Kafka.Limits.embeddedFetchWait }
    return WorkerService(
      configuration: worker, cluster: cluster, database: configuration.database, waits: waits.worker, logger: logger)
  }

  /// - Parameter servesDemo: whether buyers have a page here, if everybody is believed: in `penstock up` only.
  private func intake(on topic: TopicDescription, servesDemo: Bool) throws -> IntakeService {
    let limit = try BacklogLimit.of(topic, configured: configuration.log.backlogLimit)
    logger.info("backlog limit", metadata: ["records_per_partition": "\(limit)"])
    var intake = IntakeConfiguration(
      host: configuration.http.host, port: configuration.http.port, topic: topic.name, partitions: partitions,
      backlogLimit: Int64(limit), tickets: configuration.tickets, codes: configuration.codes,
      eventLoops: configuration.eventLoops)
    intake.identification = configuration.identification
    intake.verdicts = configuration.verdicts
    intake.limits = configuration.limits
    intake.shop = configuration.shop
    intake.servesDemo = servesDemo
    intake.webhooks = configuration.webhooks
    intake.trustedProxies = configuration.trustedProxies
    var rooms = IntakeConfiguration.Rooms(
      topic: RoomLog.topic(beside: topic.name), tokens: configuration.roomTokens)
    if topic.isEmbedded {
      rooms.tuning.fetchWait = Kafka.Limits.embeddedFetchWait
      rooms.recordsKept = Int64(BacklogLimit.embeddedRoomRecords)
    }
    intake.rooms = rooms
    // Its drain is one of several, one after another, within the deadline.
    intake.drainDeadline = configuration.drain / 2
    return try IntakeService(
      configuration: intake, cluster: cluster, store: store, database: configuration.database, waits: waits.intake,
      logger: logger)
  }

  private func commandWriter(on topic: TopicDescription) throws -> OrderWriter {
    try OrderWriter(cluster: cluster, topic: topic.name, logger: logger)
  }

  fileprivate func adminHooks(_ stage: Stage) -> AdminHooks {
    // A client for each long read: they are rare. Who watches a sale asks for the ends once a second.
    let reader: @Sendable () throws -> OrderReader = { [cluster, topic = configuration.log.topic, logger] in
      try OrderReader(cluster: cluster, topic: topic, logger: logger)
    }
    let kept = Kept(make: reader)
    let rooms = Kept { [cluster, topic = RoomLog.topic(beside: configuration.log.topic), logger] in
      RoomWatch(RoomFollower(cluster: cluster, topic: topic, logger: logger), logger: logger)
    }
    return AdminHooks(
      countTail: { [partitions] sale, progress in
        try await reader().requests(of: sale.sale, numbered: sale.number, from: progress, partitions: partitions)
      },
      logEnds: { [partitions] in try await kept.value.ends(of: partitions) },
      changeRoom: { try await stage.change($0) },
      room: { sale in try? await rooms.value.counts(of: sale) },
      writeCommands: { [partitions] in try await stage.write($0, partitions: partitions) },
      orderAt: { try await reader().order(at: $0) },
      requeue: { try await stage.write(OutgoingRecord(partition: $0, key: $1, value: $2)) },
      audit: { try await audit($0) },
      pingWebhook: { [networks = configuration.webhookNetworks] endpoint in
        let client = WebhookClient(networks: networks)
        let answer = await client.ping(endpoint, at: .now)
        await client.close()
        return WebhookPing(isDelivered: answer.isDelivered, status: answer.status, detail: answer.words)
      })
  }
}

extension Configuration {
  /// Where the operator's listener is, and what it serves. Throws `ConfigurationError` for a token that it refuses.
  func operatorListener(for roles: [Role]) throws -> OperatorConfiguration {
    do {
      return try OperatorConfiguration(
        host: adminHTTP.host, port: adminHTTP.port, token: adminToken,
        serves: roles.contains(.admin) ? .everything : .healthOnly)
    } catch {
      throw ConfigurationError(problems: ["\(Variable.adminToken.rawValue): \(error.reason)"])
    }
  }
}

/// Hands over what is still to be written before it ends.
struct WriterService: Service {
  let writer: OrderWriter
  let drain: Duration

  func run() async throws {
    try? await gracefulShutdown()
    _ = await writer.shutdown(deadline: drain)
  }
}

/// The same for what the admin says about waiting rooms.
struct RoomWriterService: Service {
  let writer: RoomWriter
  let drain: Duration

  func run() async throws {
    try? await gracefulShutdown()
    await writer.shutdown(deadline: drain)
  }
}

/// Closes the pool when everything that uses it has ended.
struct PoolService: Service {
  let pool: Pool

  func run() async throws {
    try? await gracefulShutdown()
    await pool.close()
  }
}
