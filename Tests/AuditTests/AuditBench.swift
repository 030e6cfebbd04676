import Audit
import FlashSale
import Kafka
import Logging
import OrderLog
import SaleStore
import ServiceLifecycle
import TestSupport
import Time
import Worker

/// A log and a database that a real worker has filled, to be audited. The broker and PostgreSQL are real ones.
struct AuditBench: Sendable {
  static let topic = "orders"
  let database: TestDatabase
  let store: SaleStore
  let broker: EmbeddedBroker
  let partitions: Int32

  var cluster: ClusterSettings { ClusterSettings(brokers: broker.bootstrapServers) }

  /// Lends a bench to `body`.
  static func with(partitions: Int32 = 1, _ body: (AuditBench) async throws -> Void) async throws {
    try await TestDatabase.with { database in
      try await database.withStore { store in
        let broker = try EmbeddedBroker(topics: [(topic, Int(partitions))], logger: quietLogger)
        try await store.record(topic: topic, partitions: partitions)
        do {
          try await body(AuditBench(database: database, store: store, broker: broker, partitions: partitions))
        } catch {
          await broker.shutdown()
          throw error
        }
        await broker.shutdown()
      }
    }
  }

  // MARK: The log

  /// A request in the partition where intake would put it.
  func place(
    _ sale: StoredSale, _ sku: String, _ buyer: String, _ quantity: Int32 = 1, key: String? = nil,
    at time: Timestamp = insideTheSale, terms: OrderTerms = .none
  ) throws -> OutgoingRecord {
    let request = try PurchaseRequest(
      order: try order(sale, buyer, key: key), stock: StockKey(sale: sale.number, sku: try SKU(validating: sku)),
      buyer: try BuyerID(validating: buyer), quantity: Units(quantity), acceptedAt: time, terms: terms)
    return record(.place(request), sale, sku)
  }

  /// The id of a buyer's order; without a key, of the only one that they place.
  func order(_ sale: StoredSale, _ buyer: String, key: String? = nil) throws -> OrderID {
    OrderID(
      sale: sale.number, buyer: try BuyerID(validating: buyer), key: try IdempotencyKey(validating: key ?? "only"))
  }

  /// A record in the partition of its key.
  func record(_ record: LogRecord, _ sale: StoredSale, _ sku: String) -> OutgoingRecord {
    OutgoingRecord(record, under: RecordKey(sale: sale.sale, sku: SKU(unchecked: sku)), partitions: partitions)
  }

  /// Appends the records, in this order, and returns when the broker has all of them.
  func feed(_ records: [OutgoingRecord]) async throws {
    try await OrderWriter(cluster: cluster, topic: Self.topic, logger: quietLogger).write(records)
  }

  // MARK: The worker

  /// Runs a worker until everything in the log has its outcome.
  func decideAll() async throws {
    let ends = try await OrderReader(cluster: cluster, topic: Self.topic, logger: quietLogger).ends(of: partitions)
    var configuration = WorkerConfiguration(topic: Self.topic, group: "workers", ownerName: "a worker")
    configuration.tuning.fetchWait = .milliseconds(10)
    let service = WorkerService(
      configuration: configuration, cluster: cluster, database: try database.settings, logger: quietLogger)
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)], logger: quietLogger))
    let running = Task { try await group.run() }
    let isDrained = try await eventually(within: .seconds(90)) {
      let progress = try await store.progress(topic: Self.topic)
      let next = Dictionary(uniqueKeysWithValues: progress.map { ($0.partition, $0.nextOffset) })
      return ends.allSatisfy { partition, end in next[partition, default: 0] >= end }
    }
    await group.triggerGracefulShutdown()
    try await running.value
    guard isDrained else { throw TestSetUpError("the worker did not come to the end of the log") }
  }

  // MARK: The audit

  /// Runs an audit of this log, or of another cluster's.
  func audit(of other: ClusterSettings? = nil, ledger: LedgerFile? = nil) async throws -> AuditReport {
    try await audit(OrderReader(cluster: other ?? cluster, topic: Self.topic, logger: quietLogger), ledger: ledger)
  }

  /// Runs an audit of any log.
  func audit(_ log: some AuditLog, ledger: LedgerFile? = nil) async throws -> AuditReport {
    let audited = try await AuditStore.connect(try database.settings, logger: quietLogger)
    do {
      let report = try await Auditor(store: audited, log: log, topic: Self.topic).run(ledger: ledger)
      await audited.close()
      return report
    } catch {
      await audited.close()
      throw error
    }
  }

  /// Runs `penstock audit` as a process of its own.
  func auditProcess(_ arguments: [String] = []) async throws -> (exit: Int32, output: String, errors: String) {
    let run = try await PenstockProcess.run(
      "penstock", ["audit"] + arguments,
      environment: [
        "PENSTOCK_KAFKA_BROKERS": broker.bootstrapServers, "PENSTOCK_DATABASE_URL": database.url,
        "PENSTOCK_LOG_LEVEL": "critical",
      ])
    return (run.exit.code, run.output, run.errors)
  }
}

/// An instant at which the tests' sales are open.
let insideTheSale = Timestamp(microseconds: 1_800_000_000_000_000)

/// A sale around `insideTheSale`.
func openSale(_ id: String, stock: [String: Int32], limit: Int32? = nil) throws -> Sale {
  try Sale(
    id: SaleID(validating: id), name: "Sale \(id)", startsAt: Timestamp(microseconds: 1_700_000_000_000_000),
    endsAt: Timestamp(microseconds: 1_900_000_000_000_000), perBuyerLimit: limit.map(Units.init(_:)),
    items: stock.sorted { $0.key < $1.key }.map { sku, units in
      try SaleItem(sku: SKU(validating: sku), stock: Units(units), price: Price(minor: 199_900, currency: "CNY"))
    })
}
