import FlashSale
import Kafka
import Postgres
import SaleStore
import TestSupport
import Testing

@testable import Intake

/// An intake that cannot give a 202 is not ready, and says which partitions take orders (I14).
@Suite struct TakingTests {
  // MARK: Halted partitions

  @Test func `orders to a halted partition are refused with a code of their own, and others go on`() async throws {
    let (one, other) = try Self.salesOfTwoPartitions()
    try await RunningIntake.with(sales: [one.sale, other.sale]) {
      $0.partitions = 4
    } _: { intake in
      try await intake.decideUp(to: 0, partition: one.partition)
      try await setHalt(of: one.partition, "looked at", intake)
      #expect(try await eventually { intake.service.status.reasons.contains { $0.contains("halted") } })
      let refused = try await intake.order(sale: one.sale.id.rawValue)
      #expect(refused.status == 503)
      #expect(refused.code == "partition_halted")
      #expect((10...30).contains(try #require(refused.headers["retry-after"].flatMap(Int.init))))
      #expect(try await intake.records(partition: one.partition).count == 0)
      #expect(try await intake.order(sale: other.sale.id.rawValue).status == 202)
      let status = intake.service.status
      #expect(status.isReady)
      #expect(status.reasons == ["3 of 4 partitions take orders", "partition \(one.partition) is halted"])

      try await setHalt(of: one.partition, nil, intake)
      #expect(
        try await eventually(within: .seconds(4)) { try await intake.order(sale: one.sale.id.rawValue).status == 202 })
      #expect(intake.service.status.reasons.isEmpty)
    }
  }

  private typealias Placed = (sale: Sale, partition: Partition)

  private static func salesOfTwoPartitions() throws -> (Placed, Placed) {
    let sales: [Placed] = try (0..<20).map { index in
      let sale = try Sale.open("sale-\(index)")
      return (sale, RecordKey(sale: sale, sku: sale.items[0].sku).partition(of: 4))
    }
    let other = try #require(sales.first { $0.partition != sales[0].partition })
    return (sales[0], other)
  }

  private func setHalt(of partition: Partition, _ reason: String?, _ intake: RunningIntake) async throws {
    let connection = try await intake.database.connect()
    _ = try await connection.query(
      """
      UPDATE partition_progress SET halted_reason = $2, halted_at = CASE WHEN $2 IS NULL THEN NULL ELSE now() END
      WHERE partition = $1
      """, partition.rawValue, reason)
    await connection.close()
  }

  // MARK: The log

  @Test(.timeLimit(.minutes(5)))
  func `while the broker is silent an intake is not ready, and it is again without an order to show it`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      #expect(intake.service.status.isReady)
      try intake.broker.setRoundTrip(.seconds(15))
      #expect(try await eventually(within: .seconds(25)) { !intake.service.status.isReady })
      let reasons = intake.service.status.reasons.joined(separator: "; ")
      #expect(reasons.contains("the log has not answered for"), "\(reasons)")
      #expect(reasons.contains("0 of 1 partitions take orders"), "\(reasons)")
      try intake.broker.setRoundTrip(.zero)
      #expect(try await eventually(within: .seconds(40)) { intake.service.status.isReady })
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `an intake that has orders and no 202 for longer than its time is not ready`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = { $0.acknowledgementDeadline = .seconds(1) }
    } _: { intake in
      // The leader is there and answers, and the record is on no other replica.
      try intake.broker.failNext(request: .produce, with: [.notEnoughReplicas], count: 10_000)
      #expect(
        try await eventually(within: .seconds(25)) {
          _ = try await intake.order()
          return !intake.service.status.isReady
        })
      let reasons = intake.service.status.reasons.joined(separator: "; ")
      #expect(reasons.contains("no order was acknowledged for"), "\(reasons)")
      try intake.broker.clearFaults(request: .produce)
      #expect(try await eventually(within: .seconds(25)) { try await intake.order().status == 202 })
      #expect(intake.service.status.isReady)
    }
  }

  // MARK: The meter

  @Test func `the first look without an acknowledgement is the start, and an acknowledgement the end`() {
    let start = ContinuousClock.now
    var meter = TakingMeter(.init(end: 5, unserved: 0, inFlight: 0), now: start)
    meter.observe(.init(end: 5, unserved: 0, inFlight: 0), now: start + .seconds(60))
    #expect(meter.failingSince == nil)
    meter.observe(.init(end: 5, unserved: 0, inFlight: 1), now: start + .seconds(61))
    meter.observe(.init(end: 5, unserved: 1, inFlight: 0), now: start + .seconds(63))
    #expect(meter.failingSince == start + .seconds(61))
    meter.observe(.init(end: 6, unserved: 1, inFlight: 2), now: start + .seconds(64))
    #expect(meter.failingSince == nil)
  }

  @Test func `a failure that no order confirms is forgotten, so that an intake without traffic becomes ready again`() {
    let start = ContinuousClock.now
    var meter = TakingMeter(.init(end: 0, unserved: 0, inFlight: 0), now: start)
    meter.observe(.init(end: 0, unserved: 1, inFlight: 0), now: start)
    meter.observe(.init(end: 0, unserved: 1, inFlight: 0), now: start + Limits.failureTrust)
    #expect(meter.failingSince == start)
    meter.observe(.init(end: 0, unserved: 1, inFlight: 0), now: start + Limits.failureTrust + .seconds(1))
    #expect(meter.failingSince == nil)
  }

  @Test func `a long list of obstacles is cut`() {
    var taking = Taking(partitions: 20)
    for partition in 0..<12 as Range<Int32> { taking.obstacles[Partition(partition)] = .noLeader }
    #expect(taking.isReady)
    #expect(taking.reasons.first == "8 of 20 partitions take orders")
    #expect(taking.reasons.count == 1 + Limits.obstaclesNamed + 1)
    #expect(taking.reasons.last == "and 4 more")
  }
}
