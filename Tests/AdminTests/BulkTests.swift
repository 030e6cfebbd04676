import Admin
import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import SaleStore
import Synchronization
import TestSupport
import Testing

/// All orders that fit a search, in one job.
@Suite struct BulkTests {
  private static let hold: Statement = """
    INSERT INTO holds (order_id, log_offset, due, price_minor, as_of, sale, partition, units, sequence, state, sku,
      currency, buyer)
    SELECT order_id, log_offset, now(), 500, log_offset + 1, sale, partition, quantity, 1, 2, sku, 'CNY', buyer
    FROM orders WHERE outcome = 0
    """

  private func withOrders(
    _ count: Int32, _ body: @escaping @Sendable (AdminUnderTest, Client, PlantedRows) async throws -> Void
  ) async throws {
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(.sample(items: [(sku: "phone", stock: 100_000)]))
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(0, nextOffset: 1_000_000)
        try await planted.decide(sale, "phone", .confirmed, count: count)
        try await planted.decide(sale, "phone", .rejected(.soldOut), count: 300, from: Int64(count))
        _ = try await planted.connection.query(Self.hold)
        try await body(admin, client, planted)
      }
    }
  }

  /// Works until nobody has anything to do.
  private func work(_ runner: BulkRunner) async throws {
    while try await runner.step() {}
  }

  @Test func `a job goes on after a crash where it stood, and nothing is done twice`() async throws {
    try await withOrders(1_300) { admin, client, planted in
      let preview = try await client.get(
        "/admin/api/sales/double11/jobs/preview?action=cancel&state=reserved")
      #expect(preview.status == 200, "\(preview.text)")
      #expect(preview.json("matching") as? Int == 1_300 && preview.json("applicable") as? Int == 1_300)
      #expect(preview.json("is_complete") as? Bool == true)
      let asOf = try #require(preview.string("as_of"))
      let outdated = try await client.post(
        "/admin/api/sales/double11/jobs",
        json: #"{"action":"cancel","search":"state=reserved","expected":1299,"because":"recall"}"#)
      #expect(outdated.status == 409 && outdated.string("code") == "preview_outdated")
      let started = try await client.post(
        "/admin/api/sales/double11/jobs",
        json: """
          {"action":"cancel","search":"state=reserved","as_of":"\(asOf)","expected":1300,"because":"recall"}
          """)
      #expect(started.status == 202, "\(started.text)")
      // The lane decides the second batch, and its acknowledgement is lost: a crash at the worst moment.
      let batches = Mutex(0)
      admin.log.change { log in
        log.decides = { commands in
          try await Self.decide(commands, planted)
          let number = batches.withLock { count in
            count += 1
            return count
          }
          if number == 2 { throw LogUnderTest.Unreachable() }
        }
      }
      await #expect(throws: (any Error).self) { try await work(admin.jobs) }
      _ = try await planted.connection.query("UPDATE bulk_jobs SET taken_until = now() - interval '1 s'")
      let other = AdminRoutes(
        store: admin.store, topic: PlantedRows.topic, hooks: admin.log.hooks, metrics: admin.metrics,
        logger: quietLogger)
      try await work(other.jobs)

      let job = try await client.get("/admin/api/jobs/1")
      #expect(job.string("state") == "done", "\(job.text)")
      #expect(job.json("commands") as? Int == 1_300 && job.json("written") as? Int == 1_300)
      #expect(job.json("decided") as? Int == 1_300 && job.json("refused") as? Int == 0)
      let commands = admin.log.commands.compactMap { record in
        if case .order(let command) = record { command } else { nil }
      }
      // Some are written twice, with the same id.
      #expect(commands.count > 1_300)
      #expect(Set(commands.map(\.order)).count == 1_300)
      #expect(Set(commands.map { "\($0.order) \($0.id?.rawValue ?? 0)" }).count == 1_300)
      #expect(commands.allSatisfy { $0.action == .cancel(nil) && $0.by.reason == "bulk job 1: recall" })
      let result = try await client.get("/admin/api/jobs/1/result.csv").text
      let lines = result.split(separator: "\r\n")
      #expect(lines.count == 1_301)
      #expect(lines.dropFirst().allSatisfy { $0.hasSuffix(",true,applied,cancelled,-1,0") }, "\(lines[1])")
    }
  }

  @Test func `each order of a large job costs what one of a small job does, and its page reads none`() async throws {
    let count: Int32 = 3_000
    try await withOrders(count) { admin, client, planted in
      let cancel = #"{"action":"cancel","search":"state=reserved","because":"recall"}"#
      #expect(try await Self.start(cancel, "recall", client).status == 202)
      admin.log.change { log in log.decides = { try await Self.decide($0, planted) } }
      let before = try await Self.reads(planted)
      try await admin.database.withEndedStore { store in
        let routes = AdminRoutes(
          store: store, topic: PlantedRows.topic, hooks: admin.log.hooks, metrics: admin.metrics, logger: quietLogger)
        try await work(routes.jobs)
      }
      let after = try await Self.reads(planted)
      let (looks, items) = (after.looks - before.looks, after.items - before.items)
      #expect(looks >= count)
      // PostgreSQL reads a list that is as short as this whole where a batch of it changes.
      #expect(looks <= 5 * Int64(count) && items <= 15 * Int64(count), "\(looks) looks, \(items) items")
      try await admin.database.holding("LOCK TABLE bulk_items, history IN ACCESS EXCLUSIVE MODE") {
        let job = try await client.get("/admin/api/jobs/1")
        #expect(job.json("written") as? Int == 3_000 && job.json("decided") as? Int == 3_000, "\(job.text)")
        #expect(try await client.get("/admin/jobs").text.contains("3,000 of 3,000 written, 3,000 decided"))
      }
    }
  }

  /// Looks for a command in the history of an order, and rows of jobs' lists that were read.
  private static func reads(_ planted: PlantedRows) async throws -> (looks: Int64, items: Int64) {
    let row = try await planted.connection.query(
      """
      SELECT i.idx_scan, t.seq_tup_read + t.idx_tup_fetch FROM pg_stat_user_indexes i, pg_stat_user_tables t
      WHERE i.indexrelname = 'history_order' AND t.relname = 'bulk_items'
      """
    ).single()
    return (try row.int64(0), try row.int64(1))
  }

  /// Starts a job under a name.
  private static func start(_ json: String, _ key: String, _ client: Client) async throws -> TestResponse {
    let name = try #require(HTTPField.Name("Idempotency-Key"))
    return try await client.send(
      .post, "/admin/api/sales/double11/jobs", headers: [.contentType: "application/json", name: key],
      body: Data(json.utf8))
  }

  @Test func `a job that is asked for again under its key is the first one, also after it has run`() async throws {
    try await withOrders(20) { admin, client, _ in
      let extend = #"{"action":"extend","search":"state=reserved","expected":20,"because":"slow bank"}"#
      let answers = try await withThrowingTaskGroup { group in
        for _ in 0..<4 { group.addTask { try await Self.start(extend, "slow-bank", client) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(answers.allSatisfy { $0.status == 202 && $0.json("id") as? Int == answers[0].json("id") as? Int })
      try await work(admin.jobs)
      #expect(admin.log.commands.count == 20)
      let late = try await Self.start(extend, "slow-bank", client)
      #expect(late.status == 202 && late.string("state") == "done", "\(late.text)")
      for other in [
        extend.replacing("extend", with: "cancel"), extend.replacing("slow bank", with: "bored"),
        extend.replacing("state=reserved", with: ""),
      ] {
        let refused = try await Self.start(other, "slow-bank", client)
        #expect(refused.status == 422 && refused.string("code") == "idempotency_conflict", "\(refused.text)")
      }
      #expect(try await admin.store.bulkJobs().count == 1)
    }
  }

  @Test func `two mass refunds at once pay back what is due, once`() async throws {
    try await AdminUnderTest.with { admin, client in
      try await RealLane.with(admin) { lane in
        let stored = try await admin.store.create(Self.saleWithHolds())
        let request = try PurchaseRequest.sample("ann", [("phone", 3)], of: stored)
        try await lane.decide([
          .place(request), request.paid(59_700, "pay-1"), request.then(.cancel(Units(1), of: nil)),
        ])
        // Both look at the payment before a lane has decided anything.
        for number in 1...2 {
          let json = #"{"action":"refund","search":"","because":"goodwill"}"#
          #expect(try await Self.start(json, "refund-\(number)", client).status == 202)
        }
        try await work(admin.jobs)
        try await lane.decide(admin.log.commands)
        try await work(admin.jobs)
        let payment = try #require(try await admin.store.payments(for: [request.order])[request.order]?.first)
        #expect(payment.refunded == 19_900 && payment.refundDue == 0 && payment.applied == 39_800)
        let refused = try await client.get("/admin/api/jobs/2")
        #expect(refused.json("decided") as? Int == 1 && refused.json("refused") as? Int == 1, "\(refused.text)")
      }
    }
  }

  @Test func `payments with the longest ids, which differ in the last byte alone, are each paid back, once`()
    async throws
  {
    try await AdminUnderTest.with { admin, client in
      try await RealLane.with(admin) { lane in
        let stored = try await admin.store.create(Self.saleWithHolds())
        let request = try PurchaseRequest.sample("ann", [("phone", 1)], of: stored)
        let stem = String(repeating: "p", count: PaymentID.maxBytes - 1)
        try await lane.decide([.place(request), request.paid(100, stem + "a"), request.paid(200, stem + "b")])
        for number in 1...2 {
          let json = #"{"action":"refund","search":"","because":"goodwill"}"#
          #expect(try await Self.start(json, "refund-\(number)", client).status == 202)
          try await work(admin.jobs)
          // The second job finds nothing that is due.
          try #require(admin.log.commands.count == 2)
          if number == 1 { try await lane.decide(admin.log.commands) }
        }
        let payments = try await admin.store.payments(for: [request.order])[request.order] ?? []
        #expect(payments.map(\.refunded).sorted() == [100, 200] && payments.allSatisfy { $0.refundDue == 0 })
        let ids = admin.log.commands.compactMap { record in
          if case .order(let command) = record { command.id } else { nil }
        }
        #expect(Set(ids).count == 2)
      }
    }
  }

  private static func saleWithHolds() throws -> Sale {
    let sample = try Sale.sample()
    return try Sale(
      id: sample.id, name: sample.name, startsAt: sample.startsAt, endsAt: sample.endsAt, perBuyerLimit: nil,
      holds: HoldRules(seconds: 600), items: sample.items)
  }

  /// As a lane: each command once.
  private static func decide(_ commands: [LogRecord], _ planted: PlantedRows) async throws {
    let orders = commands.compactMap { record -> (String, Int64)? in
      if case .order(let command) = record { ("\(command.order)", command.id?.rawValue ?? 0) } else { nil }
    }
    _ = try await planted.connection.query(
      """
      INSERT INTO history (log_offset, at, minor, command_id, partition, sale, units, sequence, place, action, result,
        state, order_id, sku, by_whom, reason)
      SELECT 2000000 + o.log_offset, now(), 0, c.command, 0, o.sale, -1, 2, 0, 3, 0, 8, o.order_id, o.sku, 'a', 'b'
      FROM unnest($1::text[], $2::int8[]) AS c (id, command) JOIN orders o ON o.order_id = c.id::uuid
      ON CONFLICT DO NOTHING
      """, orders.map(\.0), orders.map(\.1))
  }

  @Test func `a job passes over what it can do nothing to, is stopped once, and refuses what is none`() async throws {
    try await withOrders(40) { admin, client, planted in
      _ = try await planted.connection.query("UPDATE holds SET state = 6, due = NULL WHERE log_offset <= 10")
      let path = "/admin/api/sales/double11/jobs"
      let extend = #"{"action":"extend","search":"","because":"slow bank"}"#
      // Sent again without a name of its own, it would extend each hold once more.
      let nameless = try await client.post(path, json: extend)
      #expect(nameless.status == 400 && nameless.string("code") == "invalid_header", "\(nameless.text)")
      let started = try await Self.start(extend, "slow-bank", client)
      #expect(started.status == 202, "\(started.text)")
      try await work(admin.jobs)
      let job = try await client.get("/admin/api/jobs/1")
      #expect(job.json("matching") as? Int == 340 && job.json("skipped") as? Int == 310)
      #expect(job.json("commands") as? Int == 30 && admin.log.commands.count == 30)
      let again = try await client.post("/admin/api/jobs/1/stop", json: #"{"because":"late"}"#)
      #expect(again.status == 409 && again.string("code") == "job_ended")
      #expect(try await client.get("/admin/api/jobs/2").string("code") == "job_not_found")
      for (json, status) in [
        (#"{"action":"burn","search":"","because":"x"}"#, 422), (#"{"action":"cancel","search":""}"#, 422),
        (#"{"action":"cancel","search":"state=gone","because":"x"}"#, 400), ("[", 400),
        (#"{"action":"cancel","search":"","because":"x","as_of":"AAAA"}"#, 422),
      ] {
        #expect(try await client.post(path, json: json).status.code == status, "\(json)")
      }
      let second = try await client.post(path, json: #"{"action":"cancel","search":"","because":"x"}"#)
      #expect(second.status == 202)
      #expect(try await client.post("/admin/api/jobs/2/stop", json: #"{"because":"wrong sale"}"#).status == 200)
      try await work(admin.jobs)
      #expect(try await client.get("/admin/api/jobs/2").string("state") == "stopped")
      #expect(admin.log.commands.count == 30)
    }
  }

  @Test func `a refund is of each payment by itself, and webhooks are sent again`() async throws {
    try await withOrders(2) { admin, client, planted in
      _ = try await planted.connection.query(
        """
        INSERT INTO payments (sale, payment, order_id, captured, refund_due, refunded, as_of, partition, currency,
          counted, sku)
        SELECT o.sale, 'p' || o.log_offset || n, o.order_id, 100, n * 10, 0, 3, 0, 'CNY', true, o.sku
        FROM orders o CROSS JOIN generate_series(0, 2) AS n WHERE o.outcome = 0
        """)
      _ = try await planted.connection.query(
        """
        INSERT INTO history (log_offset, at, minor, partition, sale, units, sequence, place, action, result, state,
          order_id, sku, by_whom, reason, payment)
        SELECT as_of - 1, now(), captured, partition, sale, 0, 2, row_number() OVER (), 1, 0, 4, order_id, sku,
          'provider', '', payment
        FROM payments
        """)
      _ = try await planted.connection.query(
        """
        WITH endpoint AS (
          INSERT INTO webhook_endpoints (concurrency, url, events, secret)
          VALUES (1, 'https://shop.example', '{}', decode(repeat('00', 32), 'hex')) RETURNING id
        )
        INSERT INTO webhook_deliveries (endpoint, kind, order_id, event_id, body, dead_at)
        SELECT endpoint.id, 1, o.order_id, 'e', '{}', now() FROM endpoint, orders o WHERE o.log_offset = 1
        """)
      let path = "/admin/api/sales/double11/jobs"
      for action in ["refund", "resend"] {
        let json = #"{"action":"\#(action)","search":"outcome=confirmed","because":"goodwill"}"#
        #expect(try await client.post(path, json: json).status == 202)
      }
      try await work(admin.jobs)
      let refunds = admin.log.commands.compactMap { record -> String? in
        guard case .order(let command) = record, case .refunded(let payment, let minor, onlyDue: true) = command.action
        else {
          return nil
        }
        return "\(payment) \(minor)"
      }
      #expect(refunds.sorted() == ["p11 10", "p12 20", "p21 10", "p22 20"])
      let dead = try await planted.connection.query("SELECT count(*) FROM webhook_deliveries WHERE dead_at IS NOT NULL")
      #expect(try dead.single().int64(0) == 0)
      #expect(try await client.get("/admin/api/jobs/2/result.csv").text.contains(",true,sent,"))
    }
  }
}
