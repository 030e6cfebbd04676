import Admin
import ArgumentParser
import Foundation
import Intake
import Kafka
import Logging
import Metrics
import Postgres
import SaleStore
import ServiceLifecycle
import Vitals
import Worker

/// Runs parts of Penstock until a signal ends them: reads the configuration, waits for what they need, builds, runs.
func runServices(
  _ roles: [Role], name: String, _ options: ServiceOptions, mayEmbedBroker: Bool = false
) async throws {
  try await reporting {
    var parts = roles.reduce(into: Set<Configuration.Part>()) { $0.formUnion($1.configuration) }
    let embeds = mayEmbedBroker && Settings(environment).text(.kafkaBrokers) == nil
    if embeds { parts.remove(.kafka) }
    let configuration = try Configuration(environment, for: parts)
    _ = try configuration.admin(for: roles)
    let logger = makeLogger(name, level: configuration.logLevel)
    LibraryVersion.log(to: logger)
    let metrics = PrometheusRegistry(
      version: Penstock.configuration.version,
      describing: [VitalsMetric.self, IntakeMetric.self, WorkerMetric.self, AdminMetric.self])
    MetricsSystem.bootstrap(metrics)

    let waits = ProcessWaits()
    var cluster = configuration.cluster
    cluster.waits = waits.log
    var broker: EmbeddedBrokerProcess?
    if embeds {
      let started = try await EmbeddedBrokerProcess.start(
        topic: configuration.log.topic, partitions: configuration.log.partitions, logger: logger)
      cluster.brokers = started.bootstrapServers
      broker = started
    }
    let pool = Pool(
      configuration.database.named("penstock \(name)", noting: waits.store), size: configuration.databasePool,
      waitLimit: 1_000, waitTimeout: .seconds(5), logger: logger)
    let store = SaleStore(pool: pool)
    let topic = try await LogPreparation(configuration: configuration, cluster: cluster, store: store, logger: logger)
      .run()
    let foundations = Foundations(
      configuration: configuration, cluster: cluster, store: store, topic: topic, metrics: metrics, waits: waits,
      broker: broker, logger: logger)
    let group = try build(foundations, roles: roles, announce: options.announce)
    try await group.run()
  }
}
