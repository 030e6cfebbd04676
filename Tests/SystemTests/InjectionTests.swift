import FlashSale
import Foundation
import Postgres
import SaleStore
import TestSupport
import Testing

/// No statement is ever built of input: a rule of `TidyTests` looks for it, and this tries it, at every input there is.
struct InjectionTests {
  /// What breaks out of a literal, a parameter, an identifier, COPY's text, LIKE or a JSON string, where one is built.
  private static let attacks = [
    "'", "\"", "\\", "\\'", "';DROP/**/TABLE/**/orders;--", "'||pg_sleep(30)||'", "1'OR'1'='1", "$1", "$$;$$", "%s",
    "%27",
    "\\N", "\\.", "a\tb", "a\nb", "*/SELECT/*", ");DELETE/**/FROM/**/stock;--", "{},NULL", "\u{0}", "ｗ＇；－－",
  ]

  private let authorization = ["Authorization": "Bearer \(Shop.adminToken)"]

  @Test(.timeLimit(.minutes(5)))
  func `SQL in any input is a value or refused, and nothing else changes`() async throws {
    try await Shop.with { shop, database in
      let up = try await shop.start("up")
      let http = try #require(up.http)
      try await shop.createSale(at: up.admin, id: "victim", items: [("phone", 1_000)])
      let isKnown = try await eventually {
        try await HTTP.get(http.appending(path: "v1/sales/victim")).status == 200
      }
      try #require(isKnown)

      var buyers: Set<String> = []
      for attack in Self.attacks {
        try await lookAround(with: attack, http, up.admin)
        guard BuyerID(rawValue: attack) != nil else { continue }
        try await buy(as: attack, at: http)
        buyers.insert(attack)
      }
      let names = Self.attacks.filter { !$0.contains("\u{0}") }
      for (index, name) in names.enumerated() {
        let answer = try await createSale(id: "named-\(index)", name: name, at: up.admin)
        #expect(answer.status == 201 || answer.status == 422, "\(name): \(answer.text)")
        if answer.status == 201 { #expect(answer.json("name") as? String == name) }
      }
      try await expectUntouched(database, buyers: buyers)
      #expect(up.process.isRunning)
    }
  }

  /// Every path and every field that takes a name, in the form in which a URL or a JSON string carries any text.
  private func lookAround(with attack: String, _ http: URL, _ admin: URL) async throws {
    let text = try #require(attack.addingPercentEncoding(withAllowedCharacters: CharacterSet()))
    let id = "00000001-5b9c-8e1f-a2d4-0c6a1f7e93b5"
    let me = ["X-Buyer-Id": "me"]
    for path in ["v1/sales/\(text)", "v1/orders/\(text)", "v1/orders/\(id)?ticket=\(text)"] {
      try await expectRefusal(HTTP.get(url(path, on: http), headers: me), "\(path)")
    }
    for path in [
      "sales/\(text)", "sales/\(text)/report", "sales/\(text)/orders.csv", "sales/victim/report?format=\(text)",
    ] {
      try await expectRefusal(HTTP.get(url("admin/api/\(path)", on: admin), headers: authorization), "\(path)")
    }
    try await expectRefusal(HTTP.get(url("admin/sales/\(text)", on: admin), headers: authorization), "\(attack)")
    let close = try url("admin/api/sales/\(text)/close", on: admin)
    try await expectRefusal(HTTP.post(close, headers: authorization), "closing \(attack)")
    try await expectRefusal(createSale(id: attack, name: "a name", at: admin), "a sale called \(attack)")
    let order = try JSONSerialization.data(withJSONObject: ["sku": attack, "quantity": 1])
    for sale in ["victim", text] {
      let url = try url("v1/sales/\(sale)/orders", on: http)
      try await expectRefusal(HTTP.post(url, headers: me, body: order), "an order of \(attack) from \(sale)")
    }
  }

  private func expectRefusal(_ answer: HTTP.Answer, _ what: String) {
    #expect((400..<500).contains(answer.status), "\(what): \(answer.status) \(answer.text)")
  }

  /// A buyer and a key may hold any visible character, so these are orders like any other. Only at the beginning of a
  /// key a quotation mark has a meaning.
  private func buy(as attack: String, at http: URL) async throws {
    let answer = try await HTTP.order(at: http, sale: "victim", sku: "phone", buyer: attack, key: "k\(attack)")
    try #require(answer.status == 202, "\(attack): \(answer.text)")
    let location = try #require(answer.headers["location"])
    let ticket = try #require(answer.json("ticket") as? String)
    let url = try url("\(location.dropFirst())?ticket=\(ticket)", on: http)
    let isConfirmed = try await eventually {
      try await HTTP.get(url, headers: ["X-Buyer-Id": attack]).json("status") as? String == "confirmed"
    }
    #expect(isConfirmed, "\(attack)")
  }

  private func createSale(id: String, name: String, at admin: URL) async throws -> HTTP.Answer {
    let sale: [String: Any] = [
      "id": id, "name": name, "starts_at": "2026-11-10T16:00:00Z", "ends_at": "2026-11-11T16:00:00Z",
      "items": [["sku": "phone", "stock": 1, "price_minor": 1, "currency": "CNY"] as [String: Any]],
    ]
    return try await HTTP.post(
      url("admin/api/sales", on: admin), headers: authorization, body: JSONSerialization.data(withJSONObject: sale))
  }

  /// All that is there is what was bought, each by a buyer of exactly that name.
  private func expectUntouched(_ database: TestDatabase, buyers: Set<String>) async throws {
    let connection = try await database.connect()
    let rows = try await connection.query("SELECT buyer FROM orders ORDER BY buyer")
    #expect(try Set(rows.map { try $0.string(0) }) == buyers)
    #expect(rows.count == buyers.count)
    let left = try await connection.query(
      "SELECT units_left::int8 FROM stock JOIN sales ON number = sale WHERE id = 'victim'"
    ).single()
    #expect(try left.int64(0) == 1_000 - Int64(buyers.count))
    let quarantined = try await connection.query("SELECT count(*) FROM quarantined_records").single()
    #expect(try quarantined.int64(0) == 0)
    await connection.close()
  }

  private func url(_ path: String, on server: URL) throws -> URL {
    try #require(URL(string: "/\(path)", relativeTo: server))
  }
}
