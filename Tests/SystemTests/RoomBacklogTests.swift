import Dispatch
import Foundation
import Kafka
import Logging
import Postgres
import TestSupport
import Testing

/// What else a waiting room follows, and what it needs.
@Suite(.serialized, .timeLimit(.minutes(3))) struct RoomBacklogTests {
  private let sale = "double11"

  private func createSale(at admin: URL, room: [String: Any]?) async throws -> HTTP.Answer {
    let start = Date.now.addingTimeInterval(-60)
    var body: [String: Any] = [
      "id": sale, "name": "Sale", "starts_at": start.formatted(.iso8601),
      "ends_at": start.addingTimeInterval(3_600).formatted(.iso8601),
      "items": [["sku": "phone", "stock": 100, "price_minor": 1, "currency": "CNY"] as [String: Any]],
    ]
    body["shaping"] = room.map { ["room": $0] }
    return try await HTTP.post(
      admin.appending(path: "admin/api/sales"), headers: ["Authorization": "Bearer \(Shop.adminToken)"],
      body: try JSONSerialization.data(withJSONObject: body))
  }

  @Test func `a room that follows the backlog lets nobody in while more orders wait, and goes on behind them`()
    async throws
  {
    try await Shop.with(partitions: 1) { shop, database in
      let admin = try await shop.start("admin")
      let room = ["rate_per_minute": 60_000, "backlog_max": 2]
      try #require(try await createSale(at: admin.admin, room: room).status == 201)
      _ = try await shop.start("worker")
      let http = try #require(try await shop.start("intake").http)
      let url = http.appending(path: "v1/sales/\(sale)/room")
      func look(_ buyer: String) async throws -> HTTP.Answer { try await HTTP.get(url, headers: ["X-Buyer-Id": buyer]) }
      func join(_ buyer: String) async throws {
        #expect(try await HTTP.post(url, headers: ["X-Buyer-Id": buyer]).status == 200)
      }
      try await join("ann")
      var token = ""
      let isIn = try await eventually(within: .seconds(20)) {
        token = try await look("ann").json("token") as? String ?? ""
        return !token.isEmpty
      }
      try #require(isIn)

      // The fence's row is locked: the lane decides nothing, and everything else goes on.
      try await database.holding("SELECT FROM partition_progress FOR UPDATE") {
        for number in 0..<5 {
          let order = try await HTTP.post(
            http.appending(path: "v1/sales/\(sale)/orders"),
            headers: ["X-Buyer-Id": "ann", "X-Room-Token": token, "Idempotency-Key": "k\(number)"],
            body: Data(#"{"sku":"phone","quantity":1}"#.utf8))
          #expect(order.status == 202, "\(order.text)")
        }
        // Longer than the owner's last look at the backlog is old.
        try await Task.sleep(for: .seconds(1))
        try await join("bob")
        try await Task.sleep(for: .seconds(2))
        #expect(try await look("bob").json("status") as? String == "waiting")
      }
      #expect(try await eventually(within: .seconds(20)) { try await look("bob").json("token") != nil })
    }
  }

  @Test func `while no sale has a room, a process starts without the rooms' topic, and says what lacks`() async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    // The room's topic is there, and of a form that it cannot have.
    let broker = try EmbeddedBroker(
      topics: [(name: "orders", partitions: 1), (name: "orders-waiting-room", partitions: 3)], logger: logger)
    do {
      try await Shop.with(partitions: 1, on: (broker.bootstrapServers, "orders")) { shop, _ in
        let worker = try await shop.start("worker")
        #expect(worker.process.standardError.contains("the waiting rooms' topic cannot be made"))
        let admin = try await shop.start("admin")
        let intake = try await shop.start("intake")
        try #require(try await createSale(at: admin.admin, room: nil).status == 201)
        let http = try #require(intake.http)
        let isTaken = try await eventually(within: .seconds(10)) {
          try await HTTP.order(at: http, sale: sale, sku: "phone", buyer: "ann", key: "k").status / 100 == 2
        }
        #expect(isTaken)
      }
    } catch {
      await broker.shutdown()
      throw error
    }
    await broker.shutdown()
  }
}
