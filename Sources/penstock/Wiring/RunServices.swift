import Admin
import ArgumentParser
import Foundation
import Intake
import HTTPServing
import Kafka
import Logging
import Metrics
import Postgres
import Relay
import SaleStore
import ServiceLifecycle
import Telemetry
import Worker

/// Runs parts of Penstock until a signal ends them: reads and checks the configuration, builds, runs. Nothing starts
/// before everything was checked that needs no other process.
func runServices(
  _ roles: [Role], name: String, _ options: ServiceOptions, mayEmbedBroker: Bool = false
) async throws {
  try await reporting {
    try TooFewFiles.check()
    let parts = roles.reduce(into: Set<Configuration.Part>()) { $0.formUnion($1.configuration) }
    let embeds = mayEmbedBroker && Settings(environment).text(.kafkaBrokers) == nil
    let configuration = try Configuration(environment, for: parts, embedsBroker: embeds)
    _ = try configuration.operatorListener(for: roles)
    try await TakenAddress.check(configuration.listeners(of: roles))
    if let file = options.announce { try OutputFile.check(file) }
    let logger = makeLogger(name, level: configuration.logLevel)
    LibraryVersion.log(to: logger)
    let metrics = PrometheusRegistry(
      version: Penstock.configuration.version,
      describing: [
        TelemetryMetric.self, ListenerMetric.self, IntakeMetric.self, WorkerMetric.self, AdminMetric.self,
        RelayMetric.self,
      ])
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
      waitLimit: Limits.poolWaiters, waitTimeout: Limits.poolWait, logger: logger)
    let foundations = Foundations(
      configuration: configuration, cluster: cluster, store: SaleStore(pool: pool), metrics: metrics, waits: waits,
      broker: broker, logger: logger)
    try await build(foundations, roles: roles, announce: options.announce).run()
  }
}

/// The process may open too few files to run at all.
private enum TooFewFiles {
  /// Throws `ConfigurationError`, before anything is opened: without descriptors the libraries end in errors that name
  /// no reason, or crash.
  static func check() throws {
    guard OpenFiles.limit < Limits.openFiles else { return }
    throw ConfigurationError(problems: [
      "this process may open \(OpenFiles.limit) files, and needs \(Limits.openFiles) at least: raise `ulimit -n`"
    ])
  }
}

extension Configuration {
  /// Where a process of these parts listens, by the variable that says so.
  fileprivate func listeners(of roles: [Role]) -> [(Variable, ListenAddress)] {
    let health = [(Variable.adminHTTP, adminHTTP)]
    return roles.contains(where: \.listensForBuyers) ? [(.http, http)] + health : health
  }
}
