import Admin
import FlashSale
import Foundation
import Postgres
import SaleStore
import TestSupport
import Testing
import Time

/// The report against rows that were made by hand, and so are known.
@Suite struct ReportTests {
  private struct TailUnknown: Error {}

  /// A report whose tail holds `inFlight` requests; `nil`: it cannot be read.
  private func report(_ store: SaleStore, _ sale: StoredSale, inFlight: Int64? = 0) async throws -> SaleReport {
    try await store.report(on: sale, topic: PlantedRows.topic) { _, _ in
      guard let inFlight else { throw TailUnknown() }
      return inFlight
    }
  }

  private func with(
    items: [(sku: String, stock: Int32)], _ body: (SaleStore, PlantedRows, StoredSale) async throws -> Void
  ) async throws {
    try await TestDatabase.with { database in
      try await database.withStore { store in
        let sale = try await store.create(.sample(items: items, hours: 24))
        try await PlantedRows.with(database) { try await body(store, $0, sale) }
      }
    }
  }

  @Test func `the report shows all requests, and those around the opening by tenths of a second`() async throws {
    try await with(items: [("phone", 1_000)]) { store, planted, sale in
      try await planted.decide(sale, "phone", .confirmed, count: 30)
      try await planted.take(30, of: "phone", sale)
      try await planted.tally(sale, requests: 34, repeats: 4)
      let opening = sale.sale.startsAt
      func count(_ reason: String, _ requests: Int64, tenths: Int64) -> DoorCount {
        let time = Timestamp(microseconds: opening.microseconds + tenths * 100_000)
        return DoorCount(
          sale: sale.number, from: DoorSlot.start(of: time, opening: opening), reason: reason, requests: requests)
      }
      let counts = [
        count("not_started", 5, tenths: -1), count("sold_out", 900, tenths: 2), count("rate_limited", 40, tenths: 2),
        count("sold_out", 7, tenths: 100_000), count("repeated", 3, tenths: 2), count("outcome_unknown", 2, tenths: 2),
      ]
      for _ in 0..<2 {
        guard case .added = await store.add(counts) else {
          Issue.record("not added")
          return
        }
      }
      let report = try await report(store, sale, inFlight: 6)
      #expect(report.door.reasons == ["not_started": 10, "sold_out": 1_814, "rate_limited": 80])
      #expect(report.door.refused == 1_904)
      #expect(report.door.answeredAgain == 6)
      #expect(report.door.unknown == 4)
      #expect(report.asked == 1_950)
      let refused = report.arrivals.filter { $0.refused > 0 }
      #expect(refused.map(\.refused) == [10, 1_880])
      #expect(refused.map { $0.at.microseconds - opening.microseconds } == [-100_000, 200_000])
      let table = ReportTable.text(report)
      #expect(table.contains("At the door"))
      #expect(table.contains("sold_out"))
      let csv = ReportCSV.text(report)
      #expect(csv.contains("requests,asked,count,1950"))
      #expect(csv.contains("door,sold_out,count,1814"))
    }
  }

  @Test func `I4: every request is counted once, by its outcome`() async throws {
    try await with(items: [("phone", 1_000), ("case", 50)]) { store, planted, sale in
      try await planted.decide(sale, "phone", .confirmed, count: 300, quantity: 2)
      try await planted.take(600, of: "phone", sale)
      try await planted.decide(sale, "case", .confirmed, count: 50)
      try await planted.take(50, of: "case", sale)
      for (index, refusal) in Refusal.allCases.enumerated() {
        try await planted.decide(sale, "case", .rejected(refusal), count: Int32(index + 1) * 10)
      }
      try await planted.quarantine(sale, count: 7)
      try await planted.tally(sale, requests: 300 + 50 + 550 + 7 + 33, repeats: 33)
      // What is not of this sale, or not of this log, is not counted.
      let other = try await store.create(.sample("other"))
      try await planted.decide(other, "phone", .confirmed, count: 5)
      try await planted.tally(other, requests: 99)
      try await planted.quarantine(other, count: 4, topic: "other")
      try await planted.tally(sale, requests: 1_000, topic: "other")

      let report = try await report(store, sale, inFlight: 12)
      #expect(report.items.map(\.sku.rawValue) == ["phone", "case"])
      #expect(report.items.map(\.sold) == [600, 50])
      #expect(report.items.map(\.left) == [Units(400), .zero])
      #expect(report.requests.accepted == 919)
      #expect(report.requests.confirmed == 350)
      #expect(
        report.requests.rejected == [
          "not_started": 10, "ended": 20, "closed": 30, "limit_reached": 40, "sold_out": 50, "insufficient_stock": 60,
          "subject_limit_reached": 70, "code_used_up": 80, "all_held": 90, "hold_abuse": 100,
        ])
      #expect(report.requests.quarantined == 7)
      #expect(report.requests.inFlight == 12)
      #expect(report.repeats == 33)
      #expect(report.unitsConfirmed == 650)
      #expect(report.topRefusals.map(\.count) == [100, 90, 80, 70, 60, 50, 40, 30, 20, 10])
      #expect(report.topRefusals.first?.reason == "hold_abuse")
      #expect(report.identityHolds == true)
      #expect(report.stockHolds)
      #expect(!report.oversold)
      #expect(report.isSound == true)
    }
  }

  @Test(arguments: [1, -1] as [Int64])
  func `I4: the identity does not hold when a request has no outcome, or an outcome no request`(
    _ surplus: Int64
  ) async throws {
    try await with(items: [("phone", 10)]) { store, planted, sale in
      try await planted.decide(sale, "phone", .rejected(.soldOut), count: 5)
      try await planted.tally(sale, requests: 5 + surplus)
      let report = try await report(store, sale)
      #expect(report.identityHolds == false)
      #expect(report.isSound == false)
    }
  }

  @Test func `I12: a tail that cannot be read makes unknown numbers, not wrong ones`() async throws {
    try await with(items: [("phone", 10)]) { store, planted, sale in
      try await planted.decide(sale, "phone", .rejected(.soldOut), count: 5)
      try await planted.tally(sale, requests: 5)
      let report = try await report(store, sale, inFlight: nil)
      #expect(report.requests.inFlight == nil)
      #expect(report.requests.accepted == nil)
      #expect(report.identityHolds == nil)
      #expect(report.isSound == nil)
      #expect(report.requests.rejected["sold_out"] == 5)
    }
  }

  @Test func `I1: more units confirmed than put up is oversold`() async throws {
    try await with(items: [("phone", 10), ("case", 10)]) { store, planted, sale in
      try await planted.decide(sale, "phone", .confirmed, count: 11)
      try await planted.take(10, of: "phone", sale)
      try await planted.tally(sale, requests: 11)
      let report = try await report(store, sale)
      #expect(report.identityHolds == true)
      #expect(report.oversold)
      #expect(!report.stockHolds)
      #expect(report.isSound == false)
    }
  }

  @Test func `I2: a unit that left the stock without an order is seen`() async throws {
    try await with(items: [("phone", 10)]) { store, planted, sale in
      try await planted.decide(sale, "phone", .confirmed, count: 4)
      try await planted.take(5, of: "phone", sale)
      try await planted.tally(sale, requests: 4)
      let report = try await report(store, sale)
      #expect(!report.stockHolds)
      #expect(!report.oversold)
      #expect(report.isSound == false)
    }
  }

  @Test func `percentiles are exact, and each is some order's delay`() async throws {
    try await with(items: [("phone", 10)]) { store, planted, sale in
      try await planted.decide(sale, "phone", .rejected(.soldOut), count: 1_000)
      let delay = try #require(try await report(store, sale).decisionDelay)
      #expect([delay.p50, delay.p95, delay.p99, delay.max] == [500, 950, 990, 1_000])
    }
  }

  @Test func `a sale without any decision has no percentiles, no timeline and nothing in doubt`() async throws {
    try await with(items: [("phone", 10)]) { store, planted, sale in
      let report = try await report(store, sale)
      #expect(report.decisionDelay == nil)
      #expect(report.timeline.isEmpty)
      #expect(report.firstSaleAt == nil)
      #expect(report.isSound == true)
    }
  }

  @Test func `the timeline adds up minutes, and first and last sale are of confirmed orders`() async throws {
    try await with(items: [("phone", 100)]) { store, planted, sale in
      let minute: Int64 = 1_762_800_000
      try await planted.decide(sale, "phone", .rejected(.notStarted), count: 2, at: minute)
      try await planted.decide(sale, "phone", .confirmed, count: 3, at: minute + 59)
      try await planted.decide(sale, "phone", .confirmed, count: 4, from: 100, at: minute + 60)
      try await planted.decide(sale, "phone", .rejected(.soldOut), count: 5, at: minute + 200)
      try await planted.quarantine(sale, count: 6, at: minute + 210)
      let report = try await report(store, sale)
      func at(_ seconds: Int64) -> Timestamp { .init(microseconds: (minute + seconds) * 1_000_000) }
      #expect(
        report.timeline == [
          .init(minute: at(0), confirmed: 3, waitlisted: 0, rejected: 2, quarantined: 0),
          .init(minute: at(60), confirmed: 4, waitlisted: 0, rejected: 0, quarantined: 0),
          .init(minute: at(180), confirmed: 0, waitlisted: 0, rejected: 5, quarantined: 6),
        ])
      #expect(report.firstSaleAt == at(59))
      #expect(report.lastSaleAt == at(60))
    }
  }

  @Test func `the tail is counted from the snapshot's next offsets`() async throws {
    try await with(items: [("phone", 10)]) { store, planted, sale in
      try await planted.progress(0, nextOffset: 42)
      try await planted.progress(1, nextOffset: 7)
      let report = try await store.report(on: sale, topic: PlantedRows.topic) { asked, progress in
        #expect(asked.number == sale.number)
        #expect(progress == [Partition(0): Offset(42), Partition(1): Offset(7)])
        return 3
      }
      #expect(report.requests.inFlight == 3)
    }
  }

  @Test func `a report in JSON says null where something is unknown, and reads back as itself`() async throws {
    try await with(items: [("phone", 10)]) { store, planted, sale in
      try await planted.decide(sale, "phone", .rejected(.soldOut), count: 5)
      for inFlight in [nil, 5] as [Int64?] {
        let report = try await report(store, sale, inFlight: inFlight)
        let data = try JSONEncoder().encode(report)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(
          Set(object.keys) == [
            "sale", "name", "status", "starts_at", "ends_at", "generated_at", "as_of", "items", "requests", "repeats",
            "units_confirmed", "identity_holds", "stock_holds", "oversold", "decision_delay_ms",
            "timeline_bucket_minutes", "timeline", "first_sale_at", "last_sale_at", "top_refusals", "door", "asked",
            "arrivals", "lives", "money", "money_holds",
          ])
        let requests = try #require(object["requests"] as? [String: Any])
        #expect(Set(requests.keys) == ["accepted", "confirmed", "waitlisted", "rejected", "quarantined", "in_flight"])
        #expect((requests["in_flight"] is NSNull) == (inFlight == nil))
        #expect((object["identity_holds"] is NSNull) == (inFlight == nil))
        #expect(object["first_sale_at"] is NSNull)
        let again = try JSONDecoder().decode(SaleReport.self, from: data)
        #expect(again.items == report.items)
        #expect(again.requests == report.requests)
        #expect(again.decisionDelay == report.decisionDelay)
        #expect(again.timeline == report.timeline)
        #expect(again.topRefusals == report.topRefusals)
        #expect(again.isSound == report.isSound)
      }
    }
  }
}
