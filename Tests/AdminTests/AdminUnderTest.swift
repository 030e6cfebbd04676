import Accounts
import Admin
import FlashSale
import Hummingbird
import HummingbirdTesting
import Logging
import Postgres
import SaleStore
import ServiceLifecycle
import Synchronization
import Secrets
import Telemetry
import TestSupport
import Time

/// What a process with the admin API answers its operator, on a database of its own; the log's side is what the test
/// says it is.
struct AdminUnderTest: Sendable {
  static let token = "a-token-for-tests-only"

  let listener: OperatorListener
  let store: SaleStore
  let database: TestDatabase
  let metrics: PrometheusRegistry
  let log: LogUnderTest

  /// Works on bulk jobs when a test says so.
  let jobs: BulkRunner

  /// Lends it to `body` with a client of what answers behind the listener: for requests and answers.
  static func with(
    token: String? = token, serves scope: OperatorConfiguration.Scope = .everything,
    secondPerson: Set<GuardedCommand> = [], checks: @escaping @Sendable () -> [HealthCheck] = { [] },
    _ body: @Sendable (AdminUnderTest, Client) async throws -> Void
  ) async throws {
    try await make(token: token, scope, checks, secondPerson) { admin in
      try await Application(responder: admin.listener.responder, logger: quietLogger).test(.router) { http in
        try await body(admin, Client(http: http, token: token))
      }
    }
  }

  /// Lends it to `body` with the port that it listens at, for what is to be seen of a connection; then waits until it
  /// has shut down gracefully.
  static func listening(
    token: String? = token, _ body: (AdminUnderTest, _ port: Int) async throws -> Void
  ) async throws {
    try await make(token: token, .everything, { [] }) { admin in
      let group = ServiceGroup(services: [admin.listener], logger: quietLogger)
      let running = Task { try await group.run() }
      let result: Result<Void, any Error>
      do {
        result = .success(try await body(admin, admin.listener.boundAddress.port))
      } catch {
        result = .failure(error)
      }
      await group.triggerGracefulShutdown()
      try await running.value
      try result.get()
    }
  }

  private static func make(
    token: String?, _ scope: OperatorConfiguration.Scope, _ checks: @escaping @Sendable () -> [HealthCheck],
    _ secondPerson: Set<GuardedCommand> = [], _ body: (AdminUnderTest) async throws -> Void
  ) async throws {
    try await TestDatabase.with { database in
      try await database.withStore { store in
        let log = LogUnderTest()
        let metrics = PrometheusRegistry(version: "test", describing: [AdminMetric.self, TelemetryMetric.self])
        let routes = AdminRoutes(
          store: store, topic: PlantedRows.topic, hooks: log.hooks, secondPerson: secondPerson,
          passwordCost: Browser.cost, metrics: metrics, logger: quietLogger)
        let listener = OperatorListener(
          configuration: try OperatorConfiguration(
            host: "127.0.0.1", port: 0, token: token.map { Secret($0) }, serves: scope),
          health: ProcessHealth(checks: checks), metrics: metrics, logger: quietLogger,
          addRoutes: routes.add(to:behind:))
        try await body(
          AdminUnderTest(
            listener: listener, store: store, database: database, metrics: metrics, log: log,
            jobs: routes.jobs))
      }
    }
  }
}

/// What the wiring would ask the log: set by a test, and what was asked of it.
final class LogUnderTest: Sendable {
  struct Unreachable: Error {}

  struct State {
    var inFlight: Int64? = 0
    var ends: [Partition: Offset]? = [:]
    var askedFrom: [Partition: Offset] = [:]
    var commands: [LogRecord] = []
    var requeued: [(partition: Partition, key: [UInt8], value: [UInt8])] = []
    var orders: [LogPosition: OrderID] = [:]
    var audits: @Sendable (@escaping @Sendable (AuditStep) -> Void) async throws -> AuditVerdict = { _ in
      throw Unreachable()
    }
    /// What a lane would do with them, before they are answered.
    var decides: @Sendable ([LogRecord]) async throws -> Void = { _ in }
  }

  private let state = Mutex(State())

  /// The closes that were to be written, one for each SKU and try.
  var closes: [StockCommand] {
    commands.compactMap { if case .stock(let command) = $0, command.action == .close { command } else { nil } }
  }

  /// The commands that were to be written.
  var commands: [LogRecord] { state.withLock(\.commands) }

  /// The records that were to be written as they are.
  var requeued: [(partition: Partition, key: [UInt8], value: [UInt8])] { state.withLock(\.requeued) }

  func change(_ change: (inout sending State) -> Void) { state.withLock { change(&$0) } }

  var hooks: AdminHooks {
    AdminHooks(
      countTail: { _, progress in
        try self.state.withLock { state in
          state.askedFrom = progress
          guard let count = state.inFlight else { throw Unreachable() }
          return count
        }
      },
      logEnds: {
        try self.state.withLock { state in
          guard let ends = state.ends else { throw Unreachable() }
          return ends
        }
      },
      writeCommands: { commands in
        let (first, decides) = self.state.withLock { state in
          defer { state.commands += commands.map(\.command) }
          return (state.commands.count, state.decides)
        }
        try await decides(commands.map(\.command))
        return commands.indices.map { LogPosition(partition: 0, offset: Offset(Int64(first + $0))) }
      },
      orderAt: { position in self.state.withLock { $0.orders[position] } },
      requeue: { partition, key, value in
        self.state.withLock { state in
          state.requeued.append((partition, key, value))
          return LogPosition(partition: partition, offset: Offset(700))
        }
      },
      audit: { try await self.state.withLock(\.audits)($0) })
  }
}

extension Sale {
  /// A sale that has begun in November 2025, and lasts so many hours.
  static func sample(
    _ id: String = "double11", name: String = "Double 11", items: [(sku: String, stock: Int32)] = [("phone", 1_000)],
    hours: Int64 = 500_000
  ) throws -> Sale {
    let start = Timestamp(microseconds: 1_762_790_400_000_000)
    return try Sale(
      id: SaleID(validating: id), name: name, startsAt: start,
      endsAt: Timestamp(microseconds: start.microseconds + hours * 3_600_000_000), perBuyerLimit: nil,
      items: items.map {
        try SaleItem(
          sku: SKU(validating: $0.sku), stock: Units($0.stock), price: Price(minor: 19_900, currency: "CNY"))
      })
  }
}
