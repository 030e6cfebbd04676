import FlashSale
import HTTPServing
import Postgres
import SaleStore
import TestSupport
import Testing
import Time

@testable import Intake

/// What is refused before the log is counted and kept.
struct DoorTests {
  private static func counts(_ intake: RunningIntake) async throws -> [String: Int64] {
    let connection = try await intake.database.connect()
    let rows = try await connection.query("SELECT reason, sum(requests)::int8 FROM door GROUP BY reason")
    await connection.close()
    return try Dictionary(rows.map { (try $0.string(0), try $0.int64(1)) }, uniquingKeysWith: +)
  }

  @Test func `each refusal is counted under its code within two seconds, and intakes add up`() async throws {
    try await RunningIntake.with(sales: [try .open(), try .window("later", from: 600, to: 900)]) { intake in
      try await intake.withSibling { sibling in
        for each in [intake, sibling] {
          for _ in 0..<3 { #expect(try await each.order(#"{"sku":"tablet","quantity":1}"#).status == 404) }
          #expect(try await each.order(buyer: nil).status == 401)
          #expect(try await each.order("{").status == 400)
          #expect(try await each.order(sale: "later").status == 403)
          // Of no sale: nothing that a report could show.
          #expect(try await each.order(sale: "nothing").status == 404)
          #expect(try await each.order().status == 202)
        }
        let expected: [String: Int64] = [
          "unknown_sku": 6, "unauthenticated": 2, "malformed_json": 2, "not_started": 2,
        ]
        _ = try await eventually(within: .seconds(4)) { try await Self.counts(intake) == expected }
        #expect(try await Self.counts(intake) == expected)
      }
    }
  }

  @Test func `what is accepted is counted by sale, whatever topic they share, and intakes add up`() async throws {
    try await RunningIntake.with(sales: [try .open(), try .open("other")]) { intake in
      try await intake.withSibling { sibling in
        for each in [intake, sibling] {
          for _ in 0..<3 { #expect(try await each.order().status == 202) }
          #expect(try await each.order(sale: "other").status == 202)
          #expect(try await each.order(#"{"sku":"tablet","quantity":1}"#).status == 404)
        }
        let expected: [String: Int64] = ["double11": 6, "other": 2]
        _ = try await eventually(within: .seconds(4)) { try await Self.accepted(intake) == expected }
        #expect(try await Self.accepted(intake) == expected)
      }
    }
  }

  private static func accepted(_ intake: RunningIntake) async throws -> [String: Int64] {
    let connection = try await intake.database.connect()
    let rows = try await connection.query("SELECT id, requests FROM accepted_requests JOIN sales ON number = sale")
    await connection.close()
    return try Dictionary(rows.map { (try $0.string(0), try $0.int64(1)) }, uniquingKeysWith: +)
  }

  @Test func `what is refused by its head, before its body is sent, is counted too`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      for type in ["text/plain", "application/json"] {
        let body = #"{"sku":"phone","quantity":1}"#
        let head = RunningIntake.orderRequest(body, buyer: nil, type: "\(type)\r\nExpect: 100-continue")
        let answer = try await intake.send(String(head.dropLast(body.count)))
        #expect(answer.status == (type == "text/plain" ? 415 : 401), "\(answer.text)")
      }
      let expected: [String: Int64] = ["unsupported_media_type": 1, "unauthenticated": 1]
      _ = try await eventually(within: .seconds(4)) { try await Self.counts(intake) == expected }
      #expect(try await Self.counts(intake) == expected)
    }
  }

  @Test func `an intake that stops writes what it has counted`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      try await intake.withSibling { sibling in
        for _ in 0..<5 { _ = try await sibling.order(#"{"sku":"tablet","quantity":1}"#) }
      }
      #expect(try await Self.counts(intake) == ["unknown_sku": 5])
    }
  }

  @Test func `counts of one slot add up, whoever adds them`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let sale = try #require(try await intake.store.sales().first)
      let counts = (0..<100).map { slot in
        DoorCount(
          sale: sale.number, from: DoorSlot.start(of: sale.sale.startsAt.adding(slot), opening: sale.sale.startsAt),
          reason: "sold_out", requests: 2)
      }
      await withTaskGroup(of: Void.self) { group in
        for part in [counts, counts.reversed(), counts.shuffled()] {
          group.addTask {
            guard case .added = await intake.store.add(part, accepted: [sale.number: 7]) else {
              Issue.record("not added")
              return
            }
          }
        }
      }
      #expect(try await Self.counts(intake) == ["sold_out": 600])
      #expect(try await Self.accepted(intake) == [sale.sale.id.rawValue: 21])
    }
  }

  @Test func `a tally tells answers, sales and tenths of a second apart`() {
    var tally = DoorTally()
    let (one, two) = (SaleNumber(rawValue: 1), SaleNumber(rawValue: 2))
    tally.tick(Timestamp(microseconds: 1_000_000))
    for _ in 0..<3 { tally.count(.problem(.soldOut), of: one) }
    tally.count(.problem(.busy), of: one)
    tally.count(.problem(.soldOut), of: two)
    tally.count(.problem(.soldOut), of: one)
    tally.tick(Timestamp(microseconds: 1_100_000))
    tally.count(.problem(.soldOut), of: one)
    let counts = tally.take()
    #expect(counts.count == 4)
    #expect(counts[DoorTally.Key(sale: one, answer: .problem(.soldOut), tenth: 10)] == 4)
    #expect(counts[DoorTally.Key(sale: one, answer: .problem(.soldOut), tenth: 11)] == 1)
    #expect(tally.take().isEmpty)
  }
}

extension Timestamp {
  fileprivate func adding(_ tenths: Int) -> Timestamp {
    Timestamp(microseconds: microseconds + Int64(tenths) * DoorSlot.shortest)
  }
}
