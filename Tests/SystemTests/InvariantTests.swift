import Foundation
import Postgres
import SaleStore
import TestSupport
import Testing

/// Invariants that only show when several processes meet.
@Suite(.serialized) struct InvariantTests {
  @Test(.timeLimit(.minutes(3)))
  func `I8 the same key 100 times at once over two intakes is one order`() async throws {
    try await Shop.with { shop, database in
      let admin = try await shop.start("admin")
      let intakes = [try await shop.start("intake"), try await shop.start("intake")]
      _ = try await shop.start("worker")
      try await shop.createSale(at: admin.admin, id: "once", perBuyerLimit: 50, items: [("phone", 500)])
      try await waitForSale("once", at: intakes)

      let answers = try await withThrowingTaskGroup(of: HTTP.Answer.self) { group in
        for index in 0..<100 {
          let http = try #require(intakes[index % 2].http)
          group.addTask {
            try await HTTP.order(at: http, sale: "once", sku: "phone", buyer: "b1", key: "the-key")
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(answers.map(\.status) == Array(repeating: 202, count: 100))
      let ids = Set(answers.map { $0.json("order_id") as? String })
      #expect(ids.count == 1)
      for answer in answers {
        #expect(try await outcome(of: answer, buyer: "b1", at: #require(intakes[0].http)) == "confirmed")
      }
      try await database.withStore { store in
        let row = try await store.pool.withConnection { connection in
          try await connection.query(
            "SELECT (SELECT count(*) FROM orders), (SELECT units_left FROM stock)::int8"
          ).single()
        }
        #expect(try row.int64(0) == 1)
        #expect(try row.int64(1) == 499)
      }
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `I9 a buyer with a limit of 2 gets 2 of 50 parallel requests, over all SKUs`() async throws {
    try await Shop.with { shop, database in
      let up = try await shop.start("up")
      let http = try #require(up.http)
      try await shop.createSale(
        at: up.admin, id: "limited", perBuyerLimit: 2, items: [("phone", 100), ("case", 100), ("cable", 100)])
      try await waitForSale("limited", at: [up])

      let answers = try await withThrowingTaskGroup(of: HTTP.Answer.self) { group in
        for index in 0..<50 {
          let sku = ["phone", "case", "cable"][index % 3]
          group.addTask { try await HTTP.order(at: http, sale: "limited", sku: sku, buyer: "greedy", key: "k\(index)") }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      var outcomes: [String: Int] = [:]
      for answer in answers where answer.status == 202 {
        outcomes[try await outcome(of: answer, buyer: "greedy", at: http), default: 0] += 1
      }
      #expect(outcomes == ["confirmed": 2, "rejected limit_reached": 48])
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `an order is shown to its buyer only, and a forged ticket is refused`() async throws {
    try await Shop.with { shop, database in
      let up = try await shop.start("up")
      let http = try #require(up.http)
      try await shop.createSale(at: up.admin, id: "private", items: [("phone", 5)])
      try await waitForSale("private", at: [up])
      let answer = try await HTTP.order(at: http, sale: "private", sku: "phone", buyer: "me", key: "k")
      #expect(try await outcome(of: answer, buyer: "me", at: http) == "confirmed")
      let location = try #require(answer.headers["location"])
      let url = try #require(URL(string: location, relativeTo: http))
      #expect(try await HTTP.get(url, headers: ["X-Buyer-Id": "me"]).status == 200)
      #expect(try await HTTP.get(url, headers: ["X-Buyer-Id": "you"]).status == 404)
      #expect(try await HTTP.get(url).status == 401)
      let ticket = try #require(answer.json("ticket") as? String)
      let stolen = try #require(URL(string: "\(location)?ticket=\(ticket)", relativeTo: http))
      #expect(try await HTTP.get(stolen, headers: ["X-Buyer-Id": "you"]).status == 403)
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `a closed sale sells nothing more, and everything accepted before is still decided`() async throws {
    try await Shop.with { shop, database in
      let up = try await shop.start("up")
      let http = try #require(up.http)
      try await shop.createSale(at: up.admin, id: "closing", items: [("phone", 5), ("case", 5)])
      try await waitForSale("closing", at: [up])
      let before = try await HTTP.order(at: http, sale: "closing", sku: "phone", buyer: "early", key: "k")
      let environment = shop.environment.merging(["PENSTOCK_ADMIN_URL": up.admin.absoluteString]) { _, new in new }
      for _ in 0..<2 {
        let close = try await PenstockProcess.run("penstock", ["sale", "close", "closing"], environment: environment)
        #expect(close.exit == .success, "\(close.errors)")
      }
      #expect(try await outcome(of: before, buyer: "early", at: http) == "confirmed")
      let turnedAway = try await eventually {
        let answer = try await HTTP.order(at: http, sale: "closing", sku: "case", buyer: "late", key: "k")
        if answer.status == 202 {
          #expect(try await outcome(of: answer, buyer: "late", at: http) == "rejected closed")
        }
        return answer.status == 410
      }
      #expect(turnedAway)
      let report = try await PenstockProcess.run("penstock", ["report", "closing"], environment: environment)
      #expect(report.exit == .success, "\(report.output)\(report.errors)")
    }
  }
}
