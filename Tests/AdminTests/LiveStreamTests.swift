import Accounts
@testable import Admin
import FlashSale
import Foundation
import HTTPServing
import HTTPTypes
import HummingbirdTesting
import Logging
import NIOCore
import Postgres
import SaleStore
import Secrets
import Synchronization
import Telemetry
import Testing
import TestSupport
import Time

/// The live page and its stream, over a real connection and with the store behind it.
@Suite struct LiveStreamTests {
  private static let authorization = "Authorization: Bearer \(AdminUnderTest.token)\r\n"

  private func open(
    _ port: Int, _ sale: String = "double11", by header: String = authorization
  ) async throws -> RawClient {
    let client = try await RawClient.connect(host: "127.0.0.1", port: port)
    try await client.send(
      "GET /admin/sales/\(sale)/live/events HTTP/1.1\r\nHost: localhost\r\n\(header)\r\n")
    return client
  }

  private func looks(_ admin: AdminUnderTest) throws -> Int {
    let line = admin.metrics.text().split(separator: "\n").first { $0.hasPrefix("penstock_admin_live_looks_total") }
    return try #require(line?.split(separator: " ").last.flatMap { Int(Double($0) ?? -1) })
  }

  @Test func `the page is whole without a script, and a link loads it anew`() async throws {
    try await AdminUnderTest.with { admin, client in
      _ = try await admin.store.create(.sample(name: "A & <B>"))
      let page = try await client.get("/admin/sales/double11/live")
      #expect(page.status == 200)
      #expect(page.text.contains("A &amp; &lt;B&gt;"))
      #expect(page.text.contains("<noscript><p class=\"doubt\"><a href=\"/admin/sales/double11/live\">"))
      #expect(page.text.contains("<script src=\"\(Asset.liveScript.path)\" defer></script>"))
      for part in LiveParts.Name.allCases where part != .room {
        #expect(page.text.contains("data-part=\"\(part.rawValue)\""), "\(part)")
      }
      #expect(page.text.contains("Ends in") && page.text.contains("<code class=\"small\">phone</code>"))
      #expect(!page.text.contains(" style="))
      #expect(try await client.get(Asset.liveScript.path).text.contains("EventSource"))
      #expect(try await client.get("/admin/sales/none/live").status == 404)
      #expect(try await client.get("/admin/sales/none/live/events").status == 404)
      #expect(try await client.stranger.get("/admin/sales/double11/live/events").status == 303)
    }
  }

  @Test func `twenty watchers cost the store what one does, and all hear what changes`() async throws {
    try await AdminUnderTest.listening { admin, port in
      let sale = try await admin.store.create(.sample())
      _ = try await admin.store.create(.sample("another"))
      let began = ContinuousClock.now
      let watchers = try await withThrowingTaskGroup(of: RawClient.self) { group in
        for _ in 0..<20 { group.addTask { try await open(port) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      for watcher in watchers {
        let head = try await watcher.received(upTo: "event: parts\ndata: ")
        #expect(head.contains("Content-Type: text/event-stream") || head.contains("content-type: text/event-stream"))
        #expect(head.contains("retry: "))
      }
      try await PlantedRows.with(admin.database) { try await $0.take(600, of: "phone", sale) }
      for watcher in watchers { _ = try await watcher.received(upTo: "400 left") }
      let seconds = Int((ContinuousClock.now - began).components.seconds)
      #expect(try looks(admin) <= seconds + 2, "one look a second, not one for each watcher")
      for watcher in watchers { watcher.close() }
      // Nobody watches: nobody looks. The looks at another sale tell that time goes on.
      #expect(try await eventually { admin.metrics.text().contains("penstock_admin_live_watchers 0") })
      let before = try looks(admin)
      let other = try await open(port, "another")
      let events = 4
      for _ in 0..<events { _ = try await other.received(upTo: "event: parts\ndata: ") }
      #expect(try (before + events...before + events + 1).contains(looks(admin)))
      other.close()
    }
  }

  @Test func `who comes back to the same view is sent only what has changed`() async throws {
    let hub = LiveHub(metrics: PrometheusRegistry(version: "test", describing: [AdminMetric.self])) { _ in
      // Nothing changes between these.
      (try? LiveSample.moment(1)) ?? LiveMoment(at: .now, reading: nil, ends: nil, room: nil)
    }
    let sale = SaleID(rawValue: "double11")!
    let first = try await hub.join(sale, .english, lastEvent: nil)
    var events = first.events.map { String(buffer: $0) }.makeAsyncIterator()
    #expect(await events.next()?.hasPrefix("retry: ") == true)
    let whole = try #require(await events.next())
    #expect(whole.contains("\"stock\":"))
    let patch = try #require(await events.next())
    #expect(patch.hasPrefix("id: ") && !patch.contains("\"stock\":"), "\(patch.prefix(200))")
    let id = try #require(patch.split(separator: "\n").first).dropFirst(4)
    let back = try await hub.join(sale, .english, lastEvent: String(id))
    var again = back.events.map { String(buffer: $0) }.makeAsyncIterator()
    #expect(await again.next()?.hasPrefix("retry: ") == true)
    #expect(await again.next()?.contains("\"stock\":") == false)
    let stranger = try await hub.join(sale, .english, lastEvent: "another-1")
    var other = stranger.events.map { String(buffer: $0) }.makeAsyncIterator()
    #expect(await other.next()?.hasPrefix("retry: ") == true)
    #expect(await other.next()?.contains("\"stock\":") == true)
    for place in [first, back, stranger] { await hub.leave(place) }
  }

  @Test func `past the bound of streams one more is refused and told when to come back`() async throws {
    let hub = LiveHub(metrics: PrometheusRegistry(version: "test", describing: [AdminMetric.self])) { _ in
      LiveMoment(at: .now, reading: nil, ends: nil, room: nil)
    }
    let sale = SaleID(rawValue: "double11")!
    var places: [LiveHub.Place] = []
    for _ in 0..<Limits.liveStreams { places.append(try await hub.join(sale, .english, lastEvent: nil)) }
    let refusal = await #expect(throws: Problem.self) { try await hub.join(sale, .english, lastEvent: nil) }
    #expect(refusal?.code == .busy && refusal?.retryAfterMilliseconds != nil)
    await hub.leave(places[0])
    places[0] = try await hub.join(sale, .english, lastEvent: nil)
    for place in places { await hub.leave(place) }
    var sales: [LiveHub.Place] = []
    for number in 0..<Limits.liveSales {
      sales.append(try await hub.join(SaleID(rawValue: "sale-\(number)")!, .english, lastEvent: nil))
    }
    await #expect(throws: Problem.self) { try await hub.join(sale, .english, lastEvent: nil) }
    for place in sales { await hub.leave(place) }
  }

  @Test func `a stream ends within two seconds of its session or token, and no other does`() async throws {
    try await AdminUnderTest.listening { admin, port in
      _ = try await admin.store.create(.sample())
      try await admin.add("mia", .viewer)
      let mia = try #require(try await admin.store.adminUser(UserName(validating: "mia")))
      let connection = try await admin.database.connect()
      let kept = try await admin.session(of: mia)
      let bystanders = [
        try await open(port, by: cookie(kept)), try await open(port, by: bearer(admin.token("kept"))),
        try await open(port),
      ]
      let line = AdminUnderTest.line
      func age(_ secret: AccessSecret, by time: String, unused: String) async throws {
        _ = try await connection.query(
          """
          UPDATE admin_sessions SET signed_in_at = now() - $2::text::interval, last_used_at = now() - $3::text::interval
          WHERE digest = $1
          """, secret.digest, time, unused)
      }
      let endings: [(what: String, end: (AccessSecret) async throws -> Void)] = [
        ("signed out", { try await admin.store.endSessions(of: mia.id, only: $0.digest, logged: line) }),
        ("not used for long", { try await age($0, by: "1 hour", unused: "31 minutes") }),
        ("too old", { try await age($0, by: "13 hours", unused: "0") }),
        (
          "another password",
          { _ in
            let hash = try PasswordHash("another horse battery", cost: Browser.cost)
            _ = try await admin.store.changePassword(of: mia.name, to: hash, keeping: kept.digest, logged: line)
          }
        ),
      ]
      for ending in endings {
        let secret = try await admin.session(of: mia)
        try await expectEnd(ending.what, open(port, by: cookie(secret))) { try await ending.end(secret) }
      }
      try await expectEnd("revoked", open(port, by: bearer(admin.token("revoked")))) {
        _ = try await admin.store.revokeToken(UserName(validating: "revoked"), logged: line)
      }
      try await expectEnd("expired", open(port, by: bearer(admin.token("expired")))) {
        _ = try await connection.query("UPDATE admin_tokens SET expires_at = now() WHERE name = 'expired'")
      }
      for bystander in bystanders { _ = try await bystander.received(upTo: "event: parts") }
      // All that a user has open ends when she is disabled, and a program goes on.
      try await expectEnd("disabled", bystanders[0]) {
        _ = try await admin.store.switchAdminUser(mia.name, isOn: false, logged: line)
      }
      for bystander in bystanders.dropFirst() { _ = try await bystander.received(upTo: "event: parts") }
      await connection.close()
    }
  }

  private func cookie(_ secret: AccessSecret) -> String { "Cookie: penstock=\(secret.text.value)\r\n" }

  private func bearer(_ secret: AccessSecret) -> String { "Authorization: Bearer \(secret.text.value)\r\n" }

  /// Does what ends a stream, and expects its end within two seconds.
  private func expectEnd(_ what: String, _ stream: RawClient, _ end: () async throws -> Void) async throws {
    _ = try await stream.received(upTo: "event: parts")
    try await end()
    let ended = ContinuousClock.now
    _ = try await stream.received(upTo: "\r\n0\r\n\r\n")
    #expect(ContinuousClock.now - ended < .seconds(2), "\(what)")
    stream.close()
  }

  @Test func `a process that stops ends its streams at once`() async throws {
    let began = Mutex<ContinuousClock.Instant?>(nil)
    try await AdminUnderTest.listening { admin, port in
      _ = try await admin.store.create(.sample())
      let watcher = try await open(port)
      _ = try await watcher.received(upTo: "event: parts")
      began.withLock { $0 = .now }
    }
    let stopping = try #require(began.withLock { $0 })
    #expect(ContinuousClock.now - stopping < .seconds(4), "not cut off at the drain's deadline of 5 s")
  }

  @Test func `a reading has the sale's newest decisions, its door and its line`() async throws {
    try await AdminUnderTest.with { admin, _ in
      let sale = try await admin.store.create(.sample())
      #expect(try await admin.store.liveReading(of: SaleID(rawValue: "none")!, topic: "orders") == nil)
      try await PlantedRows.with(admin.database) { planted in
        let now = Timestamp.now.microseconds / 1_000_000
        try await planted.decide(sale, "phone", .confirmed, count: 100, at: now)
        try await planted.tally(sale, requests: 103, repeats: 3)
        try await planted.take(100, of: "phone", sale)
        try await planted.quarantine(sale, count: 2)
        try await planted.progress(0, nextOffset: 103)
      }
      let counts = [
        DoorCount(sale: sale.number, from: LiveSample.at(0), reason: "sold_out", requests: 7),
        DoorCount(sale: sale.number, from: LiveSample.at(1), reason: "sold_out", requests: 2),
      ]
      for _ in 1...2 { _ = await admin.store.add([], accepted: [sale.number: 55]) }
      _ = await admin.store.add(counts)
      let reading = try #require(try await admin.store.liveReading(of: sale.sale.id, topic: "orders"))
      #expect((reading.requests, reading.repeats) == ([Partition(0): 103], 3))
      #expect(reading.door == ["sold_out": 9] && reading.accepted == 110)
      #expect(reading.partitions == 2 && reading.quarantined == 2)
      // What a person has looked at needs nobody any more.
      let connection = try await admin.database.connect()
      _ = try await connection.query(
        """
        UPDATE quarantined_records SET resolution = 'dismissed', resolved_at = now(), resolved_by = 'leo',
          resolved_because = 'a test' WHERE log_offset = (SELECT min(log_offset) FROM quarantined_records)
        """)
      _ = try await connection.query(
        """
        INSERT INTO webhook_endpoints (concurrency, url, events, secret, failing_since, disabled_at, disabled_reason)
        SELECT 1, 'https://shop.example/' || n, '{}', decode(repeat('00', 32), 'hex'), CASE WHEN n > 1 THEN now() END,
          CASE WHEN n < 3 THEN now() END, CASE WHEN n < 3 THEN 'off' END
        FROM generate_series(1, 3) AS n
        """)
      await connection.close()
      let later = try #require(try await admin.store.liveReading(of: sale.sale.id, topic: "orders"))
      #expect(later.quarantined == 1)
      // The first is off because a person wants it so; the second failed for a day, and the third fails.
      #expect(later.failingEndpoints == 2)
      #expect(reading.progress.map(\.nextOffset) == [Offset(103)])
      #expect(reading.sale.stock[SKU(rawValue: "phone")!]?.left == Units(900))
      let recent = try #require(reading.recent)
      #expect((recent.p50, recent.p99) == (50, 99))
      #expect(recent.acceptedUpTo < recent.decidedAt)
    }
  }
}

extension AdminUnderTest {
  fileprivate static let line = LogEntry.Content(who: "@test", action: .signOut, subject: "mia")

  fileprivate func session(of user: StoredUser) async throws -> AccessSecret {
    let secret = AccessSecret.session()
    let isIn = try await store.signIn(
      user.id, secret, codeStep: nil, isOverTLS: false, at: .now, logged: Self.line)
    #expect(isIn)
    return secret
  }

  fileprivate func token(_ name: String) async throws -> AccessSecret {
    let secret = AccessSecret.token()
    let isAdded = try await store.addToken(
      secret, named: UserName(validating: name), scopes: [.view], expiresAt: Timestamp.now.after(.seconds(600)),
      logged: Self.line)
    #expect(isAdded)
    return secret
  }
}
