public import Foundation
import Synchronization

/// A whole Penstock of real processes on loopback: broker, intakes, workers and admin, each in a process of its own.
/// Instead of the broker it can have a cluster that runs already.
public final class Shop: Sendable {
  /// The variables that every process of this shop has.
  public let environment: [String: String]
  /// `nil`: the cluster ran already.
  public let broker: PenstockProcess?
  private let folder: URL
  private let wrapper: [String]

  /// Kept until the end: a process that nobody refers to any more is ended.
  private let started = Mutex<[PenstockProcess]>([])

  /// The token of the admin API.
  public static let adminToken = "a-token-for-tests-only"

  /// Opens a shop on a database of its own, lends both to `body`, and ends all its processes, however `body` ends.
  ///
  /// - Parameters:
  ///   - broker: the program and the arguments that start a broker, which says its address first.
  ///   - cluster: a cluster that runs already, to be used instead, and the topic there.
  ///   - server: where the database is made; `nil`: on the tests' server.
  ///   - wrapper: a command that runs each of its processes.
  public static func with(
    partitions: Int = 12, broker: [String] = ["penstock", "broker"],
    on cluster: (servers: String, topic: String)? = nil, server: String? = nil, under wrapper: [String] = [],
    _ body: (Shop, TestDatabase) async throws -> Void
  ) async throws {
    try await TestDatabase.with(server: server) { database in
      let shop = try await open(on: database, partitions: partitions, broker: broker, cluster: cluster, under: wrapper)
      do {
        try await body(shop, database)
      } catch {
        await shop.close()
        throw error
      }
      await shop.close()
    }
  }

  private func close() async {
    for process in started.withLock({ $0 }) + [broker].compactMap(\.self) where process.isRunning {
      process.send(signal: SIGKILL)
      _ = await process.exit()
    }
  }

  /// Starts the broker; the other processes are started by the test, in the number that it wants.
  private static func open(
    on database: TestDatabase, partitions: Int, broker: [String], cluster: (servers: String, topic: String)?,
    under wrapper: [String]
  ) async throws -> Shop {
    var started: (process: PenstockProcess, servers: String)?
    if cluster == nil { started = try await startBroker(broker, partitions: partitions, under: wrapper) }
    let servers = cluster?.servers ?? started?.servers ?? ""
    var environment = [
      "PENSTOCK_KAFKA_BROKERS": servers, "PENSTOCK_PARTITIONS": "\(partitions)",
      "PENSTOCK_DATABASE_URL": database.url, "PENSTOCK_HTTP": "127.0.0.1:0", "PENSTOCK_ADMIN_HTTP": "127.0.0.1:0",
      "PENSTOCK_ADMIN_TOKEN": adminToken, "PENSTOCK_TICKET_KEY": String(repeating: "5a", count: 32),
      "PENSTOCK_LOG_LEVEL": "notice",
    ]
    if let topic = cluster?.topic {
      (environment["PENSTOCK_TOPIC"], environment["PENSTOCK_CONSUMER_GROUP"]) = (topic, topic)
    }
    return try Shop(environment: environment, broker: started?.process, wrapper: wrapper)
  }

  /// Starts a broker and reads where it listens.
  public static func startBroker(
    _ command: [String] = ["penstock", "broker"], partitions: Int, under wrapper: [String] = []
  ) async throws -> (process: PenstockProcess, servers: String) {
    let broker = try await PenstockProcess.start(
      command[0], Array(command.dropFirst()), environment: ["PENSTOCK_PARTITIONS": "\(partitions)"],
      under: wrapper)
    guard try await eventually(within: .seconds(20), { broker.standardOutput.contains("\n") }) else {
      throw TestSetUpError("the broker did not say where it listens: \(broker.standardError)")
    }
    return (broker, String(broker.standardOutput.prefix { $0 != "\n" }))
  }

  private init(environment: [String: String], broker: PenstockProcess?, wrapper: [String]) throws {
    self.environment = environment
    self.broker = broker
    self.wrapper = wrapper
    folder = FileManager.default.temporaryDirectory.appending(path: "penstock-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// One running part of the shop.
  public struct Part: Sendable {
    public let process: PenstockProcess

    /// `http://host:port` of the public listener, where it has one.
    public let http: URL?

    /// `http://host:port` of the second listener.
    public let admin: URL
  }

  /// Starts `penstock command` and waits until it says that it is ready.
  ///
  /// - Parameters:
  ///   - wrapper: a command that runs it, such as a profiler's with its options.
  ///   - awaitsReadiness: `false` returns as soon as it listens.
  public func start(
    _ command: String, environment more: [String: String] = [:], under wrapper: [String] = [],
    awaitsReadiness: Bool = true
  ) async throws -> Part {
    let announcement = folder.appending(path: "\(command)-\(UUID().uuidString).json")
    let process = try await PenstockProcess.start(
      "penstock", [command, "--announce", announcement.path], environment: environment.merging(more) { _, new in new },
      under: self.wrapper + wrapper)
    started.withLock { $0.append(process) }
    let announced = try await eventually(within: .seconds(60)) {
      FileManager.default.fileExists(atPath: announcement.path) || !process.isRunning
    }
    guard announced, let data = try? Data(contentsOf: announcement) else {
      throw TestSetUpError("penstock \(command) did not come up: \(process.standardError)")
    }
    struct Addresses: Decodable {
      var http: String?
      var admin: String
    }
    let addresses = try JSONDecoder().decode(Addresses.self, from: data)
    guard let admin = URL(string: "http://\(addresses.admin)") else { throw TestSetUpError("bad \(addresses)") }
    let part = Part(
      process: process, http: addresses.http.flatMap { URL(string: "http://\($0)") }, admin: admin)
    guard awaitsReadiness else { return part }
    let ready = try await eventually(within: .seconds(60)) {
      try await HTTP.get(admin.appending(path: "readyz")).status == 200
    }
    guard ready else { throw TestSetUpError("penstock \(command) is not ready: \(process.standardError)") }
    return part
  }

  /// Creates a sale that is open now, through the admin API.
  public func createSale(
    at admin: URL, id: String, perBuyerLimit: Int? = nil, items: [(sku: String, stock: Int)]
  ) async throws {
    let start = Date.now.addingTimeInterval(-60)
    var sale: [String: Any] = [
      "id": id, "name": "Sale \(id)", "starts_at": start.formatted(.iso8601),
      "ends_at": start.addingTimeInterval(3_600).formatted(.iso8601),
      "items": items.map {
        ["sku": $0.sku, "stock": $0.stock, "price_minor": 19_900, "currency": "CNY"] as [String: Any]
      },
    ]
    sale["per_buyer_limit"] = perBuyerLimit
    let answer = try await HTTP.post(
      admin.appending(path: "admin/api/sales"), headers: ["Authorization": "Bearer \(Self.adminToken)"],
      body: JSONSerialization.data(withJSONObject: sale))
    guard answer.status == 201 else { throw TestSetUpError("sale \(id): \(answer.status) \(answer.text)") }
  }
}
