import FlashSale
import Foundation
import Intake
import Kafka
import OrderLog
import Postgres
import SaleStore
import ServiceLifecycle
import TestSupport
import Time

/// A real intake in this process, with a database and an embedded broker of its own.
struct RunningIntake: Sendable {
  static let topic = "orders"
  static let secret = [UInt8](repeating: 7, count: 32)

  let service: IntakeService
  let group: ServiceGroup
  let broker: EmbeddedBroker
  let database: TestDatabase
  let store: SaleStore
  let host: String
  let port: Int
  let partitions: Int32

  /// What a test may set differently.
  struct Options {
    var partitions: Int32 = 1
    var backlogLimit: Int64 = 10_000
    var tuning = ProducerTuning()
    var configure: (inout IntakeConfiguration) -> Void = { _ in }

    init() { tuning.linger = .milliseconds(1) }
  }

  /// Starts an intake with these sales, lends it to `body`, and stops it.
  static func with<Answer: Sendable>(
    sales: [Sale], _ change: (inout Options) -> Void = { _ in }, _ body: (RunningIntake) async throws -> Answer
  ) async throws -> Answer {
    var options = Options()
    change(&options)
    let final = options
    return try await TestDatabase.with { database in
      try await database.withStore { store in
        for sale in sales { _ = try await store.create(sale) }
        let broker = try EmbeddedBroker(
          topics: [
            (name: topic, partitions: Int(final.partitions)), (name: RoomLog.topic(beside: topic), partitions: 1),
          ], logger: quietLogger)
        let answer = try await start(final, broker, database, store, body)
        await broker.shutdown()
        return answer
      }
    }
  }

  /// Starts one more intake beside this one: same broker, same database.
  func withSibling<Answer: Sendable>(_ body: (RunningIntake) async throws -> Answer) async throws -> Answer {
    var options = Options()
    options.partitions = partitions
    return try await Self.start(options, broker, database, store, body)
  }

  private static func start<Answer: Sendable>(
    _ options: Options, _ broker: EmbeddedBroker, _ database: TestDatabase, _ store: SaleStore,
    _ body: (RunningIntake) async throws -> Answer
  ) async throws -> Answer {
    var configuration = IntakeConfiguration(
      host: "127.0.0.1", port: 0, topic: topic, partitions: options.partitions, backlogLimit: options.backlogLimit,
      tickets: try TicketSigner(secrets: [secret]), eventLoops: 2)
    options.configure(&configuration)
    let service = try IntakeService(
      configuration: configuration, cluster: ClusterSettings(brokers: broker.bootstrapServers), store: store,
      database: try database.settings, tuning: options.tuning, logger: quietLogger)
    let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: quietLogger))
    let run = Task { try await group.run() }
    do {
      let parts = try await service.boundAddress.split(separator: ":")
      let intake = RunningIntake(
        service: service, group: group, broker: broker, database: database, store: store, host: String(parts[0]),
        port: Int(parts[1]) ?? 0, partitions: options.partitions)
      let answer = try await body(intake)
      await group.triggerGracefulShutdown()
      try await run.value
      return answer
    } catch {
      await group.triggerGracefulShutdown()
      try? await run.value
      throw error
    }
  }

  /// A new connection, for exact bytes.
  func connect(receiveBuffer: Int32? = nil) async throws -> RawClient {
    try await RawClient.connect(host: host, port: port, receiveBuffer: receiveBuffer)
  }

  /// Sends one request on a connection of its own.
  func send(_ request: String) async throws -> RawClient.Answer {
    let client = try await connect()
    defer { client.close() }
    try await client.send(request)
    return try await client.answer(toHead: request.hasPrefix("HEAD "))
  }

  /// Posts an order on a connection of its own.
  func order(
    _ body: String = #"{"sku":"phone","quantity":1}"#, sale: String = "double11", buyer: String? = "alice",
    key: String? = nil, type: String? = "application/json"
  ) async throws -> RawClient.Answer {
    try await send(Self.orderRequest(body, sale: sale, buyer: buyer, key: key, type: type))
  }

  /// The bytes of an order.
  static func orderRequest(
    _ body: String = #"{"sku":"phone","quantity":1}"#, sale: String = "double11", buyer: String? = "alice",
    key: String? = nil, type: String? = "application/json"
  ) -> String {
    var head = "POST /v1/sales/\(sale)/orders HTTP/1.1\r\nHost: test\r\nContent-Length: \(body.utf8.count)\r\n"
    if let buyer { head += "X-Buyer-Id: \(buyer)\r\n" }
    if let key { head += "Idempotency-Key: \(key)\r\n" }
    if let type { head += "Content-Type: \(type)\r\n" }
    return head + "\r\n" + body
  }

  /// Asks for a path as a buyer.
  func get(_ path: String, buyer: String? = "alice") async throws -> RawClient.Answer {
    let header = buyer.map { "X-Buyer-Id: \($0)\r\n" } ?? ""
    return try await send("GET \(path) HTTP/1.1\r\nHost: test\r\n\(header)\r\n")
  }

  /// All records of a partition, in order.
  func records(partition: Partition = 0) async throws -> [LogRecord] {
    let reader = try OrderReader(
      cluster: ClusterSettings(brokers: broker.bootstrapServers), topic: Self.topic, logger: quietLogger)
    let records = Collected()
    try await reader.read(try await reader.bounds(of: partition, timeout: .seconds(10)), of: partition) { record in
      records.append(try record.decoded())
    }
    return records.all
  }

  /// Sets the levels as a lane does, and a hold that is due in a minute where units are held.
  func setStock(left: Int32, reserved: Int32) async throws {
    let connection = try await database.connect()
    _ = try await connection.query(
      "UPDATE stock SET units_left = $1, reserved = $2, as_of = as_of + 1", left, reserved)
    if reserved > 0 {
      _ = try await connection.query(
        """
        INSERT INTO holds (order_id, log_offset, due, price_minor, as_of, sale, partition, units, sequence, state, sku,
          currency, buyer)
        VALUES (gen_random_uuid(), 0, now() + interval '1 minute', 199900, 1, 1, 0, $1, 1, 2, 'phone', 'CNY', 'zoe')
        """, reserved)
    } else {
      _ = try await connection.query("DELETE FROM holds")
    }
    await connection.close()
  }

  /// Writes the progress of a partition, as a lane does, and signals it.
  func decideUp(
    to offset: Int64, partition: Partition = 0, stock: [StockKey: Units] = [:], isClosed: Bool = false
  ) async throws {
    let connection = try await database.connect()
    try await store.record(topic: Self.topic, partitions: partitions)
    _ = try await connection.query(
      """
      INSERT INTO partition_progress (topic, partition, next_offset) VALUES ($1, $2, $3)
      ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset
      """, Self.topic, partition.rawValue, offset)
    var signal = Signal(progress: [partition: Offset(offset)])
    for (key, left) in stock {
      let rows = try await connection.query(
        """
        UPDATE stock SET units_left = $3, closed = $4, as_of = as_of + 1 WHERE sale = $1 AND sku = $2 RETURNING as_of
        """, key.sale.rawValue, key.sku.rawValue, left.rawValue, isClosed)
      signal.stock[key] = StockLevel(left: left, isClosed: isClosed, asOf: Offset(try rows[0].int64(0)))
    }
    for payload in signal.payloads(topic: Self.topic) {
      _ = try await connection.query("SELECT pg_notify($1, $2)", "\(Signal.channel)", payload)
    }
    await connection.close()
  }
}

/// Records as a closure collects them.
private final class Collected: @unchecked Sendable {
  // `OrderReader.read` calls its closure from one place at a time, and returns when it has called it last.
  private(set) var all: [LogRecord] = []
  func append(_ record: LogRecord) { all.append(record) }
}

extension Sale {
  /// A sale that is open for an hour, of one SKU `phone`.
  static func open(
    _ id: String = "double11", stock: Int32 = 1_000, ordering: Ordering? = nil, shaping: SaleShaping = SaleShaping(),
    holds: HoldRules? = nil
  ) throws -> Sale {
    try window(id, from: -60, to: 3_600, stock: stock, shaping: shaping, holds: holds)
  }

  /// A sale whose window is given in seconds from now.
  static func window(
    _ id: String, from: Int64, to: Int64, stock: Int32 = 1_000, shaping: SaleShaping = SaleShaping(),
    holds: HoldRules? = nil
  ) throws -> Sale {
    let now = Int64(Date().timeIntervalSince1970)
    return try Sale(
      id: SaleID(validating: id), name: "Singles' \"Day\" 双十一",
      startsAt: Timestamp(microseconds: (now + from) * 1_000_000),
      endsAt: Timestamp(microseconds: (now + to) * 1_000_000), perBuyerLimit: Units(2),
      shaping: shaping, holds: holds,
      items: [
        SaleItem(sku: SKU(validating: "phone"), stock: Units(stock), price: Price(minor: 199_900, currency: "CNY"))
      ])
  }
}
