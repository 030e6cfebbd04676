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

/// Names and reasons that would turn around what stands beside them, or that are far too long.
@Suite struct TurnedTextTests {
  private static let bad = [
    "\u{202E}live", "a\u{2066}b", "a\u{061C}b", "\u{200F}", String(repeating: "x", count: 10_240),
  ]

  @Test func `no name of a sale turns text around`() async throws {
    try await AdminUnderTest.with { admin, client in
      let oscar = try await Browser.signedIn("oscar", .operator, admin, client)
      for name in Self.bad {
        let json = try Sale.sample().json.replacing("\"Double 11\"", with: "\"\(name)\"")
        let answer = try await client.post("/admin/api/sales", json: json)
        #expect(answer.status == 422 && answer.string("field") == "name", "\(answer.text)")
        let form = [
          "id": "double11", "name": name, "zone": "UTC", "starts": "2026-10-20T20:00", "ends": "2026-10-20T21:00",
          "limit": "", "items": "phone; 100; 199.00; CNY",
        ]
        let page = try await oscar.submit("/admin/new-sale", on: "/admin/new-sale", form)
        #expect(page.status == 422 && page.text.contains("name-error"))
        #expect(!page.text.unicodeScalars.contains { $0.turnsText })
      }
      #expect(try await admin.store.sales().isEmpty)
      // Letters of right-to-left scripts are letters.
      let arabic = try Sale.sample().json.replacing("\"Double 11\"", with: "\"تخفيضات\"")
      #expect(try await client.post("/admin/api/sales", json: arabic).status == 201)
    }
  }

  @Test func `no reason turns text around`() async throws {
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(.sample())
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(0, nextOffset: 100)
        try await planted.quarantine(sale, count: 2)
      }
      let oscar = try await Browser.signedIn("oscar", .operator, admin, client)
      let stock = "/admin/api/sales/double11/items/phone"
      for reason in Self.bad {
        for (path, json) in [
          ("\(stock)/restock", #"{"units":1,"reason":"\#(reason)"}"#),
          ("\(stock)/reduce", #"{"units":1,"reason":"\#(reason)"}"#),
          ("/admin/api/sales/double11/jobs", #"{"action":"cancel","search":"","because":"\#(reason)"}"#),
          ("/admin/api/quarantine/1/1/dismiss", #"{"because":"\#(reason)"}"#),
          ("/admin/api/partitions/0/resume", #"{"because":"\#(reason)"}"#),
        ] {
          let answer = try await client.post(path, json: json)
          #expect(answer.status == 422 && answer.string("code") == "invalid_field", "\(path): \(answer.text)")
        }
        for (path, fields) in [
          ("sales/double11/restock", ["sku": "phone", "units": "1", "reason": reason]),
          ("sales/double11/close", ["reason": reason]), ("quarantine/1/1/dismiss", ["because": reason]),
        ] {
          let page = try await oscar.submit("/admin/\(path)", on: "/admin/sales", fields)
          #expect([400, 422].contains(page.status.code), "\(path)")
          #expect(!page.text.unicodeScalars.contains { $0.turnsText }, "\(path)")
        }
      }
      #expect(admin.log.commands.isEmpty && admin.log.closes.isEmpty)
    }
  }

  @Test func `what is in the store already is shown without its marks, and its line of the log stays whole`()
    async throws
  {
    try await AdminUnderTest.with { admin, client in
      _ = try await admin.store.create(.sample(name: "\u{202E}11 elbuoD"))
      let page = try await client.get("/admin/sales/double11").text
      #expect(page.contains("\u{FFFD}11 elbuoD") && !page.unicodeScalars.contains { $0.turnsText })
      // A version before took the mark into its line, and the hash with it.
      try await admin.store.log(LogEntry.Content(who: "mia", action: .saleClosed, subject: "double11"))
      let first = try #require(try await admin.store.logEntries(.init(), limit: 1).entries.first)
      let head = LogHead(number: 1, hash: first.hash)
      var content = LogEntry.Content(who: "mia", action: .saleClosed, subject: "double11")
      content.why = "\u{202E}why"
      let old = LogEntry(content, at: .now, after: head)
      let connection = try await admin.database.connect()
      _ = try await connection.query(
        """
        INSERT INTO admin_log (number, at, who, action, subject, why, address, hash)
        VALUES ($1, $2, 'mia', 'sale.close', 'double11', $3, '', $4)
        """, old.number, old.at, content.why, old.hash)
      _ = try await connection.query("UPDATE admin_log_head SET number = $1, hash = $2", old.number, old.hash)
      await connection.close()
      let audit = try await AuditStore.connect(admin.database.settings, logger: quietLogger)
      #expect(try await audit.checkAdminLog().firstBroken == nil)
      await audit.close()
      #expect(LogEntry.Content(who: "mia", action: .saleClosed, subject: "x", why: "\u{202E}y").why == "\u{FFFD}y")
    }
  }
}
