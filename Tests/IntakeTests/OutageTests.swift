import FlashSale
import Foundation
import Intake
import Kafka
import Postgres
import SaleStore
import TestSupport
import Testing

struct OutageTests {
  private func isBusy(_ answer: RawClient.Answer) -> Bool {
    let seconds = answer.headers["retry-after"].flatMap(Int.init)
    let milliseconds = answer.int("retry_after_ms")
    return answer.status == 503 && answer.code == "busy" && seconds.map((1...5).contains) == true
      && milliseconds.map((500...5_000).contains) == true
  }

  /// What is wrong, but for that there is no worker here.
  private func complaints(of intake: RunningIntake) -> [String] {
    intake.service.status.reasons.filter { !$0.hasPrefix("nobody decides") }
  }

  @Test func `I3 what the broker refuses gets no 202, and can be sent again`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      try intake.broker.failNext(request: .produce, with: [.topicAuthorizationFailed], count: 1)
      let refused = try await intake.order(key: "k")
      #expect(isBusy(refused), "\(refused.text)")
      #expect(try await intake.records().isEmpty)
      #expect(intake.service.status.reasons.contains { $0.contains("the log did not take") })
      // librdkafka asks for the topic again before it goes on.
      #expect(try await eventually { try await intake.order(key: "k").status == 202 })
      #expect(intake.service.status.reasons.isEmpty)
    }
  }

  @Test func `I12 when the acknowledgement does not come in time the client is told just that`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = { $0.acknowledgementDeadline = .seconds(1) }
    } _: { intake in
      let client = try await intake.connect()
      #expect(try await eventually { try await intake.order(key: "before").status == 202 })
      let before = try await intake.records().count
      try intake.broker.setRoundTrip(.seconds(4))
      try await client.send(RunningIntake.orderRequest(key: "k"))
      let unknown = try await client.answer()
      #expect(unknown.status == 503)
      #expect(unknown.code == "outcome_unknown")
      #expect(unknown.headers["retry-after"] != nil)
      let id = try #require(unknown.string("order_id"))
      // It was written after all, and the late report reaches nobody.
      try intake.broker.setRoundTrip(.zero)
      #expect(try await eventually { try await intake.records().count == before + 1 })
      var retried = unknown
      #expect(
        try await eventually {
          try await client.send(RunningIntake.orderRequest(key: "k"))
          retried = try await client.answer()
          return retried.status == 202
        })
      #expect(retried.string("order_id") == id)
    }
  }

  @Test func `I3 I12 with too few replicas the first hear unknown, and all others busy at once`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = { $0.acknowledgementDeadline = .seconds(4) }
    } _: { intake in
      #expect(try await eventually { try await intake.order(key: "before").status == 202 })
      // More than the producer's retries of one record will meet.
      try intake.broker.failNext(request: .produce, with: [.notEnoughReplicas], count: 10_000)
      async let onTheWay = intake.order(buyer: "first", key: "first")
      var answer = try await intake.order(buyer: "second", key: "second")
      #expect(answer.code == "outcome_unknown")
      #expect(try await onTheWay.code == "outcome_unknown")
      // It is known by now.
      for number in 0..<20 {
        let asked = ContinuousClock.now
        answer = try await intake.order(buyer: "b\(number)", key: "k")
        #expect(isBusy(answer), "\(answer.text)")
        #expect(ContinuousClock.now - asked < .seconds(1))
      }
      #expect(answer.string("detail")?.contains("takes no orders") == true)
      try intake.broker.clearFaults(request: .produce)
      // What was on the way is in the log at last, and nobody else has to find out.
      #expect(try await eventually { try await intake.order(buyer: "later", key: "later").status == 202 })
      for number in 0..<20 { #expect(try await intake.order(buyer: "c\(number)", key: "k").status == 202) }
      #expect(try await intake.records().count >= 22)
    }
  }

  @Test func `with the broker gone nothing is promised, and its return is found without help`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = { $0.acknowledgementDeadline = .seconds(1) }
      $0.tuning.messageTimeout = .seconds(2)
    } _: { intake in
      #expect(try await eventually { try await intake.order(key: "before").status == 202 })
      try intake.broker.setDown(1)
      let during = try await intake.order(key: "during")
      #expect(during.status == 503)
      #expect(during.code == "outcome_unknown")
      #expect(try await eventually { !complaints(of: intake).isEmpty })
      try intake.broker.setUp(1)
      #expect(
        try await eventually {
          // Reports on orders that were given up can still come behind the first one that was taken.
          let status = try await intake.order(key: "after").status
          return status == 202 && complaints(of: intake).isEmpty
        })
    }
  }

  @Test func `a full producer queue is 503 at once`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.tuning.queueRecords = 1
    } _: { intake in
      #expect(try await intake.order().status == 202)
      try intake.broker.setRoundTrip(.seconds(2))
      // Only one finds room, and the other one does not wait for it.
      async let one = intake.order(buyer: "one")
      async let two = intake.order(buyer: "two")
      let answers = try await [one, two]
      #expect(answers.count { $0.status == 202 } == 1)
      #expect(answers.count(where: isBusy) == 1)
    }
  }

  @Test func `I11 the backlog limit is a bound, and what is decided makes room`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.backlogLimit = 20
    } _: { intake in
      func burst(_ name: String) async throws -> [RawClient.Answer] {
        try await withThrowingTaskGroup(of: RawClient.Answer.self) { group in
          for index in 0..<60 { group.addTask { try await intake.order(buyer: "\(name)\(index)") } }
          return try await group.reduce(into: []) { $0.append($1) }
        }
      }
      let first = try await burst("a")
      #expect(first.count { $0.status == 202 } == 20)
      #expect(first.filter { $0.status != 202 }.allSatisfy(isBusy))
      // The crowd is not told to come back as one.
      #expect(Set(first.compactMap { $0.int("retry_after_ms") }).count > 1)
      #expect(try await intake.records().count == 20)
      try await intake.decideUp(to: 15)
      #expect(try await eventually { try await intake.order().int("position") == 5 })
      let second = try await burst("b")
      #expect(second.count { $0.status == 202 } == 14)
      #expect(try await intake.records().count == 35)
    }
  }

  @Test func `I11 a restarted intake counts what the log holds already`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.backlogLimit = 10_000
    } _: { intake in
      for buyer in 0..<5 { #expect(try await intake.order(buyer: "b\(buyer)").status == 202) }
      try await intake.withSibling { sibling in
        let answer = try await sibling.order()
        #expect(answer.int("position") == 5)
      }
    }
  }

  @Test func `with PostgreSQL gone orders are taken up to the backlog limit, and status says so`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.backlogLimit = 10
    } _: { intake in
      #expect(try await intake.order(key: "k0").status == 202)
      let blockade = try await Blockade(of: intake.database)
      #expect(try await eventually { intake.service.status.reasons.contains { $0.contains("PostgreSQL") } })
      #expect(intake.service.status.isReady)
      for index in 1..<10 { #expect(try await intake.order(key: "k\(index)").int("position") == index) }
      let full = try await intake.order()
      #expect(isBusy(full), "\(full.text)")
      let lookedUp = try await intake.get("/v1/orders/\(OrderID(randomFor: SaleNumber(rawValue: 1)))")
      #expect(isBusy(lookedUp), "\(lookedUp.text)")
      #expect(try await intake.get("/v1/sales/double11").status == 200)
      try await blockade.end()
      #expect(try await eventually { complaints(of: intake).isEmpty })
      try await intake.decideUp(to: 10)
      #expect(try await eventually { try await intake.order().status == 202 })
    }
  }
}

/// Keeps everyone out of a database: ends its sessions and lets none in.
struct Blockade {
  private let server: Connection

  init(of database: TestDatabase) async throws {
    let url = ProcessInfo.processInfo.environment["PENSTOCK_TEST_DATABASE_URL"] ?? ""
    server = try await Connection.connect(ConnectionSettings(url), logger: quietLogger)
    let name = URLComponents(string: database.url)?.path.dropFirst() ?? ""
    _ = try await server.query("SELECT set_config('test.database', $1, false)", String(name))
    _ = try await server.query(
      """
      DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I ALLOW_CONNECTIONS false', current_setting('test.database'));
      END $$
      """)
    _ = try await server.query(
      """
      SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
      WHERE datname = current_setting('test.database') AND usename = current_user
      """)
  }

  func end() async throws {
    _ = try await server.query(
      """
      DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I ALLOW_CONNECTIONS true', current_setting('test.database'));
      END $$
      """)
    await server.close()
  }
}
