import Accounts
import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import SaleStore
import TestSupport
import Testing

/// Commands about stock that are sent again (I8, I12): each is done once. The lane is what the test plants.
@Suite struct StockCommandTests {
  /// A shop with a sale of two SKUs whose lane decides at once.
  private struct Desk {
    let admin: AdminUnderTest
    let client: Client

    func send(
      _ method: HTTPRequest.Method, _ path: String, _ json: String, keys: [String] = []
    ) async throws -> TestResponse {
      var headers: HTTPFields = [.contentType: "application/json"]
      if let name = HTTPField.Name("Idempotency-Key") { headers[values: name] = keys }
      return try await client.send(method, "/admin/api/\(path)", headers: headers, body: Data(json.utf8))
    }

    func reduce(_ units: Int) async throws -> TestResponse {
      try await send(
        .post, "sales/s1/items/phone/reduce", #"{"units":\#(units),"reason":"recalled"}"#, keys: ["less-\(units)"])
    }

    /// How many units of the first SKU are put up, and left.
    func units() async throws -> [Int] {
      let sale = try await client.get("/admin/api/sales/s1")
      let item = try #require((sale.json("items") as? [[String: Any]])?.first)
      return [item["stock"], item["left"]].compactMap { $0 as? Int }
    }

    func restock(_ units: Int, _ keys: String..., sku: String = "phone") async throws -> TestResponse {
      try await send(
        .post, "sales/s1/items/\(sku)/restock", #"{"units":\#(units),"reason":"delivery"}"#, keys: keys)
    }
  }

  private func with(_ body: @Sendable (Desk) async throws -> Void) async throws {
    try await AdminUnderTest.with { admin, client in
      _ = try await admin.store.create(try .sample("s1", items: [("phone", 1_000), ("case", 10)]))
      try await PlantedRows.with(admin.database) { rows in
        try await rows.progress(0, nextOffset: 1_000)
        admin.log.change { $0.decides = { try await Self.decide($0, rows.connection) } }
        try await body(Desk(admin: admin, client: client))
      }
    }
  }

  /// As a lane, for the first of each command.
  private static func decide(_ records: [LogRecord], _ connection: Connection) async throws {
    for case .stock(let command) in records {
      var units: Int32 = 0
      if case .restock(let more) = command.action { units = more.rawValue }
      _ = try await connection.query(
        """
        INSERT INTO history (log_offset, at, minor, command_id, digest, partition, sale, units, sequence, place, action,
          result, sku, by_whom, reason)
        SELECT coalesce(max(log_offset) + 1, 0), $7, 0, $1, $2, 0, $3, $4, 0, 0, $5, 0, $6, 'mia', 'delivery'
        FROM history
        """, command.id?.rawValue, command.action.digest.rawValue, command.stock.sale.rawValue, units,
        command.action.historyAction.rawValue, command.stock.sku.rawValue, command.at)
    }
  }

  private func effect(_ answer: TestResponse) throws -> [String: Any] {
    try #require((answer.json("effects") as? [[String: Any]])?.first, "\(answer)")
  }

  @Test func `a restock under a key is written once, and a repeat hears what the first one did`() async throws {
    try await with { desk in
      for key in ["d-7", "d-7", "\"d-7\""] {
        let answer = try await desk.restock(500, key)
        #expect(answer.status == .ok, "\(answer)")
        let effect = try effect(answer)
        #expect(effect["result"] as? String == "applied" && effect["units"] as? Int == 500)
        #expect(effect["offset"] as? Int == 0)
      }
      #expect(desk.admin.log.commands.count == 1)
      for answer in [
        try await desk.restock(400, "d-7"),
        try await desk.send(
          .post, "sales/s1/items/phone/reduce", #"{"units":500,"reason":"x"}"#, keys: ["d-7"]),
      ] {
        #expect(answer.status == 422 && answer.string("code") == "idempotency_conflict", "\(answer)")
      }
      #expect(desk.admin.log.commands.count == 1)
      #expect(try await desk.restock(5, "d-7", sku: "case").status == .ok)
      #expect(desk.admin.log.commands.count == 2)
      for keys in [["\""], ["a b"], ["d-8", "d-9"]] {
        let answer = try await desk.send(
          .post, "sales/s1/items/phone/restock", #"{"units":5,"reason":"delivery"}"#, keys: keys)
        #expect(answer.status == 400 && answer.string("code") == "invalid_header", "\(answer)")
      }
      // Without a key each is a command of its own, which the log still does once.
      _ = try await desk.restock(5)
      _ = try await desk.restock(5)
      let ids = desk.admin.log.commands.compactMap { if case .stock(let command) = $0 { command.id } else { nil } }
      #expect(ids.count == 4 && Set(ids).count == 3)
    }
  }

  @Test func `a restock whose answer got lost is sent again under its key, and says so (I12)`() async throws {
    try await with { desk in
      let connection = try await desk.admin.database.connect()
      desk.admin.log.change { log in
        log.decides = { records in
          try await Self.decide(records, connection)
          throw LogUnderTest.Unreachable()
        }
      }
      let lost = try await desk.restock(500, "d-7")
      #expect(lost.status == 503 && lost.string("code") == "outcome_unknown", "\(lost)")
      #expect(lost.string("detail")?.contains("with the same Idempotency-Key") == true)
      let again = try await desk.restock(500, "d-7")
      #expect(again.status == .ok && desk.admin.log.commands.count == 1, "\(again)")
      #expect(try effect(again)["units"] as? Int == 500)
      let keyless = try await desk.restock(500)
      #expect(keyless.status == 503 && keyless.string("detail")?.contains("could be done twice") == true)
      await connection.close()
    }
  }

  @Test func `a change of a sale under a key is written once for each SKU`() async throws {
    try await with { desk in
      for _ in 0..<2 {
        let answer = try await desk.send(
          .patch, "sales/s1", #"{"ends_at":"2090-01-01T00:00:00Z","reason":"longer"}"#, keys: ["c-1"])
        #expect(answer.status == .ok && (answer.json("effects") as? [Any])?.count == 2, "\(answer)")
      }
      #expect(desk.admin.log.commands.count == 2)
      let other = try await desk.send(
        .patch, "sales/s1", #"{"ends_at":"2091-01-01T00:00:00Z","reason":"longer"}"#, keys: ["c-1"])
      #expect(other.status == 422 && other.string("code") == "idempotency_conflict", "\(other)")
    }
  }

  @Test func `a reopening that is sent again leaves a sale closed that was closed meanwhile`() async throws {
    try await with { desk in
      let id = try SaleID(validating: "s1")
      func reopen(_ key: String) async throws -> Bool {
        let answer = try await desk.send(
          .post, "sales/s1/items/phone/reopen", #"{"reason":"by mistake"}"#, keys: [key])
        #expect(answer.status == .ok, "\(answer)")
        return try await desk.admin.store.sale(id)?.closedAt == nil
      }
      func close() async throws {
        #expect(try await desk.send(.post, "sales/s1/close", #"{"reason":"x"}"#).status == .ok)
      }
      try await close()
      #expect(try await reopen("r-1"))
      #expect(try await reopen("r-1"))
      try await close()
      #expect(try await !reopen("r-1"))
      #expect(try await reopen("r-2"))
    }
  }

  @Test func `a close under a key is written once, and closes nothing that was reopened since`() async throws {
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(try .sample("s1", items: [("phone", 5)]))
      try await RealLane.with(admin) { lane in
        admin.log.change { $0.decides = { try await lane.decide($0) } }
        let desk = Desk(admin: admin, client: client)
        func close(_ key: String) async throws -> String? {
          let answer = try await desk.send(.post, "sales/s1/close", #"{"reason":"a flaw"}"#, keys: [key])
          #expect(answer.status == .ok, "\(answer)")
          return answer.string("status")
        }
        #expect(try await close("c-1") == "closed")
        // Half way: it is in the log, and the sale does not say so.
        _ = try await admin.store.markChanged(sale.sale.id, isReopened: true)
        #expect(try await close("c-1") == "closed")
        let path = "sales/s1/items/phone/reopen"
        let reopened = try await desk.send(.post, path, #"{"reason":"mended"}"#, keys: ["r-1"])
        #expect(reopened.status == .ok, "\(reopened)")
        #expect(try await close("c-1") == "open")
        #expect(admin.log.closes.count == 1)
        #expect(try await close("c-2") == "closed")

        // The history has who closed it and why, as of each command.
        let connection = try await admin.database.connect()
        let rows = try await connection.query(
          "SELECT by_whom, reason FROM history WHERE action = $1 AND result = 0 ORDER BY log_offset",
          HistoryEntry.Action.close.rawValue)
        #expect(try rows.map { try $0.string(0) } == ["admin", "admin"])
        #expect(try rows.map { try $0.string(1) } == ["a flaw", "a flaw"])
        await connection.close()
      }
    }
  }

  @Test func `all units can be taken back, also where none were sold, and the sale is still there`() async throws {
    try await AdminUnderTest.with { admin, client in
      _ = try await admin.store.create(try .sample("s1", items: [("phone", 5)]))
      try await RealLane.with(admin) { lane in
        admin.log.change { $0.decides = { try await lane.decide($0) } }
        let desk = Desk(admin: admin, client: client)
        let refused = try await desk.reduce(6)
        #expect(refused.string("code") == "too_much")
        let none = try await desk.reduce(5)
        #expect(none.status == .ok)
        let gone = try await desk.units()
        #expect(gone == [0, 0])
        let report = try await client.get("/admin/api/sales/s1/report")
        #expect(report.status == .ok)
        let more = try await desk.restock(2)
        #expect(more.status == .ok)
        let back = try await desk.units()
        #expect(back == [2, 2])
      }
    }
  }

  @Test func `a form that is sent twice puts units up once, and one that is made anew once more`() async throws {
    try await with { desk in
      let browser = try await Browser.signedIn("oscar", .operator, desk.admin, desk.client)
      let form = ["sku": "case", "units": "7", "reason": "found"]
      func preview() async throws -> [String: String] {
        let page = try await browser.submit("/admin/sales/s1/restock", on: "/admin/sales/s1", form).text
        let key = try #require(page.firstMatch(of: /name="command_key" value="([^"]+)"/)).output.1
        return form.merging(["confirmed": "yes", "command_key": String(key)]) { mine, _ in mine }
      }
      let first = try await preview()
      for _ in 0..<2 {
        let answer = try await browser.submit("/admin/sales/s1/restock", on: "/admin/sales/s1", first)
        #expect(answer.status == 303, "\(answer)")
      }
      #expect(desk.admin.log.commands.count == 1)
      _ = try await browser.submit("/admin/sales/s1/restock", on: "/admin/sales/s1", preview())
      #expect(desk.admin.log.commands.count == 2)
      let wrong = first.merging(["command_key": "a b"]) { $1 }
      #expect(try await browser.submit("/admin/sales/s1/restock", on: "/admin/sales/s1", wrong).status.code >= 400)
      #expect(try await browser.get("/admin/sales/s1/edit").text.contains("name=\"command_key\" value=\""))
    }
  }
}
