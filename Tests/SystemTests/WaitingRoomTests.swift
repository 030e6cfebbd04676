import Foundation
import Postgres
import Synchronization
import TestSupport
import Testing

/// Waiting rooms, between real processes.
@Suite(.serialized) struct WaitingRoomTests {
  /// A shop with one sale whose waiting room has this rule, open now.
  private struct Hall {
    let shop: Shop
    let database: TestDatabase
    let admin: Shop.Part
    let intakes: [URL]
    static let sale = "double11"

    /// - Parameter hours: when the sale begins and ends, from now.
    static func with(
      room: [String: Any], workers: Int = 1, hours: (Double, Double) = (-0.1, 1),
      _ body: (Hall, [Shop.Part]) async throws -> Void
    ) async throws {
      try await Shop.with(partitions: 1) { shop, database in
        let admin = try await shop.start("admin")
        let answer = try await HTTP.post(
          admin.admin.appending(path: "admin/api/sales"),
          headers: ["Authorization": "Bearer \(Shop.adminToken)"], body: try Self.body(room, hours))
        try #require(answer.status == 201, "\(answer.text)")
        var started: [Shop.Part] = []
        for _ in 0..<workers { started.append(try await shop.start("worker")) }
        var intakes: [URL] = []
        for _ in 0..<2 { intakes.append(try #require(try await shop.start("intake").http)) }
        try await body(Hall(shop: shop, database: database, admin: admin, intakes: intakes), started)
      }
    }

    static func time(inHours hours: Double) -> String {
      Date.now.addingTimeInterval(hours * 3_600).formatted(.iso8601)
    }

    private static func body(_ room: [String: Any], _ hours: (Double, Double)) throws -> Data {
      try JSONSerialization.data(
        withJSONObject: [
          "id": sale, "name": "Sale", "starts_at": time(inHours: hours.0), "ends_at": time(inHours: hours.1),
          "items": [["sku": "phone", "stock": 100, "price_minor": 1, "currency": "CNY"] as [String: Any]],
          "shaping": ["room": room],
        ] as [String: Any])
    }

    private func url(_ intake: Int) -> URL { intakes[intake].appending(path: "v1/sales/\(Self.sale)/room") }

    func join(_ buyer: String, at intake: Int = 0) async throws -> HTTP.Answer {
      try await HTTP.post(url(intake), headers: ["X-Buyer-Id": buyer])
    }

    func look(_ buyer: String, at intake: Int = 0) async throws -> HTTP.Answer {
      try await HTTP.get(url(intake), headers: ["X-Buyer-Id": buyer])
    }

    func leave(_ buyer: String, at intake: Int = 0) async throws -> HTTP.Answer {
      try await HTTP.delete(url(intake), headers: ["X-Buyer-Id": buyer])
    }

    func order(_ buyer: String, token: String?, at intake: Int = 0) async throws -> HTTP.Answer {
      var headers = ["X-Buyer-Id": buyer]
      headers["X-Room-Token"] = token
      return try await HTTP.post(
        intakes[intake].appending(path: "v1/sales/\(Self.sale)/orders"), headers: headers,
        body: Data(#"{"sku":"phone","quantity":1}"#.utf8))
    }

    func say(_ what: String, _ body: String = "{}") async throws -> HTTP.Answer {
      try await HTTP.post(
        admin.admin.appending(path: "admin/api/sales/\(Self.sale)/room/\(what)"),
        headers: ["Authorization": "Bearer \(Shop.adminToken)"], body: Data(body.utf8))
    }

    func change(_ field: String, to time: String) async throws {
      let answer = try await HTTP.patch(
        admin.admin.appending(path: "admin/api/sales/\(Self.sale)"),
        headers: ["Authorization": "Bearer \(Shop.adminToken)"],
        body: Data(#"{"\#(field)":"\#(time)","reason":"test"}"#.utf8))
      #expect(answer.status == 200, "\(answer.text)")
    }

    /// Waits until the rooms' owner has read the sales, and decided by what it read, all after this call.
    func ownerHasLooked() async throws {
      let connection = try await database.connect()
      let began = try await connection.query("SELECT clock_timestamp()::text").single().string(0)
      var looks: Set<String> = []
      // When the second one begins, the first has long had its answer.
      let hasLooked = try await eventually {
        let rows = try await connection.query(
          """
          SELECT a.query_start::text FROM room_owners o JOIN pg_stat_activity a ON a.pid = o.owner_pid
          WHERE a.query_start > $1::text::timestamptz AND a.query LIKE '%FROM sales s JOIN stock k%'
          """, began)
        for row in rows { looks.insert(try row.string(0)) }
        return looks.count > 1
      }
      await connection.close()
      try #require(hasLooked, "the rooms' owner does not look")
    }

    /// Waits until the buyer is let in, and returns her token.
    func token(of buyer: String, at intake: Int = 0, within patience: Duration = .seconds(20)) async throws -> String {
      var token: String?
      let isIn = try await eventually(within: patience) {
        token = try await look(buyer, at: intake).json("token") as? String
        return token != nil
      }
      if !isIn { Issue.record("\(buyer) is not in: \(try await look(buyer, at: intake).text)") }
      return try #require(token)
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `a buyer waits, is let in, orders with her token at any intake, and is done`() async throws {
    try await Hall.with(room: ["rate_per_minute": 600, "slots": 2]) { hall, _ in
      let first = try await hall.join("ann")
      #expect(first.status == 200, "\(first.text)")
      // Another tab, at another intake: the same place.
      #expect(try await hall.join("ann", at: 1).json("place") as? Int == first.json("place") as? Int)
      let token = try await hall.token(of: "ann")
      #expect(try await hall.token(of: "ann", at: 1) == token)
      #expect(try await hall.order("ann", token: nil).json("code") as? String == "room_required")
      for wrong in ["x", String(token.dropLast()), token + "A", String(repeating: "A", count: 3_000)] {
        #expect(try await hall.order("ann", token: wrong).json("code") as? String == "token_invalid")
      }
      let long = try await hall.order("ann", token: String(repeating: "A", count: 10_000)).json("code") as? String
      #expect(["token_invalid", "headers_too_large"].contains(long))
      #expect(try await hall.order("bob", token: token).json("code") as? String == "token_invalid")
      #expect(try await hall.order("ann", token: token, at: 1).status == 202)

      // Two slots: the third waits until somebody is done, and then for less than a second.
      _ = try await hall.join("bob")
      _ = try await hall.token(of: "bob")
      let third = try await hall.join("eve", at: 1)
      #expect(third.json("position") as? Int == 0)
      try await Task.sleep(for: .milliseconds(600))
      #expect(try await hall.look("eve").json("status") as? String == "waiting")
      #expect(try await hall.leave("ann").json("status") as? String == "done")
      _ = try await hall.token(of: "eve", within: .seconds(1))
      #expect(try await hall.order("ann", token: token).json("code") as? String == "token_invalid")

      // Revoked: out within a second, everywhere.
      let eves = try await hall.token(of: "eve")
      #expect(try await hall.say("revoke", #"{"buyer":"eve"}"#).status == 200)
      let isOut = try await eventually(within: .seconds(1)) {
        let codes = [
          try await hall.order("eve", token: eves).json("code") as? String,
          try await hall.order("eve", token: eves, at: 1).json("code") as? String,
        ]
        return codes == ["token_invalid", "token_invalid"]
      }
      #expect(isOut)
      #expect(try await hall.join("eve").json("code") as? String == "token_invalid")
      #expect(try await hall.look("nobody").json("code") as? String == "place_not_found")
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `the admin pauses, resumes and paces a room, and a wrong wish is refused`() async throws {
    try await Hall.with(room: ["rate_per_minute": 6_000]) { hall, _ in
      #expect(try await hall.say("pause").status == 200)
      _ = try await hall.join("ann")
      try await hall.ownerHasLooked()
      let waiting = try await hall.look("ann", at: 1)
      #expect(waiting.json("status") as? String == "waiting")
      #expect(waiting.json("is_paused") as? Bool == true)
      #expect(try await hall.say("rate", #"{"rate_per_minute":0}"#).json("code") as? String == "invalid_field")
      #expect(try await hall.say("rate", #"{"rate_per_minute":60}"#).status == 200)
      #expect(try await hall.say("resume").status == 200)
      _ = try await hall.token(of: "ann")
      #expect(try await hall.look("ann").json("rate_per_minute") as? Int == 60)
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `when the owner is killed while it lets buyers in, no place is let in twice and none is lost`() async throws {
    try await Hall.with(room: ["rate_per_minute": 1_200], workers: 2) { hall, workers in
      let buyers = (0..<100).map { "buyer-\($0)" }
      for buyer in buyers { _ = try await hall.join(buyer) }
      let began = ContinuousClock.now
      _ = try await hall.token(of: buyers[20])
      // Either of them is the owner; with the other one, the room goes on.
      workers[0].process.send(signal: SIGKILL)
      _ = await workers[0].process.exit()
      _ = try await hall.token(of: buyers[40])
      var (places, tokens): ([Int], [String]) = ([], [])
      var admittedAt: [String] = []
      for buyer in buyers {
        tokens.append(try await hall.token(of: buyer, at: 1))
        let answer = try await hall.look(buyer)
        places.append(try #require(answer.json("place") as? Int))
        admittedAt.append(try #require(answer.json("token_expires_at") as? String))
        // Both intakes tell of one admission.
        #expect(answer.json("token") as? String == tokens.last)
      }
      // In the order of joining.
      #expect(places == places.sorted() && Set(places).count == buyers.count)
      #expect(admittedAt == admittedAt.sorted())
      #expect(.now - began < .seconds(20))
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `a room goes on for a sale that was over for longer than an hour and is prolonged`() async throws {
    try await Hall.with(room: ["rate_per_minute": 6_000], hours: (-3, -2)) { hall, _ in
      #expect(try await hall.join("ann").json("code") as? String == "ended")
      try await hall.change("ends_at", to: Hall.time(inHours: 1))
      let isOpen = try await eventually(within: .seconds(20)) { try await hall.join("ann").status == 200 }
      #expect(isOpen)
      let token = try await hall.token(of: "ann")
      #expect(try await hall.order("ann", token: token).status == 202)
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `a room is forgotten when its sale is long over, and its lottery is no open one then`() async throws {
    let room: [String: Any] = [
      "order": "lottery", "rate_per_minute": 600, "opens_at": Hall.time(inHours: 0.5),
      "beacon": ["name": "dice", "known_at": Hall.time(inHours: 0.6)] as [String: Any],
    ]
    try await Hall.with(room: room, hours: (-0.1, 2)) { hall, _ in
      let draw = hall.intakes[0].appending(path: "v1/sales/\(Hall.sale)/draw")
      #expect(try await hall.join("ann").status == 200)
      #expect(try await HTTP.get(draw).json("entries") as? Int == 1)
      func setEnd(_ days: Int32) async throws {
        let connection = try await hall.database.connect()
        _ = try await connection.query(
          "UPDATE sales SET starts_at = now() - interval '9 days', ends_at = now() - make_interval(days => $1)", days)
        await connection.close()
      }
      try await setEnd(1)
      // Until the intake knows of the end, who joins is an entry.
      let sale = hall.intakes[0].appending(path: "v1/sales/\(Hall.sale)")
      #expect(try await eventually { try await HTTP.get(sale).json("status") as? String == "ended" })
      #expect(try await hall.join("bob").json("code") as? String == "ended")
      try await hall.ownerHasLooked()
      #expect(try await HTTP.get(draw).json("entries") as? Int == 1)
      #expect(try await hall.look("ann").json("status") as? String == "entered")
      try await setEnd(3)
      #expect(try await eventually { try await hall.look("ann").json("code") as? String == "place_not_found" })
      let gone = try await HTTP.get(draw)
      #expect(gone.status == 410 && gone.json("code") as? String == "ended", "\(gone.text)")
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `a room follows the start of its sale while somebody owns it`() async throws {
    try await Hall.with(room: ["rate_per_minute": 6_000], hours: (0.5, 1)) { hall, _ in
      _ = try await hall.join("ann")
      try await hall.ownerHasLooked()
      #expect(try await hall.look("ann").json("status") as? String == "waiting")
      try await hall.change("starts_at", to: Hall.time(inHours: -0.1))
      _ = try await hall.token(of: "ann")
      try await hall.change("starts_at", to: Hall.time(inHours: 0.5))
      try await hall.ownerHasLooked()
      _ = try await hall.join("bob")
      try await hall.ownerHasLooked()
      #expect(try await hall.look("bob").json("status") as? String == "waiting")
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `a lottery waits for its beacon, says so, uses the fallback that was set, and can be verified`() async throws {
    // In whole seconds, as they are written.
    let opens = Date(timeIntervalSince1970: Date.now.timeIntervalSince1970.rounded() + 25)
    let knownAt = opens.addingTimeInterval(30)
    let room: [String: Any] = [
      "order": "lottery", "rate_per_minute": 6_000, "opens_at": opens.formatted(.iso8601),
      // Nobody listens there.
      "beacon": [
        "name": "silent", "url": "http://127.0.0.1:9/public", "genesis": "2020-01-01T00:00:00Z", "period_seconds": 1,
      ] as [String: Any],
      "fallback": [
        "after_seconds": 3,
        "beacon": ["name": "told", "known_at": knownAt.formatted(.iso8601)],
      ] as [String: Any],
    ]
    try await Hall.with(room: room) { hall, _ in
      let url = hall.intakes[0].appending(path: "v1/sales/\(Hall.sale)/draw")
      for buyer in 0..<12 {
        let answer = try await hall.join("buyer-\(buyer)", at: buyer % 2)
        #expect(answer.json("status") as? String == "entered", "\(answer.text)")
      }
      let commitment = try #require(try await HTTP.get(url).json("commitment") as? String)
      #expect(try await HTTP.get(url).json("secret") == nil)
      let isClosed = try await eventually(within: .seconds(60)) { try await HTTP.get(url).json("root") != nil }
      #expect(isClosed)
      let root = try #require(try await HTTP.get(url).json("root") as? String)
      #expect(try await HTTP.get(url).json("secret") == nil)
      #expect(try await hall.look("buyer-0").json("waits_for_beacon") as? String == "silent")
      let before = Date.now
      let early = try await hall.say("beacon", #"{"name":"told","value":"4711"}"#)
      let after = Date.now
      if after < knownAt {
        #expect(early.json("code") as? String == "invalid_field", "\(early.text)")
        #expect(early.text.contains("cannot be known before"), "\(early.text)")
      } else if before >= knownAt {
        #expect(early.status == 200, "\(early.text)")
      }
      let isFallback = try await eventually(within: .seconds(20)) {
        try await hall.look("buyer-0").json("waits_for_beacon") as? String == "told"
      }
      #expect(isFallback)
      #expect(try await hall.look("buyer-0").json("token") == nil)
      #expect(
        try await hall.say("beacon", #"{"name":"silent","value":"4711"}"#).json("code") as? String == "invalid_field")
      let isTold = try await eventually(within: .seconds(60)) {
        try await hall.say("beacon", #"{"name":"told","value":"4711"}"#).status == 200
      }
      #expect(isTold)
      for buyer in 0..<12 { _ = try await hall.token(of: "buyer-\(buyer)") }

      let file = FileManager.default.temporaryDirectory.appending(path: "draw-\(UUID().uuidString).json")
      defer { try? FileManager.default.removeItem(at: file) }
      let published = try await HTTP.get(url)
      try published.body.write(to: file)
      let arguments = ["draw", "verify", file.path, "--commitment", commitment, "--root", root]
      let right = try await PenstockProcess.run("penstock", arguments)
      #expect(right.exit == .success, "\(right.errors)")
      #expect(right.output.contains("fallback"))
      try Data(published.text.replacing(#""value":"4711""#, with: #""value":"4712""#).utf8).write(to: file)
      let wrong = try await PenstockProcess.run("penstock", arguments)
      #expect(wrong.exit == .init(code: 1, bySignal: false))
      #expect(wrong.errors.contains("seed"))
      try Data("{}".utf8).write(to: file)
      #expect(try await PenstockProcess.run("penstock", arguments).exit == .init(code: 65, bySignal: false))
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `a beacon that is silent, drips, proves nothing or tells of another round is asked again, and not drawn by`()
    async throws
  {
    let signature = String(repeating: "07", count: 48)
    // Its SHA-256.
    let randomness = "61954f91dbee31fabb7e72625a3527b402a12711ae450ce409f1602662a288b1"
    let asked = Mutex(0)
    try await Receiver.with({ request in
      let round = request.path.split(separator: "/").last ?? ""
      let calls = asked.withLock { calls in
        calls += 1
        return calls
      }
      switch calls {
      case 1: return .hang
      case 2: return .drip
      case 3: return .say(#"{"round":\#(round),"randomness":"\#(randomness)"}"#)
      // The newest that it has: the one that is due is not known yet.
      case 4: return .say(#"{"round":7,"randomness":"\#(randomness)","signature":"\#(signature)"}"#)
      // What the signature of another chain would give.
      case 5: return .say(#"{"round":\#(round),"randomness":"\#(signature.prefix(64))","signature":"\#(signature)"}"#)
      default: return .say(#"{"round":\#(round),"randomness":"\#(randomness)","signature":"\#(signature)"}"#)
      }
    }) { beacon in
      let room: [String: Any] = [
        "order": "lottery", "rate_per_minute": 6_000,
        "opens_at": Date.now.addingTimeInterval(15).formatted(.iso8601),
        "beacon": [
          "name": "slow", "url": "http://127.0.0.1:\(beacon.port)/public", "genesis": "2020-01-01T00:00:00Z",
          "period_seconds": 1,
        ] as [String: Any],
      ]
      try await Hall.with(room: room) { hall, _ in
        _ = try await hall.join("ann")
        _ = try await hall.token(of: "ann", within: .seconds(100))
        // One call at a time: the silent one and the dripping one took their five seconds each.
        let times = beacon.all.map(\.at)
        #expect(times.count == 6 && times[1] - times[0] >= .seconds(5) && times[2] - times[1] >= .seconds(5))
        let draw = try await HTTP.get(hall.intakes[0].appending(path: "v1/sales/\(Hall.sale)/draw"))
        #expect(draw.text.contains(randomness), "\(draw.text)")
        let file = FileManager.default.temporaryDirectory.appending(path: "draw-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try draw.body.write(to: file)
        let right = try await PenstockProcess.run("penstock", ["draw", "verify", file.path])
        #expect(right.exit == .success && right.output.contains("/public/"), "\(right.errors)")
        // A value that another chain gave for the round.
        try Data(draw.text.replacing(randomness, with: signature.prefix(64)).utf8).write(to: file)
        let wrong = try await PenstockProcess.run("penstock", ["draw", "verify", file.path])
        #expect(wrong.exit == .init(code: 1, bySignal: false) && wrong.errors.contains("not the hash"))
      }
    }
  }
}
