import Crypto
import FlashSale
import Foundation
import Postgres
import Relay
import SaleStore
import Synchronization
import TestSupport
import Testing
import Time

/// What the shop's endpoints hear, whatever they do.
@Suite(.timeLimit(.minutes(4)))
struct WebhookTests {
  private func add(_ url: String, _ bench: RelayBench, events: Set<OrderEvent.Kind> = []) async throws
    -> WebhookEndpoint
  {
    try #require(
      try await bench.store.addWebhook(WebhookRequest(url: url, events: events), secret: .random()))
  }

  /// Whether one of the signatures is this secret's.
  private func isSigned(_ request: Receiver.Received, by secret: WebhookSecret) throws -> Bool {
    let encoded = try #require(secret.text.split(separator: "_").last)
    let key = SymmetricKey(data: try #require(Data(base64Encoded: String(encoded))))
    let signed = "\(request.id).\(request.headers["webhook-timestamp"] ?? "").\(request.body)"
    let code = HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: key)
    let signatures = request.headers["webhook-signature"]?.split(separator: " ") ?? []
    return signatures.contains("v1,\(Data(code).base64EncodedString())")
  }

  @Test func `an endpoint gets the events that it chose, signed, once each, in order per order`() async throws {
    try await Receiver.with { receiver in
      try await RelayBench.with { bench in
        let sale = try await bench.store.create(openSale(holds: HoldRules(seconds: 600)))
        let all = try await add(receiver.url, bench)
        _ = try await add(receiver.url + "/refunds", bench, events: [.refundDue])
        try await bench.feed(
          (0..<20).flatMap { index in
            let buyer = "buyer-\(index)"
            let pay = OrderCommand.Action.pay(
              try Capture(payment: PaymentID(validating: "pay-\(index)"), minor: 10_000, currency: "CNY"))
            return [
              try bench.place(sale, buyer: buyer), try bench.does(pay, sale, buyer: buyer),
              try bench.does(.cancel(nil), sale, buyer: buyer),
            ]
          })
        try bench.startWorker()
        _ = try bench.startRelay()
        #expect(try await eventually { receiver.all.count == 80 }, "\(receiver.all.count): 60, and 20 refunds due")
        let orders = Dictionary(grouping: receiver.all, by: { $0.data("order_id") })
        let kinds = try orders.values.map {
          try $0.map { try #require($0.body.firstMatch(of: /"type":"order\.(\w+)"/)).1 }
        }
        #expect(
          kinds.allSatisfy { $0.filter { $0 != "cancelled" } == ["reserved", "paid"] && $0.count == 4 })
        for request in receiver.all {
          let time = try #require(request.headers["webhook-timestamp"].flatMap { Int64($0) })
          #expect(abs(time - Timestamp.now.microseconds / 1_000_000) < 60)
        }
        let secret = try #require(all.secrets.first)
        #expect(try receiver.all.filter { try isSigned($0, by: secret) }.count == 60)
        #expect(Set(receiver.all.compactMap { $0.headers["penstock-delivery-id"] }).count == 80)
        #expect(Set(receiver.all.map(\.id)).count == 60)
        #expect(
          try await eventually {
            try await bench.query("SELECT FROM webhook_deliveries").isEmpty
          })
      }
    }
  }

  @Test func `another topic of events tells endpoints nothing again`() async throws {
    try await Receiver.with { receiver in
      try await RelayBench.with { bench in
        let sale = try await bench.store.create(openSale())
        _ = try await add(receiver.url, bench)
        try bench.startWorker()
        let before = try bench.startRelay("before")
        try await bench.feed((0..<10).map { try bench.place(sale, buyer: "early-\($0)") })
        #expect(try await eventually { receiver.all.count == 10 }, "\(receiver.all.count)")
        // What is not noted as taken is sent again by the next relay.
        #expect(try await eventually { try await bench.query("SELECT FROM webhook_deliveries").isEmpty })
        await before.running.stop()
        _ = try bench.startRelay("after", events: RelayBench.otherEvents)
        try await bench.feed((0..<5).map { try bench.place(sale, buyer: "late-\($0)") })
        let areThere = try await eventually {
          guard receiver.all.count(where: { $0.data("buyer").hasPrefix("late") }) == 5 else { return false }
          return try await bench.query("SELECT FROM webhook_deliveries").isEmpty
        }
        #expect(areThere && receiver.all.count == 15, "\(receiver.all.count)")
      }
    }
  }

  @Test func `while secrets change over, each of before signs for its day, and none is taken away`() async throws {
    try await Receiver.with { receiver in
      try await TestDatabase.with { database in
        try await database.withStore { store in
          // The longest that there may be, too.
          let secrets = [WebhookSecret(bytes: Array(repeating: 7, count: 64))] + (0..<5).map { _ in .random() }
          let added = try await store.addWebhook(WebhookRequest(url: receiver.url), secret: secrets[0])
          let id = try #require(added).id
          let client = WebhookClient(networks: [NetworkBlock("127.0.0.1")].compactMap(\.self))
          func areSigning(_ signing: Range<Int>) async throws -> Bool {
            let endpoint = try #require(try await store.webhook(id))
            #expect(await client.ping(endpoint, at: .now).isDelivered)
            let ping = try #require(receiver.all.last)
            return try secrets.indices.allSatisfy { try isSigned(ping, by: secrets[$0]) == signing.contains($0) }
          }
          for index in 1..<5 {
            #expect(try await store.rotateWebhook(id, to: secrets[index]) == .rotated)
            #expect(try await areSigning(0..<index + 1))
          }
          #expect(try await store.rotateWebhook(id, to: secrets[5]) == .full)
          #expect(try await areSigning(0..<5))
          let connection = try await database.connect()
          _ = try await connection.query(
            "UPDATE old_webhook_secrets SET signs_until = signs_until - interval '1 day' WHERE secret = $1",
            secrets[0].bytes)
          await connection.close()
          #expect(try await areSigning(1..<5))
          #expect(try await store.rotateWebhook(id, to: secrets[5]) == .rotated)
          #expect(try await areSigning(1..<6))
          await client.close()
        }
      }
    }
  }

  @Test func `a failing event holds later events of its order, and no other order`() async throws {
    let refuses = Mutex(true)
    try await Receiver.with({ request in
      refuses.withLock { $0 } && request.data("buyer") == "ann" ? .answer(500) : .answer(200)
    }) { receiver in
      try await RelayBench.with(partitions: 1) { bench in
        let ahead = Mutex(Int64(0))
        let sale = try await bench.store.create(openSale(holds: HoldRules(seconds: 600)))
        _ = try await add(receiver.url, bench)
        try await bench.feed(
          ["ann", "bob"].flatMap { buyer in
            try [bench.place(sale, buyer: buyer), bench.does(.release, sale, buyer: buyer)]
          })
        try bench.startWorker()
        _ = try bench.startRelay(now: {
          Timestamp(microseconds: Timestamp.now.microseconds + ahead.withLock { $0 })
        })
        #expect(try await eventually { receiver.all.count { $0.data("buyer") == "bob" } == 2 })
        #expect(try await eventually { receiver.all.contains { $0.data("buyer") == "ann" } })
        #expect(receiver.all.allSatisfy { $0.data("buyer") == "bob" || $0.data("sequence") == "1" }, "held back")
        refuses.withLock { $0 = false }
        ahead.withLock { $0 += 60_000_000 }
        #expect(
          try await eventually { receiver.all.contains { $0.data("buyer") == "ann" && $0.data("sequence") == "2" } })
        let ann = receiver.all.filter { $0.data("buyer") == "ann" }.map { $0.data("sequence") }
        #expect(ann == ann.sorted() && ann.filter { $0 == "2" }.count == 1)
      }
    }
  }

  @Test(arguments: ["http://127.0.0.1:1/", "http://10.0.0.1/", "http://[::1]/"])
  func `a redirect is a failure, wherever it leads`(location: String) async throws {
    try await Receiver.with({ _ in .answer(301, location: location) }) { receiver in
      let answer = try await ping(receiver.url)
      #expect(!answer.isDelivered && answer.status == 301 && answer.words.contains("not followed"))
      #expect(receiver.all.count == 1)
    }
  }

  @Test func `a receiver that hangs has 10 s`() async throws {
    try await Receiver.with({ _ in .hang }) { receiver in
      let start = ContinuousClock.now
      let answer = try await ping(receiver.url)
      #expect(!answer.isDelivered && answer.status == nil && answer.words.contains("10 s"))
      #expect((.seconds(9)...(.seconds(20))).contains(ContinuousClock.now - start))
    }
  }

  @Test func `an endpoint whose name server hangs keeps no other, and fails after 10 s`() async throws {
    let gate = DispatchSemaphore(value: 0)
    let lookups = Mutex(0)
    defer { gate.signal() }
    try await Receiver.with { receiver in
      try await RelayBench.with(partitions: 1) { bench in
        let sale = try await bench.store.create(openSale())
        let hung = try await add("http://hangs.test/hook", bench)
        _ = try await add(receiver.url, bench)
        // More than the endpoint may have on their way at once.
        try await bench.feed((0..<40).map { try bench.place(sale, buyer: "buyer-\($0)") })
        try bench.startWorker()
        _ = try bench.startRelay(resolve: { host in
          guard host == "hangs.test" else { return [host] }
          lookups.withLock { $0 += 1 }
          gate.wait()
          gate.signal()
          return []
        })
        #expect(try await eventually { lookups.withLock { $0 } > 0 })
        #expect(try await eventually { receiver.all.count == 40 }, "\(receiver.all.count)")
        // Its attempts end in time, though the look-up of their name does not.
        #expect(try await eventually { try await bench.store.webhook(hung.id)?.failingSince != nil })
        #expect(lookups.withLock { $0 } == 1, "one thread for one name")
      }
    }
  }

  @Test func `a host of which one machine is down is reached at the other`() async throws {
    try await Receiver.with { receiver in
      try await RelayBench.with(partitions: 1) { bench in
        let sale = try await bench.store.create(openSale())
        _ = try await add("http://shop.test:\(receiver.port)/hook", bench)
        try await bench.feed((0..<3).map { try bench.place(sale, buyer: "buyer-\($0)") })
        try bench.startWorker()
        // Nobody listens at the first one.
        _ = try bench.startRelay(resolve: { _ in ["127.0.0.2", "127.0.0.1"] })
        #expect(try await eventually(within: .seconds(60)) { receiver.all.count == 3 }, "\(receiver.all.count)")
        #expect(receiver.all.allSatisfy { $0.headers["host"]?.hasPrefix("shop.test") == true })
      }
    }
  }

  @Test func `of a receiver that sends 10 GB nearly nothing is read`() async throws {
    try await Receiver.with({ _ in .flood }) { receiver in
      let answer = try await ping(receiver.url)
      #expect(answer.isDelivered && answer.status == 200)
      #expect(receiver.flooded < 100 << 20, "what the sockets hold, and the connection is closed")
    }
  }

  @Test(arguments: [
    "http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/", "http://[::ffff:127.0.0.1]:9/",
    "http://0.0.0.0:9/",
    "http://10.1.2.3/", "http://169.254.169.254/latest/meta-data", "http://2130706433:9/", "http://0x7f.1:9/",
    "http://[fd00:ec2::254]/", "http://[fe80::1]/", "http://[64:ff9b::7f00:1]/",
  ])
  func `no private address is asked unless it is allowed`(url: String) async throws {
    let answer = try await ping(url, networks: [])
    #expect(!answer.isDelivered && answer.status == nil)
    #expect(answer.words.contains("no public address") || answer.words.contains("cannot be found"), "\(answer.words)")
  }

  @Test func `a receiver that is down for a day: dead letters, switched off, and sent again when it is back`()
    async throws
  {
    let isUp = Mutex(false)
    try await Receiver.with({ _ in isUp.withLock { $0 } ? .answer(200) : .answer(503) }) { receiver in
      try await RelayBench.with(partitions: 1) { bench in
        let ahead = Mutex(Int64(0))
        let sale = try await bench.store.create(openSale())
        let endpoint = try await add(receiver.url, bench)
        try await bench.feed((0..<3).map { try bench.place(sale, buyer: "buyer-\($0)") })
        try bench.startWorker()
        let now = { @Sendable in Timestamp(microseconds: Timestamp.now.microseconds + ahead.withLock { $0 }) }
        let relay = try bench.startRelay(now: now)
        // A day in steps of an hour, in each of which something is tried.
        for hour in 0..<60 {
          let before = receiver.all.count
          let isTried = try await eventually(within: .seconds(20)) {
            if receiver.all.count > before { return true }
            return try await bench.store.webhook(endpoint.id)?.disabledAt != nil
          }
          #expect(isTried, "hour \(hour)")
          if try await bench.store.webhook(endpoint.id)?.disabledAt != nil { break }
          // An attempt that is noted only in the next hour is made again in the one behind it.
          let isNoted = try await eventually(within: .seconds(20)) {
            if try await bench.store.webhook(endpoint.id)?.disabledAt != nil { return true }
            return try await bench.query("SELECT FROM webhook_deliveries WHERE next_at <= $1", now()).isEmpty
          }
          #expect(isNoted, "hour \(hour)")
          ahead.withLock { $0 += 3_600_000_000 }
        }
        let off = try #require(try await bench.store.webhook(endpoint.id))
        #expect(off.disabledReason?.contains("HTTP 503") == true)
        #expect(try await eventually { relay.service.status.reasons.contains { $0.contains("switched off") } })
        #expect(relay.service.status.isReady, "buyers and events are not kept by it")
        let tried = receiver.all.count

        isUp.withLock { $0 = true }
        ahead.withLock { $0 += 3_600_000_000 }
        #expect(try await bench.store.switchWebhook(endpoint.id, offBecause: nil))
        _ = try await bench.store.resendDeadLetters(of: endpoint.id, only: nil)
        #expect(try await eventually { receiver.all.count == tried + 3 })
        #expect(Set(receiver.all.map(\.id)).count == 3, "the same events")
        #expect(try await eventually { try await bench.query("SELECT FROM webhook_deliveries").isEmpty })
      }
    }
  }

  @Test func `dead letters go 30 days after they were given up, and no more are counted than are looked at`()
    async throws
  {
    try await RelayBench.with(partitions: 1) { bench in
      let endpoint = try await add("http://127.0.0.1:9/", bench)
      let other = try await add("http://127.0.0.1:9/other", bench)
      func bury(_ count: Int, of endpoint: WebhookEndpoint, daysAgo days: Int) async throws {
        _ = try await bench.query(
          """
          INSERT INTO webhook_deliveries (endpoint, kind, order_id, event_id, body, dead_at)
          SELECT $1, 1, gen_random_uuid(), '0-' || number, '{}', now() - make_interval(days => $3)
          FROM generate_series(1, $2::int4) AS number
          """, endpoint.id, Int32(count), Int32(days))
      }
      // More than go at once.
      try await bury(10_001, of: endpoint, daysAgo: 31)
      try await bury(7, of: endpoint, daysAgo: 29)
      try await bury(1, of: other, daysAgo: 31)
      let store = try await WebhookStore.connect(bench.database.settings, logger: quietLogger)
      #expect(try await store.counts().map { [$0.waiting, $0.dead] } == [[0, 10_000], [0, 1]])
      await store.close()
      _ = try bench.startRelay()
      #expect(
        try await eventually(within: .seconds(20)) {
          try await bench.query("SELECT FROM webhook_deliveries").count == 7
        })
      #expect(try await bench.store.deadLetters(of: endpoint.id).count == 7)
    }
  }

  @Test func `a removed endpoint is gone, in the middle of an attempt too, and the others go on`() async throws {
    try await Receiver.with { receiver in
      try await Receiver.with({ _ in .hang }) { hung in
        try await RelayBench.with(partitions: 1) { bench in
          let sale = try await bench.store.create(openSale())
          let endpoint = try await add(hung.url, bench)
          _ = try await add(receiver.url, bench)
          try bench.startWorker()
          let relay = try bench.startRelay()
          try await bench.feed([bench.place(sale, buyer: "ann")])
          #expect(try await eventually { hung.all.count == 1 && receiver.all.count == 1 })
          #expect(try await bench.store.removeWebhook(endpoint.id))
          #expect(try await !bench.store.removeWebhook(endpoint.id))
          #expect(try await bench.query("SELECT FROM webhook_deliveries WHERE endpoint = $1", endpoint.id).isEmpty)
          try await bench.feed([bench.place(sale, buyer: "bob")])
          #expect(try await eventually { receiver.all.count == 2 })
          // An endpoint that was still there would have got one of these by then.
          try await bench.feed([bench.place(sale, buyer: "cid")])
          #expect(try await eventually { receiver.all.count == 3 })
          #expect(hung.all.count == 1 && relay.service.status.reasons.isEmpty, "\(relay.service.status.reasons)")
        }
      }
    }
  }

  @Test func `what waited goes out as soon as its endpoint is on again, and is tried for a day from then on`()
    async throws
  {
    let isUp = Mutex(false)
    try await Receiver.with({ _ in isUp.withLock { $0 } ? .answer(200) : .answer(503) }) { receiver in
      try await RelayBench.with(partitions: 1) { bench in
        let ahead = Mutex(Int64(0))
        let now = { @Sendable in Timestamp(microseconds: Timestamp.now.microseconds + ahead.withLock { $0 }) }
        let sale = try await bench.store.create(openSale())
        let endpoint = try await add(receiver.url, bench)
        try await bench.feed([bench.place(sale, buyer: "ann")])
        try bench.startWorker()
        let relay = try bench.startRelay(now: now)
        func isTriedAgain(after count: Int) async throws -> Bool {
          try await eventually(within: .seconds(20)) {
            let notes = try await bench.query("SELECT FROM webhook_deliveries WHERE next_at > $1", now())
            return receiver.all.count > count && notes.count == 1
          }
        }
        #expect(try await isTriedAgain(after: 0))
        // Some hours, in which the pauses grow to the longest.
        for hour in 1..<12 {
          let count = receiver.all.count
          ahead.withLock { $0 += 3_600_000_000 }
          #expect(try await isTriedAgain(after: count), "hour \(hour)")
        }
        // Two days later the day since its first attempt is over.
        for pause: Int64 in [0, 172_800_000_000] {
          #expect(try await bench.store.switchWebhook(endpoint.id, offBecause: "a test"))
          #expect(try await eventually { relay.service.status.reasons.contains { $0.contains("switched off") } })
          let count = receiver.all.count
          ahead.withLock { $0 += pause }
          #expect(try await bench.store.switchWebhook(endpoint.id, offBecause: nil))
          #expect(try await isTriedAgain(after: count), "at once, and not given up by one failure")
        }
        isUp.withLock { $0 = true }
        ahead.withLock { $0 += 3_600_000_000 }
        #expect(try await eventually { try await bench.query("SELECT FROM webhook_deliveries").isEmpty })
      }
    }
  }

  private func ping(_ url: String, networks: [String] = ["127.0.0.0/8"]) async throws -> WebhookAnswer {
    let endpoint = WebhookEndpoint(
      id: 1, url: try WebhookRequest(url: url).url, events: [], secrets: [.random()], concurrency: 1, createdAt: .now,
      failingSince: nil, disabledAt: nil, disabledReason: nil)
    let client = WebhookClient(networks: networks.compactMap { NetworkBlock($0) })
    let answer = await client.ping(endpoint, at: .now)
    await client.close()
    return answer
  }
}
