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

/// The forms that create, copy and change a sale.
@Suite struct SaleFormTests {
  /// With every rule that names an instant.
  private static func rich() throws -> Sale {
    let json = """
      {"id":"double11","name":"Double 11","starts_at":"2026-10-20T18:00:00Z","ends_at":"2026-10-20T19:00:00Z",
      "per_buyer_limit":2,"ordering":"sale","holds":{"seconds":300,"extend":{"times":1,"seconds":60},
      "late_payment":"refund","lapses":3,"waitlist":{"offer_seconds":60,"least_seconds":30,"short":"partial"}},
      "shaping":{"queue_cap":3,"backlog":900,"codes":{"required":true,"before":"2026-10-20T18:30:00Z"},
      "room":{"order":"lottery","rate_per_minute":600,"opens_at":"2026-10-20T17:00:00Z",
      "beacon":{"name":"closing prices","known_at":"2026-10-20T17:30:00Z"},
      "fallback":{"after_seconds":60,"beacon":{"name":"the mayor","known_at":"2026-10-20T17:40:00Z"}}}},
      "items":[{"sku":"phone","stock":100,"price_minor":19900,"currency":"CNY"},
      {"sku":"case","stock":5,"price_minor":990,"currency":"CNY"}]}
      """
    return try Array(json.utf8).withUnsafeBytes { try Sale(parsing: $0) }
  }

  private static let fields = [
    "id": "copy", "name": "Double 11", "zone": "Europe/Berlin", "starts": "2026-10-27T20:00:00",
    "ends": "2026-10-27T21:00:00", "limit": "2", "hold": "300",
    "items": "phone, 100, 199.00, CNY\n\ncase, 5, 9.90, CNY", "reason": "autumn",
  ]

  private static func stored(_ admin: AdminUnderTest, _ id: String) async throws -> Sale {
    try #require(try await admin.store.sale(SaleID(validating: id))).sale
  }

  @Test func `a copy whose lottery could not be drawn before it ends is refused`() async throws {
    let json = """
      {"id":"lot","name":"A lottery","starts_at":"2026-10-20T18:00:00Z","ends_at":"2026-10-20T20:00:00Z",
      "items":[{"sku":"phone","stock":1,"price_minor":1,"currency":"CNY"}],
      "shaping":{"room":{"order":"lottery","rate_per_minute":60,
      "beacon":{"name":"closing prices","known_at":"2026-10-20T19:30:00Z"}}}}
      """
    try await AdminUnderTest.with { admin, client in
      _ = try await admin.store.create(try Array(json.utf8).withUnsafeBytes { try Sale(parsing: $0) })
      let browser = try await Browser.signedIn("oscar", .operator, admin, client)
      // The value is known at 20:30 in Berlin, as in the week before.
      let form = [
        "from": "lot", "id": "copy", "name": "A lottery", "zone": "Europe/Berlin", "starts": "2026-10-27T19:00:00",
        "ends": "2026-10-27T20:00:00", "limit": "", "hold": "", "items": "phone, 1, 0.01, CNY", "reason": "again",
      ]
      let page = try await browser.submit("/admin/new-sale", on: "/admin/new-sale", form)
      #expect(page.status == 422 && page.text.contains("when the sale has ended"), "\(page.text)")
      #expect(try await admin.store.sale(SaleID(validating: "copy")) == nil)
      let longer = form.merging(["ends": "2026-10-27T22:00:00"]) { $1 }
      #expect(try await browser.submit("/admin/new-sale", on: "/admin/new-sale", longer).status == 303)
    }
  }

  @Test func `a copy has the holds, the room, the limits and the ordering of its sale, at its hours`() async throws {
    try await AdminUnderTest.with { admin, client in
      let source = try await admin.store.create(Self.rich())
      try await admin.store.keep(zone: "Europe/Berlin", of: source.number)
      let browser = try await Browser.signedIn("oscar", .operator, admin, client)
      let page = try await browser.get("/admin/new-sale?from=double11").text
      #expect(page.contains("value=\"2026-10-27T20:00:00\"") && page.contains("name=\"hold\""))
      for words in ["A copy of Double 11", "lottery, 600 a minute", "extended 1 times", "Access codes", "in one line"] {
        #expect(page.contains(words), "\(words)")
      }
      let form = Self.fields.merging(["from": page.hidden("from")]) { $1 }
      // What is wrong does not lose what is copied.
      let wrong = try await browser.submit("/admin/new-sale", on: "/admin/new-sale", form.merging(["id": "a b"]) { $1 })
      #expect(
        wrong.status == 422 && wrong.text.contains("A copy of Double 11") && wrong.text.hidden("from") == "double11")
      #expect(try await browser.submit("/admin/new-sale", on: "/admin/new-sale", form).status == 303)
      let copy = try await Self.stored(admin, "copy")
      #expect(copy.holds == source.sale.holds && copy.ordering == .sale && copy.perBuyerLimit == Units(2))
      #expect(copy.shaping.queueCap == 3 && copy.items == source.sale.items)
      // Clocks went back in between: a week later by the clock is an hour more.
      #expect("\(copy.startsAt)" == "2026-10-27T19:00:00.000Z")
      func later(_ text: String) -> Timestamp? { Timestamp(rfc3339: text) }
      let (room, was) = (try #require(copy.shaping.room), try #require(source.sale.shaping.room))
      #expect(room.opensAt == later("2026-10-27T18:00:00Z") && room.ratePerMinute == 600 && room.order == .lottery)
      #expect(room.beacon?.source == later("2026-10-27T18:30:00Z").map { .told(knownAt: $0) })
      #expect(room.fallback?.beacon.source == later("2026-10-27T18:40:00Z").map { .told(knownAt: $0) })
      #expect(room.fallback?.after == was.fallback?.after && room.beacon?.name == was.beacon?.name)
      #expect(copy.shaping.codes?.before == later("2026-10-27T19:30:00Z"))

      // The seconds of a hold are the form's, and the rest of its rules stays.
      let other = form.merging(["id": "shorter", "hold": "120"]) { $1 }
      #expect(try await browser.submit("/admin/new-sale", on: "/admin/new-sale", other).status == 303)
      #expect(try await Self.stored(admin, "shorter").holds == source.sale.holds?.lasting(120))
    }
  }

  @Test func `a new sale holds what is won for the seconds of the form, or confirms it`() async throws {
    try await AdminUnderTest.with { admin, client in
      let browser = try await Browser.signedIn("oscar", .operator, admin, client)
      for (hold, seconds) in [("600", Int32(600)), ("", nil)] {
        let form = Self.fields.merging(["hold": hold, "id": "hold-\(hold)"]) { $1 }
        #expect(try await browser.submit("/admin/new-sale", on: "/admin/new-sale", form).status == 303)
        #expect(try await Self.stored(admin, "hold-\(hold)").holds?.seconds == seconds)
      }
      for bad in ["0", "x", "-1", "99999999999"] {
        let form = Self.fields.merging(["hold": bad]) { $1 }
        let answer = try await browser.submit("/admin/new-sale", on: "/admin/new-sale", form)
        #expect(answer.status == 422 && answer.text.contains("hold-error"), "\(bad)")
      }
      // Empty lines count where a line is named.
      let items = Self.fields.merging(["items": "phone, 1, 1.00, CNY\n\nbroken"]) { $1 }
      #expect(try await browser.submit("/admin/new-sale", on: "/admin/new-sale", items).text.contains("Line 3 has not"))
    }
  }

  @Test func `a new sale and a copy have how many orders may be in line as the form says`() async throws {
    try await AdminUnderTest.with { admin, client in
      let browser = try await Browser.signedIn("oscar", .operator, admin, client)
      for (typed, backlog) in [("20000", Int64(20_000)), ("", nil)] {
        let form = Self.fields.merging(["backlog": typed, "id": "line-\(typed)"]) { $1 }
        #expect(try await browser.submit("/admin/new-sale", on: "/admin/new-sale", form).status == 303)
        #expect(try await Self.stored(admin, "line-\(typed)").shaping.backlog == backlog)
      }
      for bad in ["0", "x", "-1", "100000001"] {
        let form = Self.fields.merging(["backlog": bad]) { $1 }
        let answer = try await browser.submit("/admin/new-sale", on: "/admin/new-sale", form)
        #expect(answer.status == 422 && answer.text.contains("backlog-error"), "\(bad)")
        #expect(answer.text.contains("must be a whole number from 1 to 100000000"), "\(answer.text)")
      }
      let page = try await browser.get("/admin/new-sale?from=line-20000").text
      #expect(page.contains("name=\"backlog\"") && page.contains("value=\"20000\""))
      let copy = Self.fields.merging(["from": "line-20000", "id": "fewer", "backlog": "500"]) { $1 }
      #expect(try await browser.submit("/admin/new-sale", on: "/admin/new-sale", copy).status == 303)
      #expect(try await Self.stored(admin, "fewer").shaping.backlog == 500)
    }
  }

  /// A form that changes the sale, as a browser has it.
  private static func loaded(_ browser: Browser) async throws -> [String: String] {
    let page = try await browser.get("/admin/sales/double11/edit").text
    var fields = ["reason": "a test"]
    for name in ["form_token", "id", "name", "seen", "version", "command_key"] { fields[name] = page.hidden(name) }
    for field in page.matches(of: /<input id="([a-z]+)" name="[a-z]+" type="[a-z-]+" value="([^"]*)"/) {
      if field.output.1 != "reason" { fields[String(field.output.1)] = String(field.output.2) }
    }
    fields["items"] = page.firstMatch(of: /<textarea[^>]*>\n([^<]*)<\/textarea>/).map { String($0.output.1) }
    return fields
  }

  private static func save(_ browser: Browser, _ fields: [String: String]) async throws -> TestResponse {
    try await browser.post("/admin/sales/double11/edit", fields)
  }

  @Test func `what a form cannot change is told at its field, and what it does not change stays`() async throws {
    try await AdminUnderTest.with { admin, client in
      try await RealLane.with(admin) { lane in
        admin.log.change { $0.decides = { try await lane.decide($0) } }
        let sample = try Sale.sample()
        let half = sample.startsAt.after(.milliseconds(500))
        _ = try await admin.store.create(
          Sale(
            id: sample.id, name: sample.name, startsAt: half, endsAt: sample.endsAt, perBuyerLimit: nil,
            items: sample.items))
        let browser = try await Browser.signedIn("oscar", .operator, admin, client)
        let form = try await Self.loaded(browser)
        let same = try await Self.save(browser, form)
        #expect(same.status == 422 && same.text.contains("Nothing differs"), "\(same.text)")
        let limit = try await Self.save(browser, form.merging(["limit": "2"]) { $1 })
        #expect(limit.status == 422 && limit.text.contains("limit-error") && limit.text.contains("that has none"))
        let patch = try await client.send(
          .patch, "/admin/api/sales/double11", headers: [.contentType: "application/json"],
          body: Data(#"{"per_buyer_limit":2,"reason":"x"}"#.utf8))
        #expect(patch.status == 422 && patch.string("field") == "per_buyer_limit", "\(patch.text)")
        #expect(admin.log.commands.isEmpty)

        // The zone alone: the same instants by another clock.
        let zoned = form.merging([
          "zone": "Asia/Shanghai", "starts": "2025-11-11T00:00:00",
          "ends": LocalTime.text(sample.endsAt, in: try #require(LocalTime.zone("Asia/Shanghai"))),
        ]) { $1 }
        #expect(try await Self.save(browser, zoned).status == 303)
        #expect(admin.log.commands.isEmpty)
        #expect(try await admin.store.zone(of: SaleNumber(rawValue: 1)) == "Asia/Shanghai")
        #expect(try await admin.log(.saleChanged).last?.to == "Asia/Shanghai")

        // The end alone: the start stays at its half second.
        var longer = try await Self.loaded(browser)
        #expect(longer["starts"] == "2025-11-11T00:00:00")
        longer["ends"] = "2082-12-01T00:00:00"
        #expect(try await Self.save(browser, longer).status == 303)
        let changed = try await Self.stored(admin, "double11")
        #expect(changed.startsAt == half && "\(changed.endsAt)" == "2082-11-30T16:00:00.000Z")
      }
    }
  }

  @Test func `a limit cannot be taken away on the form, and can be raised`() async throws {
    try await AdminUnderTest.with { admin, client in
      try await RealLane.with(admin) { lane in
        admin.log.change { $0.decides = { try await lane.decide($0) } }
        let sample = try Sale.sample()
        _ = try await admin.store.create(
          Sale(
            id: sample.id, name: sample.name, startsAt: sample.startsAt, endsAt: sample.endsAt,
            perBuyerLimit: Units(2), items: sample.items))
        let browser = try await Browser.signedIn("oscar", .operator, admin, client)
        let form = try await Self.loaded(browser)
        for change in [["limit": ""], ["limit": "", "ends": "2083-01-01T00:00:00"]] {
          let answer = try await Self.save(browser, form.merging(change) { $1 })
          #expect(answer.status == 422 && answer.text.contains("cannot be taken away"), "\(change)")
        }
        #expect(admin.log.commands.isEmpty)
        #expect(try await Self.save(browser, form.merging(["limit": "5"]) { $1 }).status == 303)
        #expect(try await Self.stored(admin, "double11").perBuyerLimit == Units(5))
        let line = try #require(try await admin.log(.saleChanged).last)
        #expect(line.to == #"{"per_buyer_limit":5,"reason":"a test"}"# && line.from?.isEmpty == false)
      }
    }
  }

  @Test func `of two who save at once one saves, and the other is told what changed`() async throws {
    try await AdminUnderTest.with { admin, client in
      try await RealLane.with(admin) { lane in
        _ = try await admin.store.create(.sample())
        admin.log.change { $0.decides = { try await lane.decide($0) } }
        let oscar = try await Browser.signedIn("oscar", .operator, admin, client)
        let leo = try await Browser.signedIn("leo", .operator, admin, client)
        let first = try await Self.loaded(oscar).merging(["ends": "2082-06-01T00:00:00"]) { $1 }
        let second = try await Self.loaded(leo).merging(["ends": "2082-07-01T00:00:00"]) { $1 }
        // Each reads what there is, and can begin when both have.
        let saves = try await admin.database.holding("LOCK TABLE sale_edits IN EXCLUSIVE MODE") {
          let saves = [Task { try await Self.save(oscar, first) }, Task { try await Self.save(leo, second) }]
          let connection = try await admin.database.connect()
          let haveLooked = try await eventually {
            try await connection.query(
              "SELECT FROM pg_locks WHERE relation = 'sale_edits'::regclass AND NOT granted"
            ).count == 2
          }
          #expect(haveLooked)
          await connection.close()
          return saves
        }
        let answers = [try await saves[0].value, try await saves[1].value]
        #expect(answers.map(\.status.code).sorted() == [303, 409])
        #expect(admin.log.commands.count == 1)
        let wonByOscar = answers[0].status == 303
        let (told, winner) = (answers[wonByOscar ? 1 : 0], wonByOscar ? "oscar" : "leo")
        let now = wonByOscar ? "2082-06-01 00:00:00 UTC" : "2082-07-01 00:00:00 UTC"
        for words in [
          "Somebody else has changed this sale", "changed by \(winner)", ">Ends</td>", now,
        ] {
          #expect(told.text.contains(words), "\(words): \(told.text)")
        }
        #expect(!told.text.contains(">Starts</td>"))
        // A form that is sent twice is no conflict with itself.
        let again = try await wonByOscar ? Self.save(oscar, first) : Self.save(leo, second)
        #expect(again.status == 303, "\(again.text)")
        #expect(admin.log.commands.count == 1)
        // Who was told has what there is now, and saves what still differs.
        let loser = wonByOscar ? leo : oscar
        var fields = wonByOscar ? second : first
        for name in ["seen", "version", "command_key"] { fields[name] = told.text.hidden(name) }
        #expect(try await Self.save(loser, fields).status == 303)
        #expect(admin.log.commands.count == 2)
      }
    }
  }

  @Test func `a change that is not decided is told as such, and nobody changes the sale meanwhile`() async throws {
    try await AdminUnderTest.with { admin, client in
      _ = try await admin.store.create(.sample())
      let oscar = try await Browser.signedIn("oscar", .operator, admin, client)
      let leo = try await Browser.signedIn("leo", .operator, admin, client)
      // No lane decides it.
      let saved = try await Self.save(
        oscar, try await Self.loaded(oscar).merging(["ends": "2082-06-01T00:00:00"]) { $1 })
      #expect(saved.headers[.location] == "/admin/sales/double11?queued=1", "\(saved.text)")
      #expect(try await oscar.get("/admin/sales/double11?queued=1").text.contains("not decided yet"))
      let refused = try await Self.save(
        leo, try await Self.loaded(leo).merging(["ends": "2082-07-01T00:00:00"]) { $1 })
      #expect(refused.status == 409 && refused.text.contains("oscar has saved a change"), "\(refused.text)")
      #expect(admin.log.commands.count == 1)
    }
  }

  @Test func `units that somebody puts up meanwhile are no conflict`() async throws {
    try await AdminUnderTest.with { admin, client in
      try await RealLane.with(admin) { lane in
        admin.log.change { $0.decides = { try await lane.decide($0) } }
        _ = try await admin.store.create(.sample())
        let oscar = try await Browser.signedIn("oscar", .operator, admin, client)
        let form = try await Self.loaded(oscar)
        let restock = try await client.post(
          "/admin/api/sales/double11/items/phone/restock", json: #"{"units":50,"reason":"more"}"#)
        #expect(restock.status == 200, "\(restock.text)")
        #expect(try await Self.save(oscar, form.merging(["ends": "2082-06-01T00:00:00"]) { $1 }).status == 303)
        let units = form["items"]?.replacing("1000", with: "1049") ?? ""
        let wrong = try await Self.save(oscar, try await Self.loaded(oscar).merging(["items": units]) { $1 })
        #expect(wrong.status == 422 && wrong.text.contains("phone: Units of a sale"), "\(wrong.text)")
      }
    }
  }

  @Test func `a change that ends the selling needs the second person of a close`() async throws {
    try await AdminUnderTest.with(secondPerson: [.close]) { admin, client in
      try await RealLane.with(admin) { lane in
        admin.log.change { $0.decides = { try await lane.decide($0) } }
        _ = try await admin.store.create(.sample())
        let oscar = try await Browser.signedIn("oscar", .operator, admin, client)
        let leo = try await Browser.signedIn("leo", .operator, admin, client)
        let soon = String("\(Timestamp.now.after(.seconds(60)))".prefix(19))
        let ends = [["ends": "2026-01-01T00:00:00"], ["ends": soon], ["starts": "2082-01-01T00:00:00"]]
        for (index, change) in ends.enumerated() {
          let asked = try await Self.save(oscar, try await Self.loaded(oscar).merging(change) { $1 })
          #expect(asked.headers[.location] == "/admin/approvals", "\(asked.text)")
          #expect(
            try await oscar.submit("/admin/approvals/\(index + 1)/approve", on: "/admin/approvals", [:]).status == 403)
        }
        #expect(admin.log.commands.isEmpty)
        // What leaves people their time does not.
        let longer = try await Self.loaded(oscar).merging(["ends": "2081-01-01T00:00:00"]) { $1 }
        #expect(try await Self.save(oscar, longer).headers[.location] == "/admin/sales/double11")
        #expect(try await leo.submit("/admin/approvals/1/approve", on: "/admin/approvals", [:]).status == 303)
        #expect("\(try await Self.stored(admin, "double11").endsAt)" == "2026-01-01T00:00:00.000Z")
        #expect(try await admin.log(.saleChanged).map(\.who) == ["oscar", "leo"])
      }
    }
  }

  @Test func `a close is shown before it is done`() async throws {
    try await AdminUnderTest.with { admin, client in
      _ = try await admin.store.create(.sample())
      let oscar = try await Browser.signedIn("oscar", .operator, admin, client)
      let path = "/admin/sales/double11/close"
      admin.log.change { $0.inFlight = 41 }
      let preview = try await oscar.submit(path, on: "/admin/sales/double11", ["reason": "recall"])
      #expect(preview.status == 200 && preview.text.contains("Close Double 11?"), "\(preview.text)")
      #expect(preview.text.contains("still decided: 41") && preview.text.contains("held and not paid"))
      #expect(admin.log.closes.isEmpty)
      let confirmed = ["reason": preview.text.hidden("reason"), "confirmed": preview.text.hidden("confirmed")]
      #expect(try await oscar.submit(path, on: "/admin/sales/double11", confirmed).status == 303)
      #expect(admin.log.closes.count == 1)
      #expect(try await admin.log(.saleClosed).map(\.why) == ["recall"])
    }
  }

  @Test func `times of a sale are told in its zone, with UTC beside`() async throws {
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(.sample())
      try await admin.store.keep(zone: "Asia/Shanghai", of: sale.number)
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(0, nextOffset: 100)
        try await planted.decide(sale, "phone", .confirmed, count: 3)
        let row = try await planted.connection.query("SELECT order_id::text FROM orders LIMIT 1").single()
        let order = try row.string(0)
        let oscar = try await Browser.signedIn("oscar", .owner, admin, client)
        for path in [
          "sales", "sales/double11", "sales/double11/live", "sales/double11/orders", "sales/double11/moment",
          "sales/double11/report.html", "orders/\(order)",
        ] {
          let page = try await oscar.get("/admin/\(path)").text
          #expect(page.contains(/[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{3})?)? \+08:00 \([^)]*(UTC|Z)\)/), "\(path)")
        }
      }
    }
  }
}

extension String {
  /// The value of a hidden field.
  fileprivate func hidden(_ name: String) -> String {
    let field = matches(of: /name="([a-z_]+)" value="([^"]*)"/).first { $0.output.1 == name }
    return field.map { String($0.output.2) } ?? ""
  }
}
