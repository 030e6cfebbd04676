import FlashSale
import Postgres
import SaleStore
import TestSupport
import Testing

@testable import Intake

/// How many orders of a sale may be in line.
struct SaleBacklogTests {
  private static let partitions: Int32 = 4

  private static func sale(
    _ id: String = "double11", backlog: Int64?, queueCap: Int32? = nil, skus: [String] = ["phone"], stock: Int32 = 1_000
  ) throws -> Sale {
    let open = try Sale.open(id)
    var shaping = SaleShaping()
    (shaping.backlog, shaping.queueCap) = (backlog, queueCap)
    let items = try skus.map {
      try SaleItem(sku: SKU(validating: $0), stock: Units(stock), price: Price(minor: 1, currency: "CNY"))
    }
    return try Sale(
      id: open.id, name: open.name, startsAt: open.startsAt, endsAt: open.endsAt, perBuyerLimit: nil,
      ordering: .sku, shaping: shaping, items: items)
  }

  private static func partition(of sku: String, in sale: Sale) throws -> Partition {
    RecordKey(sale: sale, sku: try SKU(validating: sku)).partition(of: partitions)
  }

  /// A sale of SKUs in several partitions: the first one's partition, and a SKU of another one.
  private static func twoPartitions(
    backlog: Int64
  ) throws -> (sale: Sale, names: [String], first: Partition, other: String) {
    let names = (0..<40).map { "sku-\($0)" }
    let sale = try sale(backlog: backlog, skus: names)
    let first = try partition(of: names[0], in: sale)
    return (sale, names, first, try #require(try names.first { try partition(of: $0, in: sale) != first }))
  }

  private static func body(_ sku: String) -> String { #"{"sku":"\#(sku)","quantity":1}"# }

  @Test func `I2 a full line refuses, names a time to come back, and lets in again when one is decided`() async throws {
    try await RunningIntake.with(sales: [try Self.sale(backlog: 3)]) { intake in
      for buyer in 0..<3 { #expect(try await intake.order(buyer: "b\(buyer)").status == 202) }
      let refused = try await intake.order(buyer: "late", key: "k")
      #expect(refused.status == 503 && refused.code == "backlog_full", "\(refused.text)")
      #expect(refused.text.contains("3 orders of this sale wait"), "\(refused.text)")
      #expect(refused.int("retry_after_ms").map { (500...60_000).contains($0) } == true)
      #expect(refused.json("order_id") is String)
      #expect(refused.headers["retry-after"] != nil)
      try await intake.decideUp(to: 1)
      #expect(try await eventually(within: .seconds(2)) { try await intake.order(buyer: "late").status == 202 })
      #expect(try await intake.order(buyer: "later").code == "backlog_full")
      // Nobody got anything, and all of it can be had.
      try await intake.decideUp(to: 4)
      #expect(try await eventually(within: .seconds(2)) { try await intake.order(buyer: "later").status == 202 })
    }
  }

  @Test func `the line counts orders over all partitions, and those of one make room for those of another`()
    async throws
  {
    let (sale, names, first, other) = try Self.twoPartitions(backlog: 2)
    try await RunningIntake.with(sales: [sale]) {
      $0.partitions = Self.partitions
    } _: { intake in
      #expect(try await intake.order(Self.body(names[0]), buyer: "a").status == 202)
      #expect(try await intake.order(Self.body(other), buyer: "b").status == 202)
      for sku in [names[0], other] {
        #expect(try await intake.order(Self.body(sku), buyer: "late").code == "backlog_full")
      }
      try await intake.decideUp(to: 1, partition: first)
      #expect(
        try await eventually(within: .seconds(2)) {
          try await intake.order(Self.body(other), buyer: "late").status == 202
        })
      #expect(try await intake.order(Self.body(names[0]), buyer: "later").code == "backlog_full")
    }
  }

  @Test func `many at once are not let in beyond the limit, and those refused leave no trace`() async throws {
    try await RunningIntake.with(sales: [try Self.sale(backlog: 5)]) { intake in
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for buyer in 0..<40 { group.addTask { try await intake.order(buyer: "b\(buyer)").status } }
        return try await group.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(statuses.count { $0 == 202 } == 5)
      #expect(statuses.count { $0 == 503 } == 35)
      #expect(try await intake.records().count == 5)
      try await intake.decideUp(to: 5)
      #expect(try await eventually(within: .seconds(2)) { try await intake.order(buyer: "next").status == 202 })
      for buyer in 0..<4 { #expect(try await intake.order(buyer: "n\(buyer)").status == 202) }
      #expect(try await intake.order(buyer: "late").code == "backlog_full")
    }
  }

  @Test func `an order that is in the log is taken again under its key, and another purchase of the key is not`()
    async throws
  {
    try await RunningIntake.with(sales: [try Self.sale(backlog: 1)]) { intake in
      let first = try await intake.order(key: "mine")
      #expect(first.status == 202)
      #expect(try await intake.order(key: "other").code == "backlog_full")
      let again = try await intake.order(key: "mine")
      #expect(again.status == 202 && again.string("order_id") == first.string("order_id"), "\(again.text)")
      let another = try await intake.order(#"{"sku":"phone","quantity":2}"#, key: "mine")
      #expect(another.code == "idempotency_conflict")
      // Twice the limit: no more, or one that is sent again and again would keep all others out.
      #expect(try await intake.order(key: "mine").code == "backlog_full")
      try await intake.decideUp(to: 2)
      #expect(try await eventually(within: .seconds(2)) { try await intake.order(key: "other").status == 202 })
    }
  }

  @Test func `what waits in a halted partition keeps nobody out of the others`() async throws {
    let (sale, names, first, other) = try Self.twoPartitions(backlog: 2)
    try await RunningIntake.with(sales: [sale]) {
      $0.partitions = Self.partitions
    } _: { intake in
      try await intake.decideUp(to: 0, partition: first)
      for buyer in 0..<2 { #expect(try await intake.order(Self.body(names[0]), buyer: "b\(buyer)").status == 202) }
      #expect(try await intake.order(Self.body(other), buyer: "late").code == "backlog_full")
      let connection = try await intake.database.connect()
      _ = try await connection.query(
        "UPDATE partition_progress SET halted_reason = 'looked at', halted_at = now() WHERE partition = $1",
        first.rawValue)
      await connection.close()
      #expect(
        try await eventually(within: .seconds(4)) {
          try await intake.order(Self.body(other), buyer: "late").status == 202
        })
    }
  }

  @Test func `one sale's limit is none on another, and a full line of an item takes no place of the sale's`()
    async throws
  {
    let sales = [
      try Self.sale(backlog: 1), try Self.sale("free", backlog: nil),
      try Self.sale("tight", backlog: 4, queueCap: 1, stock: 2),
    ]
    try await RunningIntake.with(sales: sales) { intake in
      #expect(try await intake.order(buyer: "a").status == 202)
      #expect(try await intake.order(buyer: "b").code == "backlog_full")
      for buyer in 0..<5 { #expect(try await intake.order(sale: "free", buyer: "b\(buyer)").status == 202) }
      for buyer in 0..<2 { #expect(try await intake.order(sale: "tight", buyer: "b\(buyer)").status == 202) }
      for buyer in 0..<6 { #expect(try await intake.order(sale: "tight", buyer: "c\(buyer)").code == "line_full") }
      try await intake.decideUp(to: 8)
      #expect(try await eventually(within: .seconds(2)) { try await intake.order(buyer: "b").status == 202 })
      #expect(
        try await eventually(within: .seconds(2)) { try await intake.order(sale: "tight", buyer: "d").status == 202 })
    }
  }

  @Test func `orders of another intake count where the sale is alone in the partition`() async throws {
    try await RunningIntake.with(sales: [try Self.sale(backlog: 3)]) { intake in
      try await intake.withSibling { sibling in
        for buyer in 0..<3 { #expect(try await sibling.order(buyer: "s\(buyer)").status == 202) }
        // An acknowledgement shows where the log ends.
        #expect(try await intake.order(buyer: "a").status == 202)
        #expect(try await intake.order(buyer: "b").code == "backlog_full")
        try await intake.decideUp(to: 4)
        #expect(try await eventually(within: .seconds(2)) { try await intake.order(buyer: "b").status == 202 })
      }
    }
  }

  private static func counted(_ intake: RunningIntake) async throws -> Int64 {
    let connection = try await intake.database.connect()
    let rows = try await connection.query(
      "SELECT coalesce(sum(requests), 0)::int8 FROM door WHERE reason = 'backlog_full'")
    await connection.close()
    return try rows[0].int64(0)
  }

  @Test func `refusals are counted at the door under a reason of their own`() async throws {
    try await RunningIntake.with(sales: [try Self.sale(backlog: 1)]) { intake in
      let first = try await intake.order()
      #expect(first.status == 202)
      for _ in 0..<3 { #expect(try await intake.order(buyer: "late").code == "backlog_full") }
      #expect(try await eventually(within: .seconds(4)) { try await Self.counted(intake) == 3 })
    }
  }
}
