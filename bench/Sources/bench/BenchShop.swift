import FlashSale
import Foundation
import Postgres
import SaleStore
import TestSupport

/// A shop of real processes that is measured: release binaries, each in a session of its own, a database of its own,
/// and a broker of its own or a topic of its own on a cluster.
struct BenchShop {
  let database: TestDatabase
  let partitions: Int
  let connection: Connection
  let admin: URL
  private let shop: Shop
  private let ours: [String: String]

  /// What every part of it is told.
  var environment: [String: String] { shop.environment.merging(ours) { _, new in new } }

  /// The embedded broker; `nil` beside a cluster.
  var broker: PenstockProcess? { ours.isEmpty ? shop.broker : nil }

  var brokers: String { environment["PENSTOCK_KAFKA_BROKERS"] ?? "" }
  var topic: String { environment["PENSTOCK_TOPIC"] ?? "orders" }

  /// Signs tickets as its intakes do.
  var ticketSigner: TicketSigner {
    get throws { try TicketSigner(secrets: [ticketKey]) }
  }

  /// Signs tokens of waiting rooms as its intakes do.
  var roomTokenSigner: RoomTokenSigner {
    get throws { try RoomTokenSigner(secrets: [ticketKey]) }
  }

  private var ticketKey: [UInt8] { Hexadecimal.bytes(environment["PENSTOCK_TICKET_KEY"] ?? "") ?? [] }

  /// Opens one with these parts beside broker and admin, lends it to `body`, and ends it.
  ///
  /// - Parameter cluster: where its topic is; `nil` is the embedded broker. (With a cluster, the shop's embedded broker
  ///   is there all the same, and idle.)
  static func with<Answer>(
    _ cluster: Cluster?, partitions: Int = 12, _ body: (BenchShop) async throws -> Answer
  ) async throws -> Answer {
    let ours = cluster?.environmentOfNextTopic() ?? [:]
    var answer: Answer?
    try await Shop.with(partitions: partitions, under: ApartCommand.wrapper) { shop, database in
      let admin = try await shop.start("admin", environment: ours).admin
      let bench = BenchShop(
        database: database, partitions: partitions, connection: try await database.connect(), admin: admin,
        shop: shop, ours: ours)
      answer = try await body(bench)
      await bench.connection.close()
    }
    guard let answer else { throw TestSetUpError("a shop closed without an answer") }
    return answer
  }

  /// Starts `penstock command` and waits until it is ready.
  ///
  /// - Parameters:
  ///   - wrapper: a command that runs it, such as a profiler's with its options.
  ///   - awaitsReadiness: `false` returns as soon as it listens.
  func start(
    _ command: String, under wrapper: [String] = [], awaitsReadiness: Bool = true
  ) async throws -> Shop.Part {
    try await shop.start(command, environment: ours, under: wrapper, awaitsReadiness: awaitsReadiness)
  }

  /// Starts a worker, and waits until it has every partition.
  ///
  /// - Parameter wrapper: as for `start`.
  @discardableResult
  func startWorker(under wrapper: [String] = []) async throws -> Shop.Part {
    let worker = try await start("worker", under: wrapper)
    guard try await eventually(within: .seconds(60), { try await progress().count == partitions }) else {
      throw TestSetUpError("the worker did not claim \(partitions) partitions within 60 s")
    }
    return worker
  }

  /// Puts up a sale that is open now.
  func putUp(_ id: String, _ items: [(sku: String, stock: Int)]) async throws -> StoredSale {
    try await shop.createSale(at: admin, id: id, items: items)
    return try await sale(id)
  }

  /// Puts up a sale that is open now, with rules for its crowd and for what is won: what its `shaping` and its `holds`
  /// say in JSON.
  func putUp(
    _ id: String, _ items: [(sku: String, stock: Int)], shaping: [String: Any] = [:], holds: [String: Any]?
  ) async throws -> StoredSale {
    let start = Date.now.addingTimeInterval(-60)
    var body: [String: Any] = [
      "id": id, "name": "Sale \(id)", "starts_at": start.formatted(.iso8601),
      "ends_at": start.addingTimeInterval(3_600).formatted(.iso8601), "shaping": shaping,
      "items": items.map {
        ["sku": $0.sku, "stock": $0.stock, "price_minor": 1, "currency": "CNY"] as [String: Any]
      },
    ]
    body["holds"] = holds
    let answer = try await HTTP.post(
      admin.appending(path: "admin/api/sales"), headers: ["Authorization": "Bearer \(Shop.adminToken)"],
      body: JSONSerialization.data(withJSONObject: body))
    guard answer.status == 201 else { throw TestSetUpError("sale \(id): \(answer.status) \(answer.text)") }
    return try await sale(id)
  }

  /// As the other, without holds.
  func putUp(_ id: String, _ items: [(sku: String, stock: Int)], shaping: [String: Any]) async throws -> StoredSale {
    try await putUp(id, items, shaping: shaping, holds: nil)
  }

  private func sale(_ id: String) async throws -> StoredSale {
    try await database.withStore { store in
      guard let sale = try await store.sale(SaleID(validating: id)) else { throw TestSetUpError("no sale \(id)") }
      return sale
    }
  }

  /// Tells intake that everything is decided, now and later: for rows without a worker, in which the backlog would
  /// otherwise soon be full. Intake reads progress every second.
  func openTheLine() async throws {
    for partition in 0..<Int32(partitions) {
      _ = try await connection.query(
        """
        INSERT INTO partition_progress (topic, partition, next_offset) VALUES ($1, $2, $3)
        ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset
        """, topic, partition, Int64(1) << 50)
    }
  }

  /// Takes the last unit of a sale off its stock.
  func sellOut(_ sale: StoredSale) async throws {
    _ = try await connection.query("UPDATE stock SET units_left = 0 WHERE sale = $1", sale.number.rawValue)
  }

  /// The first undecided offset of each partition.
  func progress() async throws -> [Partition: Offset] {
    let rows = try await connection.query(
      "SELECT partition, next_offset FROM partition_progress WHERE topic = $1", topic)
    return try Dictionary(uniqueKeysWithValues: rows.map { (Partition(try $0.int32(0)), Offset(try $0.int64(1))) })
  }
}
