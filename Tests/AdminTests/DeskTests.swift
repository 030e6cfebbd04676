import Accounts
import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import SaleStore
import TestSupport
import Testing
import Time

@testable import Admin

/// Records that could not be decided, audits, and orders by what a person has at hand.
@Suite struct DeskTests {
  @Test func `a quarantined record is looked into, and requeued or dismissed once`() async throws {
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(.sample())
      try await PlantedRows.with(admin.database) { planted in
        try await planted.quarantine(sale, count: 2)
        _ = try await planted.connection.query(
          """
          UPDATE quarantined_records SET record_key = 'double11', record_value = '\\x08011204616263ff'::bytea
          WHERE log_offset = 1
          """)
        let list = try await client.get("/admin/api/quarantine?open=true")
        #expect((list.json("records") as? [Any])?.count == 2)
        #expect(
          (try await client.get("/admin/api/quarantine?after=1@1").json("records") as? [Any])?.count == 1)
        let record = try await client.get("/admin/api/quarantine/1/1")
        #expect(record.status == 200, "\(record.text)")
        #expect(record.string("key") == "double11" && record.string("sale") == "double11")
        #expect(record.string("decoded")?.hasPrefix("cannot be read") == true)
        #expect((record.json("hex") as? [String])?.first?.hasPrefix("000000  08 01 12 04 61 62 63 ff") == true)
        #expect(record.json("fields") as? [String] == ["1: 1", "2: 4 bytes, 616263ff"])

        let requeued = try await client.post(
          "/admin/api/quarantine/1/1/requeue", json: #"{"because":"the new version reads it"}"#)
        #expect(requeued.status == 200, "\(requeued.text)")
        #expect(requeued.string("resolution") == "requeued" && requeued.json("requeued_offset") as? Int == 700)
        #expect(admin.log.requeued.map(\.partition) == [1])
        #expect(admin.log.requeued.first?.value == [8, 1, 18, 4, 97, 98, 99, 255])
        let again = try await client.post("/admin/api/quarantine/1/1/dismiss", json: #"{"because":"no"}"#)
        #expect(again.status == 409 && again.string("code") == "record_resolved")
        let dismissed = try await client.post("/admin/api/quarantine/1/2/dismiss", json: #"{"because":"a test"}"#)
        #expect(dismissed.string("resolution") == "dismissed" && dismissed.string("resolved_because") == "a test")
        #expect((try await client.get("/admin/api/quarantine?open=true").json("records") as? [Any])?.isEmpty == true)
        #expect(try await client.post("/admin/api/quarantine/1/2/dismiss", json: "{}").status == 422)
        let unknown = try await client.get("/admin/api/quarantine/1/3")
        #expect(unknown.status == 404 && unknown.string("code") == "record_not_found")
      }
    }
  }

  @Test func `an audit runs once at a time, tells how far it is, and what it found`() async throws {
    try await AdminUnderTest.with { admin, client in
      let (go, goes) = AsyncStream<Void>.makeStream()
      admin.log.change { log in
        log.audits = { step in
          step(AuditStep("comparing", done: 3, of: 10))
          for await _ in go { break }
          return AuditVerdict("sound", text: "all is right", json: Data("{}".utf8))
        }
      }
      let started = try await client.post("/admin/api/audits", json: #"{"reason":"Monday"}"#)
      #expect(started.status == 202, "\(started.text)")
      #expect(try await admin.log(.auditStarted).map(\.why) == ["Monday"])
      #expect(
        try await eventually {
          let audit = try await client.get("/admin/api/audits/1")
          return audit.json("done") as? Int == 3 && audit.json("total") as? Int == 10
        })
      let second = try await client.send(.post, "/admin/api/audits")
      #expect(second.status == 409 && second.string("code") == "audit_running")
      goes.yield()
      #expect(
        try await eventually { try await client.get("/admin/api/audits/1").string("verdict") == "sound" })
      #expect(try await client.get("/admin/api/audits/1").string("report") == "all is right")
      #expect(try await client.get("/admin/api/audits/2").string("code") == "audit_not_found")
      admin.log.change { $0.audits = { _ in throw LogUnderTest.Unreachable() } }
      #expect(try await client.send(.post, "/admin/api/audits").status == 202)
      #expect(try await eventually { try await client.get("/admin/api/audits/2").string("state") == "failed" })
    }
  }

  @Test func `an audit of another process is shown, and one whose process died has not ended`() async throws {
    try await AdminUnderTest.with { admin, client in
      let (go, goes) = AsyncStream<Void>.makeStream()
      let other = LogUnderTest()
      other.change { log in
        log.audits = { step in
          step(AuditStep("comparing", done: 3, of: 10))
          for await _ in go { break }
          return AuditVerdict("violated", text: "a row\u{0} is wrong", json: Data("{}".utf8))
        }
      }
      let desk = SaleDesk(
        store: admin.store, hooks: other.hooks, metrics: admin.metrics, topic: PlantedRows.topic, logger: quietLogger)
      _ = try await AuditDesk(desk: desk, run: other.hooks.audit).start(by: "mia")
      #expect(try await eventually { try await client.get("/admin/api/audits/1").json("done") as? Int == 3 })
      let shown = try await client.get("/admin/api/audits/1")
      #expect(shown.string("state") == "running" && shown.string("started_by") == "mia", "\(shown.text)")
      #expect(try await client.send(.post, "/admin/api/audits").string("code") == "audit_running")
      goes.yield()
      #expect(try await eventually { try await client.get("/admin/api/audits/1").string("verdict") == "violated" })
      #expect(try await client.get("/admin/audits").text.contains("a row\u{FFFD} is wrong"))
      // A process that died in the middle of one.
      let connection = try await admin.database.connect()
      _ = try await connection.query(
        """
        INSERT INTO admin_audits (started_by, phase, done, total, told_at)
        VALUES ('leo', 'comparing', 5, 10, clock_timestamp() - interval '31 s')
        """)
      await connection.close()
      let dead = try await client.get("/admin/api/audits/2")
      #expect(dead.string("state") == "not_ended" && dead.json("verdict") is NSNull, "\(dead.text)")
      let page = try await client.get("/admin/audits").text
      #expect(page.contains("not ended") && page.contains("it has no verdict"))
      // It is in nobody's way.
      #expect(try await client.send(.post, "/admin/api/audits").status == 202)
      #expect(try await eventually { try await client.get("/admin/api/audits/3").string("state") == "failed" })
    }
  }

  @Test func `of those who start an audit at once, in several processes, one does`() async throws {
    try await AdminUnderTest.with { admin, _ in
      for round in 1...5 {
        let started = try await withThrowingTaskGroup(of: StoredAudit?.self) { group in
          for name in ["ada", "leo", "mia", "zoe"] {
            group.addTask { try await admin.store.startAudit(by: name, phase: "begins", keeping: 3) }
          }
          return try await group.reduce(into: [StoredAudit]()) { if let audit = $1 { $0.append(audit) } }
        }
        #expect(started.count == 1)
        for audit in started { try await admin.store.endAudit(audit.id, .failed("round \(round)")) }
        // The first way in which it ended stands.
        for audit in started { try await admin.store.endAudit(audit.id, .verdict("sound", report: "late")) }
      }
      let kept = try await admin.store.audits(limit: 9)
      #expect(kept.map(\.error) == ["round 5", "round 4", "round 3"] && kept.allSatisfy { $0.verdict == nil })
    }
  }

  @Test func `an order is found by its ticket and by its payment`() async throws {
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(.sample())
      try await PlantedRows.with(admin.database) { planted in
        try await planted.decide(sale, "phone", .confirmed, count: 1)
        let rows = try await planted.connection.query("SELECT order_id::text, buyer FROM orders")
        let order = try #require(OrderID(try rows.single().string(0)))
        let place = LogPosition(partition: 0, offset: 1)
        admin.log.change { $0.orders[place] = order }
        let signer = try TicketSigner(secrets: [Array(repeating: 7, count: 16)])
        let ticket = signer.sign(Ticket(place), order: order, buyer: try BuyerID(validating: "buyer-1"))
        let found = try await client.get("/admin/api/orders?ticket=\(ticket)")
        #expect(found.status == 200 && found.text.contains("\(order)"), "\(found.text)")
        _ = try await planted.connection.query(
          """
          INSERT INTO payments (sale, payment, order_id, captured, refund_due, refunded, as_of, partition, currency,
            counted, sku) SELECT sale, 'ch_1+2', order_id, 5, 0, 0, 3, 0, 'CNY', true, sku FROM orders
          """)
        #expect(try await client.get("/admin/api/orders?payment=ch_1%2B2").text.contains("\(order)"))
        let none = try await client.get("/admin/api/orders?payment=ch_2")
        #expect((none.json("orders") as? [Any])?.isEmpty == true)
        let other = signer.sign(
          Ticket(LogPosition(partition: 1, offset: 1)), order: order, buyer: try BuyerID(validating: "x"))
        #expect(try await client.get("/admin/api/orders?ticket=\(other)").status == 404)
        for query in ["", "?ticket=x", "?payment="] {
          #expect(try await client.get("/admin/api/orders\(query)").status == 400, "\(query)")
        }
      }
    }
  }

  @Test func `a sale is shown as it stood at an instant`() async throws {
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(.sample())
      try await PlantedRows.with(admin.database) { planted in
        try await planted.decide(sale, "phone", .confirmed, count: 5, quantity: 2, at: 1_762_800_000)
        try await planted.decide(sale, "phone", .rejected(.soldOut), count: 7, from: 5, at: 1_762_800_010)
        _ = try await planted.connection.query("UPDATE orders SET accepted_at = decided_at - interval '5 s'")
        let path = "/admin/api/sales/double11/moment?at="
        func moment(_ second: Int64) async throws -> TestResponse {
          try await client.get(path + "\(Timestamp(microseconds: second * 1_000_000))")
        }
        let before = try await moment(1_762_799_996)
        #expect(before.json("accepted") as? Int == 5 && before.json("decided") as? Int == 0, "\(before.text)")
        #expect(item(before, "left") == 1_000 && item(before, "line") == 5)
        let between = try await moment(1_762_800_006)
        #expect(between.json("confirmed") as? Int == 5 && between.json("rejected") as? Int == 0)
        #expect(item(between, "left") == 990 && item(between, "line") == 7)
        let after = try await moment(1_762_800_011)
        #expect(after.json("rejected") as? Int == 7 && item(after, "line") == 0)
        #expect(try await client.get(path + "yesterday").status == 400)
        #expect(try await client.get("/admin/api/sales/none/moment?at=2026-11-11T00:00:00Z").status == 404)
      }
    }
  }

  /// A number of the only SKU.
  private func item(_ moment: TestResponse, _ name: String) -> Int? {
    (moment.json("items") as? [[String: Any]])?.first?[name] as? Int
  }
}
