import FlashSale
import Foundation
import Intake
import Kafka
import Postgres
import SaleStore
import ServiceLifecycle
import TestSupport
import Testing

struct LifecycleTests {
  @Test func `on shutdown what is in flight is answered and the connection ends`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = { $0.eventLoops = 1 }
    } _: { intake in
      // Longer than a loaded machine needs until the shutdown has begun.
      try intake.broker.setRoundTrip(.seconds(3))
      let ordering = try await intake.connect()
      try await ordering.send(RunningIntake.orderRequest())
      // One loop takes connections in their order: with this answer, the order has been read.
      let idle = try await intake.connect()
      try await idle.send("GET /v1/sales HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await idle.answer().status == 200)
      await intake.group.triggerGracefulShutdown()
      let answer = try await ordering.answer()
      #expect(answer.status == 202)
      #expect(answer.headers["connection"] == "close")
      #expect(try await ordering.isEnded())
      #expect(try await idle.isEnded())
      #expect(try await eventually { (try? await intake.connect()) == nil })
      #expect(!intake.service.status.isReady)
    }
  }

  @Test func `I12 at the drain deadline orders in flight are told unknown, and slow clients are cut`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = {
        $0.drainDeadline = .milliseconds(300)
        $0.eventLoops = 1
      }
    } _: { intake in
      try intake.broker.setRoundTrip(.seconds(3))
      let ordering = try await intake.connect()
      try await ordering.send(RunningIntake.orderRequest(key: "k"))
      let dripping = try await intake.connect()
      try await dripping.send("POST /v1/sales/double11/orders HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{")
      // One loop takes connections in their order: with this answer, both were read.
      #expect(try await intake.get("/v1/sales").status == 200)
      await intake.group.triggerGracefulShutdown()
      let answer = try await ordering.answer()
      #expect(answer.status == 503)
      #expect(answer.code == "outcome_unknown")
      #expect(try await ordering.isEnded())
      #expect(try await dripping.isEnded())
    }
  }

  @Test func `it waits for PostgreSQL and the log, and stops while it waits`() async throws {
    let store = SaleStore(
      pool: Pool(
        try ConnectionSettings("postgres://nobody@127.0.0.1:1/none"), size: 1, waitLimit: 8,
        waitTimeout: .milliseconds(200), logger: quietLogger))
    let service = try IntakeService(
      configuration: IntakeConfiguration(
        host: "127.0.0.1", port: 0, topic: "orders", partitions: 1,
        tickets: try TicketSigner(secrets: [RunningIntake.secret]), eventLoops: 1),
      cluster: ClusterSettings(brokers: "127.0.0.1:1"), store: store,
      database: try ConnectionSettings("postgres://nobody@127.0.0.1:1/none"), logger: quietLogger)
    let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: quietLogger))
    let run = Task { try await group.run() }
    #expect(try await eventually { service.status.reasons == ["waiting for PostgreSQL"] })
    #expect(!service.status.isReady)
    await group.triggerGracefulShutdown()
    try await run.value
    await #expect(throws: CancellationError.self) { try await service.boundAddress }
    await store.pool.close()
  }

  @Test func `an address that is taken ends it with an error`() async throws {
    try await RunningIntake.with(sales: []) { intake in
      let service = try IntakeService(
        configuration: IntakeConfiguration(
          host: intake.host, port: intake.port, topic: RunningIntake.topic, partitions: 1,
          tickets: try TicketSigner(secrets: [RunningIntake.secret]), eventLoops: 1),
        cluster: ClusterSettings(brokers: intake.broker.bootstrapServers), store: intake.store,
        database: try intake.database.settings, logger: quietLogger)
      await #expect(throws: (any Error).self) { try await service.run() }
    }
  }

  @Test func `a configuration out of range is refused by name`() throws {
    func refused(_ change: (inout IntakeConfiguration) -> Void) -> String? {
      do {
        var configuration = IntakeConfiguration(
          host: "127.0.0.1", port: 0, topic: "orders", partitions: 1,
          tickets: try TicketSigner(secrets: [RunningIntake.secret]), eventLoops: 1)
        change(&configuration)
        let settings = try ConnectionSettings("postgres://nobody@127.0.0.1:1/none")
        let pool = Pool(settings, size: 1, waitLimit: 1, waitTimeout: .seconds(1), logger: quietLogger)
        _ = try IntakeService(
          configuration: configuration, cluster: ClusterSettings(brokers: "127.0.0.1:1"), store: SaleStore(pool: pool),
          database: settings, logger: quietLogger)
        return nil
      } catch {
        return (error as? ValidationError)?.field
      }
    }
    #expect(refused { _ in } == nil)
    #expect(refused { $0.partitions = 0 } == "partitions")
    #expect(refused { $0.partitions = Limits.partitions + 1 } == "partitions")
    #expect(refused { $0.eventLoops = Limits.eventLoops + 1 } == "event loops")
    #expect(refused { $0.backlogLimit = 0 } == "backlog limit")
    #expect(refused { $0.acknowledgementDeadline = .seconds(10) } == "acknowledgement deadline")
    #expect(refused { $0.connections = 0 } == "connections")
  }
}
