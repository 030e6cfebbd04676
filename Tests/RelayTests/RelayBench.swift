@testable import FlashSale
import Kafka
import Logging
import OrderLog
import Postgres
import Relay
import SaleStore
import ServiceLifecycle
import SwiftProtobuf
import Synchronization
import TestSupport
import Time
import Worker

/// A log, a database, a worker, and relays, all in this process; the broker and PostgreSQL are real ones.
final class RelayBench: Sendable {
  static let orders = "orders"
  static let events = "order-events"
  static let otherEvents = "order-events-2"
  let database: TestDatabase
  let store: SaleStore
  let cluster: ClusterSettings
  let partitions: Int32
  private let broker: EmbeddedBroker
  private let running = Mutex<[Running]>([])

  static func with(partitions: Int32 = 2, _ body: (RelayBench) async throws -> Void) async throws {
    try await TestDatabase.with { database in
      try await database.withStore { store in
        let broker = try EmbeddedBroker(
          topics: [orders, events, otherEvents].map { ($0, Int(partitions)) }, logger: quietLogger)
        let bench = RelayBench(database, store, broker, partitions)
        try await store.record(topic: orders, partitions: partitions)
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
    (self.database, self.store, self.broker, self.partitions) = (database, store, broker, partitions)
    cluster = ClusterSettings(brokers: broker.bootstrapServers)
  }

  private func stopAll() async {
    for service in running.withLock({ $0 }) { await service.stop() }
    await broker.shutdown()
  }

  // MARK: What runs

  func startWorker() throws {
    var configuration = WorkerConfiguration(topic: Self.orders, group: "workers", ownerName: "a worker")
    configuration.tuning.fetchWait = .milliseconds(10)
    _ = run(
      WorkerService(
        configuration: configuration, cluster: cluster, database: try database.settings, logger: quietLogger))
  }

  /// Starts a relay that may send webhooks to this machine.
  func startRelay(
    _ name: String = "a relay", to other: ClusterSettings? = nil, events: String = RelayBench.events,
    lease: Duration? = nil, now: (@Sendable () -> Timestamp)? = nil,
    resolve: (@Sendable (String) throws -> [String])? = nil
  ) throws -> (service: RelayService, running: Running) {
    var configuration = RelayConfiguration(orders: Self.orders, events: events, name: name)
    configuration.networks = ["127.0.0.0/8"].compactMap { NetworkBlock($0) }
    configuration.lease = lease ?? configuration.lease
    if let now { configuration.now = now }
    if let resolve { configuration.resolve = resolve }
    let service = RelayService(
      configuration: configuration, cluster: other ?? cluster, database: try database.settings, logger: quietLogger)
    return (service, run(service))
  }

  private func run(_ service: some Service) -> Running {
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)], logger: quietLogger))
    let running = Running(group: group, task: Task { try await group.run() })
    self.running.withLock { $0.append(running) }
    return running
  }

  struct Running: Sendable {
    let group: ServiceGroup
    let task: Task<Void, any Error>

    func stop() async {
      await group.triggerGracefulShutdown()
      _ = try? await task.value
    }
  }

  // MARK: The log

  /// A request in its partition.
  func place(
    _ sale: StoredSale, _ sku: String = "phone", buyer: String, quantity: Int32 = 1, waits: Bool = false
  ) throws -> OutgoingRecord {
    let stock = StockKey(sale: sale.number, sku: try SKU(validating: sku))
    var terms = OrderTerms.none
    terms.waits = waits
    let request = try PurchaseRequest(
      order: order(sale, of: buyer), stock: stock, buyer: BuyerID(validating: buyer), quantity: Units(quantity),
      acceptedAt: .noon, terms: terms)
    return record(.place(request), sale, sku)
  }

  /// A request of several lines in its partition.
  func place(_ sale: StoredSale, buyer: String, _ lines: [(String, Int32)]) throws -> OutgoingRecord {
    let request = try PurchaseRequest(
      order: order(sale, of: buyer), sale: sale.number,
      lines: lines.map { OrderLine(sku: try SKU(validating: $0), quantity: Units($1)) },
      buyer: BuyerID(validating: buyer), acceptedAt: .noon)
    return record(.place(request), sale, lines[0].0)
  }

  /// A command about a buyer's order.
  func does(
    _ action: OrderCommand.Action, _ sale: StoredSale, _ sku: String = "phone", buyer: String, after seconds: Int64 = 1
  ) throws -> OutgoingRecord {
    let command = try OrderCommand(
      order: order(sale, of: buyer), stock: StockKey(sale: sale.number, sku: SKU(validating: sku)),
      at: Timestamp(microseconds: Timestamp.noon.microseconds + seconds * 1_000_000), action: action, by: .shop)
    return record(.order(command), sale, sku)
  }

  func order(_ sale: StoredSale, of buyer: String) throws -> OrderID {
    OrderID(sale: sale.number, buyer: try BuyerID(validating: buyer), key: try IdempotencyKey(validating: "key"))
  }

  private func record(_ record: LogRecord, _ sale: StoredSale, _ sku: String) -> OutgoingRecord {
    OutgoingRecord(record, under: RecordKey(sale: sale.sale, sku: SKU(unchecked: sku)), partitions: partitions)
  }

  func feed(_ records: [OutgoingRecord]) async throws {
    try await OrderWriter(cluster: cluster, topic: Self.orders, logger: quietLogger).write(records)
  }

  // MARK: What came of it

  /// All events in their topic, of each partition in order.
  func published(on other: ClusterSettings? = nil) async throws -> [WireOrderEvent] {
    try await Self.published(on: other ?? cluster, partitions: partitions)
  }

  static func published(on cluster: ClusterSettings, partitions: Int32) async throws -> [WireOrderEvent] {
    let reader = try LogReader(cluster: cluster, topic: events, logger: quietLogger)
    var found: [WireOrderEvent] = []
    for partition in 0..<partitions {
      let (low, high) = try await reader.watermarks(partition: Partition(partition))
      try await reader.read(partition: Partition(partition), from: low, upTo: high) { record in
        let event = record.value.flatMap { try? WireOrderEvent(serializedBytes: Array($0)) }
        guard let event, record.key.map({ String(decoding: $0, as: UTF8.self) }) == event.orderID else {
          throw TestSetUpError("a record is no event")
        }
        found.append(event)
      }
    }
    return found
  }

  /// Waits until so many events are in their topic.
  func published(count: Int, within deadline: Duration = .seconds(30)) async throws -> [WireOrderEvent] {
    _ = try await eventually(within: deadline) { try await published().count >= count }
    return try await published()
  }

  func query(_ statement: Statement, _ parameters: any PostgresEncodable...) async throws -> Rows {
    let connection = try await database.connect()
    let rows = try await connection.query(statement, parameters: parameters)
    await connection.close()
    return rows
  }
}

extension Timestamp {
  static let noon = Timestamp(microseconds: 1_800_000_000_000_000)
}

/// A sale that is open at noon, with 100 units of each SKU at 100.00 CNY.
func openSale(
  _ id: String = "double11", holds: HoldRules? = nil, skus: [String] = ["phone"], units: Int32 = 100,
  ordering: Ordering? = nil
) throws -> Sale {
  try Sale(
    id: SaleID(validating: id), name: id, startsAt: Timestamp(microseconds: 1_700_000_000_000_000),
    endsAt: Timestamp(microseconds: 1_900_000_000_000_000), perBuyerLimit: nil,
    ordering: ordering, holds: holds,
    items: skus.map {
      try SaleItem(sku: SKU(validating: $0), stock: Units(units), price: Price(minor: 10_000, currency: "CNY"))
    })
}

extension [WireOrderEvent] {
  /// Of each order, in the order of the topic, what came for the first time.
  var firsts: [String: [WireOrderEvent]] {
    var seen: Set<String> = []
    return Dictionary(grouping: filter { seen.insert($0.id).inserted }, by: \.orderID)
  }

  /// Whether each order has its events from 1 on, without a gap, and in order.
  var areInOrder: Bool {
    firsts.values.allSatisfy { $0.map(\.sequence) == Array<UInt32>(1...UInt32($0.count)) }
  }
}
