import FlashSale
import Foundation
import Postgres
import SaleStore
import TestSupport
import Testing

@testable import Intake

/// The line of an item: who is let into it, and what is said of it.
struct LineTests {
  private static func capped(_ cap: Int32, stock: Int32, skus: [String] = ["phone"]) throws -> Sale {
    let open = try Sale.open(stock: stock)
    var shaping = SaleShaping()
    shaping.queueCap = cap
    let items = try skus.map { sku in
      try SaleItem(sku: SKU(validating: sku), stock: Units(stock), price: Price(minor: 1, currency: "CNY"))
    }
    return try Sale(
      id: open.id, name: open.name, startsAt: open.startsAt, endsAt: open.endsAt, perBuyerLimit: nil,
      ordering: .sku, shaping: shaping, items: items)
  }

  @Test func `I2 a full line refuses, and lets in again when those in it did not take the units`() async throws {
    try await RunningIntake.with(sales: [try Self.capped(2, stock: 3)]) { intake in
      for buyer in 0..<6 { #expect(try await intake.order(buyer: "b\(buyer)").status == 202) }
      let refused = try await intake.order(buyer: "late")
      #expect(refused.status == 503)
      #expect(refused.code == "line_full")
      let wait = try #require(refused.int("retry_after_ms"))
      #expect((500...60_000).contains(wait))
      // Nobody in line got anything: limits, quarantine.
      try await intake.decideUp(to: 6)
      #expect(try await eventually(within: .seconds(2)) { try await intake.order(buyer: "late").status == 202 })
    }
  }

  @Test func `a line counts units, and those on their way too`() async throws {
    try await RunningIntake.with(sales: [try Self.capped(1, stock: 10)]) { intake in
      #expect(try await intake.order(#"{"sku":"phone","quantity":9}"#).status == 202)
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for buyer in 0..<20 { group.addTask { try await intake.order(buyer: "b\(buyer)").status } }
        return try await group.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(statuses.count { $0 == 202 } == 1)
      #expect(statuses.count { $0 == 503 } == 19)
      #expect(try await intake.records().count == 2)
    }
  }

  @Test func `the line of one item says nothing about another's in the same partition`() async throws {
    try await RunningIntake.with(sales: [try Self.capped(3, stock: 2, skus: ["phone", "case"])]) { intake in
      for buyer in 0..<6 { #expect(try await intake.order(buyer: "b\(buyer)").status == 202) }
      #expect(try await intake.order(buyer: "late").code == "line_full")
      for buyer in 0..<3 {
        let other = try await intake.order(#"{"sku":"case","quantity":1}"#, buyer: "c\(buyer)")
        #expect(other.status == 202)
        #expect((other.json("likely_sold_out") as? Bool) == (buyer >= 2 ? true : nil))
      }
    }
  }

  @Test func `a full backlog names a time to come back that follows the rate of the lane`() {
    // Unknown: the same as ever.
    #expect(ReturnTime.milliseconds(excess: 0, line: 1_000, rate: nil) == 500...5_000)
    // 10,000 in line at 1,000 a second: spread over the 10 s that all of it takes.
    #expect(ReturnTime.milliseconds(excess: 0, line: 10_000, rate: 1_000) == 500...10_000)
    // There is room in 5 s at the soonest.
    #expect(ReturnTime.milliseconds(excess: 5_000, line: 10_000, rate: 1_000) == 5_000...15_000)
    // Never at once, never a single moment, never later than a minute.
    #expect(ReturnTime.milliseconds(excess: 0, line: 1, rate: 1e9) == 500...1_500)
    #expect(ReturnTime.milliseconds(excess: 1_000_000, line: 1_000_000, rate: 0.001) == 59_000...60_000)
    #expect(ReturnTime.milliseconds(excess: .max / 2, line: .max / 4, rate: .ulpOfOne) == 59_000...60_000)
  }

  @Test func `the backlog's limit says busy, with a time to come back`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.backlogLimit = 2
    } _: { intake in
      for buyer in 0..<2 { #expect(try await intake.order(buyer: "b\(buyer)").status == 202) }
      let refused = try await intake.order(buyer: "late")
      #expect(refused.code == "busy")
      #expect(refused.int("retry_after_ms").map { (500...60_000).contains($0) } == true)
      try await intake.decideUp(to: 1)
      #expect(try await eventually { try await intake.order(buyer: "late").status == 202 })
    }
  }

  @Test func `that nobody decides what waits is noticed, said, and over with the next decision`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      func isStale() async throws -> Bool {
        let sale = try await intake.get("/v1/sales/double11")
        let item = try #require((sale.json("items") as? [[String: Any]])?.first)
        return item["left_is_stale"] as? Bool ?? false
      }
      #expect(try await intake.order().status == 202)
      let isStaleAtOnce = try await isStale()
      #expect(!isStaleAtOnce)
      #expect(try await eventually(within: .seconds(12)) { try await isStale() })
      let status = intake.service.status
      #expect(status.isReady)
      #expect(status.reasons.contains { $0.hasPrefix("nobody decides orders of partition 0 for ") })
      try await intake.decideUp(to: 1)
      #expect(try await eventually(within: .seconds(3)) { try await isStale() == false })
      #expect(try await eventually { intake.service.status.reasons.isEmpty })
    }
  }

  @Test func `I2 new stock lifts a sold-out within a second, also if its signal is lost`() async throws {
    let sku = try SKU(validating: "phone")
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let sale = try #require(try await intake.store.sales().first)
      let key = StockKey(sale: sale.number, sku: sku)
      try await intake.decideUp(to: 0, stock: [key: .zero])
      #expect(try await eventually { try await intake.order().code == "sold_out" })
      try await intake.decideUp(to: 0, stock: [key: Units(5)])
      #expect(try await eventually(within: .seconds(1)) { try await intake.order().status == 202 })
      try await intake.decideUp(to: 0, stock: [key: .zero])
      #expect(try await eventually { try await intake.order().code == "sold_out" })
      // No signal: the reading of every second finds it.
      let connection = try await intake.database.connect()
      _ = try await connection.query("UPDATE stock SET units_left = 5, as_of = as_of + 1")
      await connection.close()
      #expect(try await eventually(within: .milliseconds(1_500)) { try await intake.order().status == 202 })
    }
  }

  @Test func `a meter of staleness starts anew with each decision, and while nothing waits`() {
    let start = ContinuousClock.now
    func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }
    var meter = StaleMeter(at: Offset(0), now: start)
    #expect(meter.observe(Offset(0), waiting: true, now: at(5)) == nil)
    #expect(meter.observe(Offset(0), waiting: true, now: at(6)) == .seconds(6))
    #expect(meter.observe(Offset(1), waiting: true, now: at(7)) == nil)
    #expect(meter.observe(Offset(1), waiting: true, now: at(13)) == .seconds(6))
    #expect(meter.observe(Offset(1), waiting: false, now: at(14)) == nil)
    #expect(meter.observe(Offset(1), waiting: true, now: at(19)) == nil)
    #expect(StaleMeter.complaint([:]) == nil)
  }
}
