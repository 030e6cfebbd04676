import Accounts
import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import SaleStore
import TestSupport
import Testing

@testable import Admin

/// A file of SKUs, chosen on the forms of a sale.
@Suite struct ImportPageTests {
  private static let fields = [
    "id": "double11", "name": "Double 11", "zone": "UTC", "starts": "2026-10-20T20:00", "ends": "2026-10-20T21:00",
    "limit": "", "items": "", "reason": "autumn",
  ]

  private static func multipart(_ fields: [(String, String)], _ file: [UInt8]?, boundary: String) -> Data {
    var body = Data()
    for (name, value) in fields {
      body += Data("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8)
    }
    let name = file == nil ? "" : "a;b \"%22.csv"
    body += Data("--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(name)\"\r\n".utf8)
    body += Data("Content-Type: text/csv\r\n\r\n".utf8) + Data(file ?? []) + Data("\r\n--\(boundary)--\r\n".utf8)
    return body
  }

  /// Loads a form, and sends a file from it.
  private static func check(
    _ browser: Browser, _ action: String, on page: String, _ fields: [String: String], _ file: [UInt8]?
  ) async throws -> TestResponse {
    let text = try await browser.get(page).text
    let token = text.firstMatch(of: /name="form_token" value="([^"]*)"/).map { String($0.output.1) } ?? ""
    let seen = text.firstMatch(of: /name="seen" value="([^"]*)"/).map { String($0.output.1) } ?? ""
    let all = [("form_token", token), ("seen", seen)] + fields.map { ($0.key, $0.value) }
    let headers: HTTPFields = [
      .contentType: "multipart/form-data; boundary=\"--x y\"", .origin: "http://localhost",
    ]
    return try await browser.send(
      .post, action, headers: headers, body: multipart(all, file, boundary: "--x y"))
  }

  private static func items(_ answer: TestResponse) -> String? {
    answer.text.firstMatch(of: /<textarea[^>]*>\n([^<]*)<\/textarea>/).map { String($0.output.1) }
  }

  @Test func `a new sale takes SKUs from a file, at the second click`() async throws {
    try await AdminUnderTest.with { admin, client in
      let browser = try await Browser.signedIn("oscar", .operator, admin, client)
      func check(_ file: [UInt8]?, items: String = "") async throws -> TestResponse {
        try await Self.check(
          browser, "/admin/new-sale/import", on: "/admin/new-sale", Self.fields.merging(["items": items]) { $1 }, file)
      }
      let file = Array("sku;units;price;currency\r\nphone;10;199,50;CNY\r\ncase;5;1.500;BHD".utf8)
      let answer = try await check(file, items: "ear, 1, 2.00, CNY\nphone, 1, 1.00, CNY")
      #expect(answer.status == 200)
      let items = try #require(Self.items(answer))
      #expect(items == "ear, 1, 2.00, CNY\nphone, 10, 199.50, CNY\ncase, 5, 1.500, BHD")
      #expect(answer.text.contains("1 added, 1 changed, 0 as they were."))
      #expect(answer.text.contains("value=\"Double 11\"") && answer.text.contains("1 × 1.00 CNY"))
      #expect(try await admin.store.sales().isEmpty)
      let created = try await browser.submit(
        "/admin/new-sale", on: "/admin/new-sale", Self.fields.merging(["items": items]) { $1 })
      #expect(created.status == 303)
      #expect(try await admin.store.sales().first?.sale.items.map(\.price.minor) == [200, 19_950, 1_500])

      let wrong = try await check(
        Array("sku,units,price,currency\n<script>,1,=1+1,CNY\nx,1,1,CNY".utf8), items: "ear, 1, 2.00, CNY")
      #expect(wrong.status == 422)
      #expect(Self.items(wrong) == "ear, 1, 2.00, CNY")
      #expect(wrong.text.contains("line 2, column sku") && wrong.text.contains("&lt;script&gt;"))
      #expect(!wrong.text.contains("<script>,"))
      let none = try await check(nil)
      #expect(none.status == 422 && none.text.contains("No file was chosen."))
      let empty = try await check([])
      #expect(empty.status == 422 && empty.text.contains("It has no SKU."))
      let typed = try await check(file, items: "ear; 1")
      #expect(typed.status == 422 && typed.text.contains("Line 1 has not four parts"))
    }
  }

  @Test func `a file of a million lines is refused, and the form stays`() async throws {
    try await AdminUnderTest.with { admin, client in
      let browser = try await Browser.signedIn("oscar", .operator, admin, client)
      let line = Array("phone,10,199.00,CNY\n".utf8)
      var file: [UInt8] = []
      file.reserveCapacity(line.count * 1_000_000)
      for _ in 0..<1_000_000 { file += line }
      let answer = try await Self.check(browser, "/admin/new-sale/import", on: "/admin/new-sale", Self.fields, file)
      #expect(answer.status == 422)
      #expect(answer.text.contains("It has more than 1,048,576 bytes.") && answer.text.contains("value=\"Double 11\""))
    }
  }

  @Test func `prices of a sale change by a file, unless the sale is no longer what was shown`() async throws {
    try await AdminUnderTest.with { admin, client in
      let sample = try Sale.sample(items: [("phone", 100), ("case", 50)])
      let sale = try Sale(
        id: sample.id, name: sample.name, startsAt: sample.startsAt, endsAt: sample.endsAt, perBuyerLimit: nil,
        holds: HoldRules(seconds: 300), items: sample.items)
      _ = try await admin.store.create(sale)
      let browser = try await Browser.signedIn("oscar", .operator, admin, client)
      let page = "/admin/sales/double11/edit"
      let fields = Self.fields.merging([
        "starts": "2025-11-10T16:00:00", "ends": String("\(sale.endsAt)".prefix(19)), "items": "x", "reason": "cheaper",
      ]) { $1 }
      let file = Array("\u{FEFF}SKU,价格\nphone,150\n".utf8)
      let answer = try await Self.check(browser, "/admin/sales/double11/import", on: page, fields, file)
      // What was typed is wrong, so nothing is taken over it unseen.
      #expect(answer.status == 422)
      let good = try await Self.check(
        browser, "/admin/sales/double11/import", on: page, fields.merging(["items": "case, 50, 180.00, CNY"]) { $1 },
        file)
      #expect(good.status == 200 && good.text.contains("0 added, 1 changed, 0 as they were."))
      let items = try #require(Self.items(good))
      #expect(items == "case, 50, 180.00, CNY\nphone, 100, 150.00, CNY")
      #expect(admin.log.commands.isEmpty)
      let new = try await Self.check(
        browser, "/admin/sales/double11/import", on: page, fields.merging(["items": ""]) { $1 },
        Array("sku,units,price\near,5,1\nphone,5,1".utf8))
      #expect(new.status == 422 && new.text.contains("line 2, column sku") && new.text.contains("line 3, column units"))

      let seen = try #require(good.text.firstMatch(of: /name="seen" value="([^"]*)"/)).output.1
      func save(_ items: String, seen: some StringProtocol) async throws -> TestResponse {
        try await browser.submit(page, on: page, fields.merging(["items": items, "seen": String(seen)]) { $1 })
      }
      #expect(try await save(items, seen: seen.replacing("×19900", with: "×19800")).status == 409)
      for (wrong, words) in [
        ("phone, 100, 150.00, CNY", "case: It cannot be taken out"),
        ("\(items)\near, 1, 1.00, CNY", "ear: It is no SKU"),
        (items.replacing("50,", with: "51,"), "case: Units of a sale"), (items.replacing("CNY", with: "JPY"), "0"),
      ] {
        let refused = try await save(wrong, seen: seen)
        #expect(refused.status == 422 && refused.text.contains(words), "\(words)")
      }
      #expect(admin.log.commands.isEmpty)
      _ = try await save(items, seen: seen)
      #expect(admin.log.commands.count == 2)
    }
  }

  @Test func `an upload is guarded like every form`() async throws {
    try await AdminUnderTest.with { admin, client in
      let browser = try await Browser.signedIn("oscar", .operator, admin, client)
      let viewer = try await Browser.signedIn("victor", .viewer, admin, client)
      let path = "/admin/new-sale/import"
      func send(_ browser: Browser, _ type: String, _ body: String) async throws -> Int {
        let headers: HTTPFields = [.contentType: type, .origin: "http://localhost"]
        return try await browser.send(.post, path, headers: headers, body: Data(body.utf8)).status.code
      }
      let part = "Content-Disposition: form-data; name=\"form_token\"\r\n\r\n"
      #expect(try await send(viewer, "multipart/form-data; boundary=x", "--x\r\n\(part)x\r\n--x--") == 403)
      #expect(try await send(browser, "multipart/form-data; boundary=x", "--x\r\n\(part)x\r\n--x--") == 403)
      #expect(try await send(browser, "application/x-www-form-urlencoded", "a=b") == 415)
      for (type, body) in [
        ("", "--x--"), ("; boundary=", "--x--"), ("; boundary=x", ""), ("; boundary=x", "--y--"),
        ("; boundary=x", "--x\r\n\(part)x"), ("; boundary=x", "--x\r\n\(part)x\r\n--x"),
        ("; boundary=x", "--x\r\nContent-Type: x\r\n\r\nx\r\n--x--"),
        ("; boundary=x", String(repeating: "--x\r\n\(part)x\r\n", count: 65) + "--x--"),
      ] {
        #expect(try await send(browser, "multipart/form-data\(type)", body) == 400, "\(type) \(body.prefix(80))")
      }
    }
  }
}
