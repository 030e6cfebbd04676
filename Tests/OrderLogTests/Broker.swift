import FlashSale
import Kafka
import OrderLog
import TestSupport
import Time

/// The topic of every test.
let topic = "orders"

/// Runs a test against an embedded broker of its own, with librdkafka between.
func withBroker(
  partitions: Int = 1, _ body: (EmbeddedBroker, ClusterSettings) async throws -> Void
) async throws {
  let broker = try EmbeddedBroker(topics: [(topic, partitions)], logger: quietLogger)
  do {
    try await body(broker, ClusterSettings(brokers: broker.bootstrapServers))
  } catch {
    await broker.shutdown()
    throw error
  }
  await broker.shutdown()
}

extension OrderWriter {
  init(_ cluster: ClusterSettings, tuning: ProducerTuning = ProducerTuning()) throws {
    try self.init(cluster: cluster, topic: topic, tuning: tuning, logger: quietLogger)
  }
}

extension OrderReader {
  init(_ cluster: ClusterSettings) throws {
    try self.init(cluster: cluster, topic: topic, logger: quietLogger)
  }

  /// What a partition has, each record as text.
  func texts(of partition: Partition, _ text: (borrowing LentRecord) throws -> String) async throws -> [String] {
    var texts: [String] = []
    try await read(try await bounds(of: partition), of: partition) { texts.append(try text($0)) }
    return texts
  }
}

/// The time in every record.
let now = Timestamp(microseconds: 1_800_000_000_000_000)

/// A sale of these SKUs, each decided for itself.
func sale(_ id: String = "double11", of skus: [String]) throws -> Sale {
  try Sale(
    id: SaleID(validating: id), name: id, startsAt: Timestamp(microseconds: 1_700_000_000_000_000),
    endsAt: Timestamp(microseconds: 1_900_000_000_000_000), perBuyerLimit: nil,
    items: skus.map {
      try SaleItem(sku: SKU(validating: $0), stock: Units(1), price: Price(minor: 100, currency: "CNY"))
    })
}

/// A request for one unit.
func request(_ number: SaleNumber, _ sku: String) throws -> LogRecord {
  .place(
    try PurchaseRequest(
      order: OrderID(randomFor: number), stock: StockKey(sale: number, sku: SKU(validating: sku)),
      buyer: BuyerID(validating: "alice"), quantity: Units(1), acceptedAt: now))
}
