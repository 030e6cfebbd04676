import FlashSale
import Kafka
import Lane
import Logging
import OrderLog
import SaleStore
import ServiceLifecycle
import Synchronization
import TestSupport
import Worker

/// A log, a database, and workers between them, all in this process; the broker and PostgreSQL are real ones.
final class LogBench: Sendable {
  static let topic = "orders"
  let database: TestDatabase
  let store: SaleStore
  let cluster: ClusterSettings
  let broker: EmbeddedBroker
  let partitions: Int32
  private let fed: Mutex<[Partition: Int64]>
  private let workers = Mutex<[RunningWorker]>([])

  /// Lends a bench to `body`; afterwards its workers are stopped.
  ///
  /// - Parameter recorded: the partition count that the store knows; `nil` is that of the topic.
  static func with(partitions: Int32 = 4, recorded: Int32? = nil, _ body: (LogBench) async throws -> Void) async throws
  {
    try await TestDatabase.with { database in
      try await database.withStore { store in
        let broker = try EmbeddedBroker(topics: [(topic, Int(partitions))], logger: quietLogger)
        let bench = LogBench(database, store, broker, partitions)
        try await store.record(topic: topic, partitions: recorded ?? partitions)
        do {
          try await body(bench)
        } catch {
          await bench.stopAll()
          throw error
        }
        await bench.stopAll()
      }
    }
  }

  private init(_ database: TestDatabase, _ store: SaleStore, _ broker: EmbeddedBroker, _ partitions: Int32) {
    self.database = database
    self.store = store
    self.broker = broker
    self.partitions = partitions
    cluster = ClusterSettings(brokers: broker.bootstrapServers)
    fed = Mutex(Dictionary(uniqueKeysWithValues: (0..<partitions).map { (Partition($0), 0) }))
  }

  private func stopAll() async {
    for worker in workers.withLock({ $0 }) { _ = await worker.stop() }
    await broker.shutdown()
  }

  // MARK: The log

  /// A request in the partition where intake would put it.
  func place(
    _ sale: StoredSale, _ sku: String, buyer: String, quantity: Int32 = 1, key: String? = nil
  ) throws -> OutgoingRecord {
    let buyer = try BuyerID(validating: buyer)
    let order =
      try key.map { OrderID(sale: sale.number, buyer: buyer, key: try IdempotencyKey(validating: $0)) }
      ?? OrderID(randomFor: sale.number)
    let sku = try SKU(validating: sku)
    let request = try PurchaseRequest(
      order: order, stock: StockKey(sale: sale.number, sku: sku), buyer: buyer, quantity: Units(quantity),
      acceptedAt: insideTheSale)
    return record(.place(request), under: RecordKey(sale: sale.sale, sku: sku))
  }

  /// A record in the partition of its key.
  func record(_ record: LogRecord, under key: RecordKey) -> OutgoingRecord {
    OutgoingRecord(record, under: key, partitions: partitions)
  }

  /// Appends the records, in this order, and returns when the broker has all of them.
  func feed(_ records: [OutgoingRecord]) async throws {
    try await Self.feed(records, to: cluster)
    fed.withLock { fed in
      for record in records { fed[record.partition, default: 0] += 1 }
    }
  }

  /// Appends them to the log of another cluster.
  static func feed(_ records: [OutgoingRecord], to cluster: ClusterSettings) async throws {
    try await OrderWriter(cluster: cluster, topic: topic, logger: quietLogger).write(records)
  }

  // MARK: Workers

  /// Starts a worker.
  ///
  /// - Parameters:
  ///   - other: where its log is; `nil` is the bench's own broker.
  ///   - lane: the bounds of its lanes.
  func startWorker(
    _ name: String = "a worker", on other: ClusterSettings? = nil, lane: LaneTuning = LaneTuning(),
    lease: Duration? = nil, logger: Logger = quietLogger
  ) throws -> RunningWorker {
    var configuration = WorkerConfiguration(topic: Self.topic, group: "workers", ownerName: name)
    configuration.lease = lease ?? configuration.lease
    configuration.lane = lane
    configuration.tuning.fetchWait = .milliseconds(10)
    let worker = try RunningWorker(configuration, cluster: other ?? cluster, database: database, logger: logger)
    workers.withLock { $0.append(worker) }
    return worker
  }

  /// Waits until every record that was fed has its outcome.
  func drained(within deadline: Duration = .seconds(60)) async throws -> Bool {
    let fed = fed.withLock { $0 }
    return try await eventually(within: deadline) {
      let progress = try await store.progress(topic: Self.topic)
      let next = Dictionary(uniqueKeysWithValues: progress.map { ($0.partition, $0.nextOffset.rawValue) })
      return fed.allSatisfy { partition, records in records == 0 || next[partition] == records }
    }
  }
}

/// A worker in a service group of its own.
final class RunningWorker: Sendable {
  private let service: WorkerService
  private let group: ServiceGroup
  private let running: Task<Bool, Never>

  init(
    _ configuration: WorkerConfiguration, cluster: ClusterSettings, database: TestDatabase, logger: Logger
  ) throws {
    let service = WorkerService(
      configuration: configuration, cluster: cluster, database: try database.settings, logger: logger)
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)], logger: quietLogger))
    self.service = service
    self.group = group
    running = Task {
      do {
        try await group.run()
        return true
      } catch {
        return false
      }
    }
  }

  var status: WorkerStatus { service.status }

  /// Shuts it down gracefully and waits for its end.
  ///
  /// - Returns: whether it ended without an error.
  func stop() async -> Bool {
    await group.triggerGracefulShutdown()
    return await running.value
  }
}
