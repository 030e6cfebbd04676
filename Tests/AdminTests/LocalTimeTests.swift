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

/// Times in a sale's own zone, and the forms that have them.
@Suite struct LocalTimeTests {
  @Test(arguments: [
    ("Asia/Shanghai", "2026-11-11T00:00", "2026-11-10T16:00:00Z"),
    ("UTC", "2026-11-11T00:00:30", "2026-11-11T00:00:30Z"),
    ("Europe/Berlin", "2026-03-29T01:59:59", "2026-03-29T00:59:59Z"),
    ("Europe/Berlin", "2026-03-29T03:00:00", "2026-03-29T01:00:00Z"),
    ("America/New_York", "2026-11-01T00:59:59", "2026-11-01T04:59:59Z"),
    ("Australia/Lord_Howe", "2026-04-05T01:29:59", "2026-04-04T14:29:59Z"),
  ])
  func `a time that clocks show once is one instant`(_ zone: String, _ text: String, _ instant: String) throws {
    let zone = try #require(LocalTime.zone(zone))
    let found = try LocalTime.instant(text, in: zone, choosing: nil)
    #expect(found == Timestamp(rfc3339: instant))
    #expect(LocalTime.text(found, in: zone).hasPrefix(text))
  }

  @Test(arguments: [
    ("Europe/Berlin", "2026-03-29T02:30"), ("America/New_York", "2026-03-08T02:00"),
    ("Australia/Lord_Howe", "2026-10-04T02:15"),
  ])
  func `a time in a gap is refused`(_ zone: String, _ text: String) throws {
    let zone = try #require(LocalTime.zone(zone))
    #expect(throws: LocalTime.Fault.gap) { try LocalTime.instant(text, in: zone, choosing: .later) }
  }

  @Test(arguments: [
    ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
    ("America/New_York", "2026-11-01T01:00", "2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"),
  ])
  func `a time in an overlap must be chosen`(_ zone: String, _ text: String, _ first: String, _ second: String) throws {
    let zone = try #require(LocalTime.zone(zone))
    let both = try (#require(Timestamp(rfc3339: first)), #require(Timestamp(rfc3339: second)))
    #expect(throws: LocalTime.Fault.overlap(both.0, both.1)) { try LocalTime.instant(text, in: zone, choosing: nil) }
    #expect(try LocalTime.instant(text, in: zone, choosing: .earlier) == both.0)
    #expect(try LocalTime.instant(text, in: zone, choosing: .later) == both.1)
    #expect(LocalTime.words(both.0, in: zone) != LocalTime.words(both.1, in: zone))
  }

  @Test(arguments: [
    "", "2026-13-01T00:00", "yesterday", "2026-02-30T00:00", "2026-11-11 00:00", "2026-11-11T00:00Z", "１",
  ])
  func `what is no time is told so`(_ text: String) throws {
    #expect(throws: LocalTime.Fault.form) { try LocalTime.instant(text, in: .gmt, choosing: nil) }
  }

  @Test func `a sale is created, copied with its hours, changed and restocked on pages`() async throws {
    try await AdminUnderTest.with { admin, client in
      let browser = try await Browser.signedIn("oscar", .operator, admin, client)
      let fields = [
        "id": "double11", "name": "<b>Double</b> 11", "zone": "Europe/Berlin", "starts": "2026-10-20T20:00",
        "ends": "2026-10-20T21:00", "limit": "2", "items": "phone; 100; 199.00; CNY\ncase; 5; 9.90; CNY",
        "reason": "autumn",
      ]
      for (field, bad) in [
        ("id", "a b"), ("name", ""), ("name", "x\u{0}"), ("name", String(repeating: "x", count: 10_240)),
        ("zone", "Mars/Base"), ("starts", "2026-03-29T02:30"), ("ends", "2026-10-20T19:00"), ("limit", "x"),
        ("items", "phone, 1"), ("items", ""), ("reason", " "), ("items", "phone; 0; 1; CNY"),
        ("items", "<script>; 1; 1; CNY"),
      ] {
        let answer = try await browser.submit(
          "/admin/new-sale", on: "/admin/new-sale", fields.merging([field: bad]) { $1 })
        #expect(answer.status == 422 && answer.text.contains("aria-invalid"), "\(field) \(bad.prefix(20))")
        #expect(!answer.text.contains("<script>") && !answer.text.contains("<b>Double"))
      }
      #expect(try await admin.store.sales().isEmpty)
      #expect(try await browser.submit("/admin/new-sale", on: "/admin/new-sale", fields).status == 303)
      #expect(try await admin.log(.saleCreated).first?.why == "autumn")
      let stored = try #require(try await admin.store.sale(SaleID(validating: "double11")))
      #expect("\(stored.sale.startsAt)" == "2026-10-20T18:00:00.000Z")
      #expect(try await browser.submit("/admin/new-sale", on: "/admin/new-sale", fields).status == 422)
      // A week later clocks have changed, and the hours stay.
      let copy = try await browser.get("/admin/new-sale?from=double11").text
      #expect(copy.contains("value=\"2026-10-27T20:00:00\"") && copy.contains("value=\"Europe/Berlin\""))
      let page = try await browser.get("/admin/sales/double11").text
      #expect(page.contains("2026-10-20 20:00:00 +02:00") && page.contains("2026-10-20 18:00"))
      let form = ["sku": "case", "units": "7", "reason": "found <b>more</b>"]
      let preview = try await browser.submit("/admin/sales/double11/restock", on: "/admin/sales/double11", form)
      #expect(preview.text.contains("7 more units of case") && preview.text.contains("&lt;b&gt;more"))
      #expect(admin.log.commands.isEmpty)
      let viewer = try await Browser.signedIn("victor", .viewer, admin, client)
      #expect(try await !viewer.get("/admin/sales/double11").text.contains("/restock"))
      #expect(try await viewer.submit("/admin/sales/double11/close", on: "/admin", ["reason": "x"]).status == 403)
    }
  }

  @Test func `a limit can be changed and not taken away, and a SKU of which none are left stays in the form`()
    async throws
  {
    try await AdminUnderTest.with { admin, client in
      let sample = try Sale.sample()
      let sale = try await admin.store.create(
        Sale(
          id: sample.id, name: sample.name, startsAt: sample.startsAt, endsAt: sample.endsAt,
          perBuyerLimit: Units(3), items: sample.items))
      let connection = try await admin.database.connect()
      _ = try await connection.query(
        "UPDATE stock SET put_up = 0, units_left = 0 WHERE sale = $1", sale.number.rawValue)
      await connection.close()
      try await PlantedRows.with(admin.database) { try await $0.progress(0, nextOffset: 1_000) }
      let browser = try await Browser.signedIn("oscar", .operator, admin, client)
      let path = "/admin/sales/double11/edit"
      let page = try await browser.get(path).text
      let seen = String(try #require(page.firstMatch(of: /name="seen" value="([^"]*)"/)).output.1)
      for (limit, status) in [("", 422), ("2", 303)] {
        let fields = [
          "name": "Double 11", "zone": "UTC", "starts": "2025-11-10T16:00:00",
          "ends": String("\(sample.endsAt)".prefix(19)), "limit": limit, "items": "phone, 0, 199.00, CNY",
          "reason": "fewer", "seen": seen,
        ]
        let answer = try await browser.submit(path, on: path, fields)
        #expect(answer.status.code == status, "\(answer.text)")
        #expect(answer.text.contains("cannot be taken away") == (status == 422))
      }
      guard case .stock(let command)? = admin.log.commands.first else { throw TestSetUpError("no command") }
      let change = try RuleChange(perBuyerLimit: Units(2))
      #expect(admin.log.commands.count == 1 && command.action == .change(change))
    }
  }

  @Test func `the second of two who change a sale at once is told what changed, and changes nothing`() async throws {
    try await AdminUnderTest.with { admin, client in
      _ = try await admin.store.create(.sample())
      let browser = try await Browser.signedIn("oscar", .operator, admin, client)
      let page = try await browser.get("/admin/sales/double11/edit").text
      let seen = String(try #require(page.firstMatch(of: /name="seen" value="([^"]*)"/)).output.1)
      let fields = [
        "name": "Double 11", "zone": "UTC", "starts": "2025-11-10T16:00:00", "ends": "2036-01-01T00:00:00", "limit": "",
        "items": "phone, 1000, 199.00, CNY", "reason": "longer", "seen": seen.replacing("2082", with: "2081"),
      ]
      let answer = try await browser.submit("/admin/sales/double11/edit", on: "/admin/sales/double11/edit", fields)
      #expect(answer.status == 409)
      #expect(answer.text.contains("Somebody else has changed this sale"))
      #expect(admin.log.commands.isEmpty)
    }
  }
}
