import Foundation
import TestSupport
import Time

/// Buyers lose their places while everybody inside orders as fast as two intakes take it.
enum RevocationRow {
  static let row = Row(
    name: "revocation", fault: "buyers inside a waiting room are revoked, one after another, under full load", rate: 100
  ) { stage in
    let intakes = [try await stage.start("intake"), try await stage.start("intake")]
    _ = try await stage.start("worker")
    let http = intakes.compactMap(\.part.http)
    try await stage.createSale(
      sale, items: (0..<items).map { (sku: "sku\($0)", stock: 1_000_000) },
      shaping: ["room": ["rate_per_minute": 60_000]], knownAt: http)
    let tokens = try await letIn(http[0], stage)
    let watch = Watch()
    try await stage.underLoad {
      let threads = (0..<threads).map { thread in
        run(thread, tokens, doors: intakes.compactMap(\.door), watch, stage)
      }
      try await stage.pause(1_000...2_000)
      for number in 0..<(stage.isQuick ? 10 : 40) {
        try await revoke("inside-\(number)", watch, stage)
        stage.inject()
        try await stage.pause(50...300)
      }
      // Who was revoked last comes to both intakes again, too.
      try await Task.sleep(for: Limits.loadAfterFaults)
      watch.end()
      for thread in threads { await thread.value }
    }
    try await judge(watch, http, stage)
  }

  private static let sale = "revoked"
  private static let buyers = 200
  private static let items = 12
  private static let threads = 8

  /// What came of the orders of each buyer, as all threads see it together.
  private final class Watch: Sendable {
    struct State {
      var isOver = false
      var orders = 0
      /// When the admin's call had returned.
      var revoked: [String: ContinuousClock.Instant] = [:]
      /// For each buyer and intake, when an order was last taken.
      var lastTaken: [String: [UInt16: ContinuousClock.Instant]] = [:]
      /// Who was told that the token does not count, and at which intakes.
      var refused: [String: Set<UInt16>] = [:]
    }

    private let state = Locked(State())

    var isOver: Bool { state.with { $0.isOver } }
    var current: State { state.with { $0 } }
    func end() { state.with { $0.isOver = true } }
    func revoked(_ buyer: String) { state.with { $0.revoked[buyer] = .now } }

    func saw(_ buyer: String, at door: UInt16, isTaken: Bool, sent: ContinuousClock.Instant) {
      state.with { state in
        state.orders += 1
        if isTaken {
          state.lastTaken[buyer, default: [:]][door] = sent
        } else {
          state.refused[buyer, default: []].insert(door)
        }
      }
    }
  }

  private static func letIn(_ http: URL, _ stage: Stage) async throws -> [String: String] {
    var tokens: [String: String] = [:]
    let room = http.appending(path: "v1/sales/\(sale)/room")
    for number in 0..<buyers { _ = try await HTTP.post(room, headers: ["X-Buyer-Id": "inside-\(number)"]) }
    try await stage.expect("the admission of everybody", within: .seconds(30)) {
      for number in 0..<buyers where tokens["inside-\(number)"] == nil {
        let answer = try await HTTP.get(room, headers: ["X-Buyer-Id": "inside-\(number)"])
        tokens["inside-\(number)"] = answer.json("token") as? String
      }
      return tokens.count == buyers
    }
    return tokens
  }

  private static func revoke(_ buyer: String, _ watch: Watch, _ stage: Stage) async throws {
    let answer = try await stage.tellAdmin("sales/\(sale)/room/revoke", ["buyer": buyer])
    watch.revoked(buyer)
    if answer.status != 200 { stage.violated("\(buyer) could not be revoked: \(answer.status) \(answer.text)") }
  }

  /// Orders for one buyer after another, at one intake and then the other, until the watch is over.
  private static func run(
    _ thread: Int, _ tokens: [String: String], doors: [UInt16], _ watch: Watch, _ stage: Stage
  ) -> Task<Void, Never> {
    let names = (0..<buyers).map { "inside-\($0)" }
    return Task {
      await withCheckedContinuation { continuation in
        Loopback.onThread("inside") {
          var lines: [UInt16: HTTPLine] = [:]
          var number = 0
          while !watch.isOver {
            // Each buyer comes to each intake about as often.
            let (buyer, door) = (names[(number / doors.count) % buyers], doors[number % doors.count])
            let order = Order(
              number: 300_000_000 + thread * 10_000_000 + number, sale: sale, sku: "sku\(number % items)", buyer: buyer,
              quantity: 1)
            number += 1
            lines[door] = lines[door] ?? HTTPLine(to: door, patience: Limits.answerSeconds)
            guard let line = lines[door] else { continue }
            if !send(order, token: tokens[buyer] ?? "", line, watch, stage) { lines[door] = nil }
          }
          continuation.resume()
        }
      }
    }
  }

  /// Returns whether the line can be used again.
  private static func send(_ order: Order, token: String, _ line: HTTPLine, _ watch: Watch, _ stage: Stage) -> Bool {
    let begin = stage.crowd.journal.now
    let sent = ContinuousClock.now
    stage.crowd.journal.intend(order)
    guard let answer = line.exchange(order.request(port: line.port, token: token)) else { return false }
    switch (answer.status, answer.field("code")) {
    case (202, _):
      guard let id = answer.field("order_id"), let ticket = answer.field("ticket") else { return false }
      stage.crowd.journal.accepted(order, id: id, ticket: ticket, sent: begin)
      watch.saw(order.buyer, at: line.port, isTaken: true, sent: sent)
    case (403, "token_invalid"): watch.saw(order.buyer, at: line.port, isTaken: false, sent: sent)
    case (503, _): usleep(20_000)
    case (let status, let code): stage.crowd.journal.unexpected("\(status) \(code ?? "") to \(order.buyer)")
    }
    return answer.head.lowercased().contains("connection: close") == false
  }

  private static func judge(_ watch: Watch, _ http: [URL], _ stage: Stage) async throws {
    let seen = watch.current
    var latest = Duration.zero
    for (buyer, revoked) in seen.revoked {
      for taken in (seen.lastTaken[buyer] ?? [:]).values { latest = max(latest, taken - revoked) }
      if seen.refused[buyer]?.count != http.count { stage.violated("\(buyer) was not refused at every intake") }
      let again = try await HTTP.post(
        http[0].appending(path: "v1/sales/\(sale)/room"), headers: ["X-Buyer-Id": buyer])
      if again.json("code") as? String != "token_invalid" { stage.violated("\(buyer) joined again: \(again.text)") }
    }
    if latest > .seconds(1) { stage.violated("a token was taken \(latest.asMilliseconds) after its revocation") }
    let hurt = seen.refused.keys.filter { seen.revoked[$0] == nil }
    if !hurt.isEmpty { stage.violated("\(hurt.count) others were refused, such as \(hurt[hurt.startIndex])") }
    stage.remark(
      "\(seen.orders) orders with tokens at \(http.count) intakes, \(seen.revoked.count) revoked, the last token taken "
        + "\(latest.asMilliseconds) after")
  }
}
