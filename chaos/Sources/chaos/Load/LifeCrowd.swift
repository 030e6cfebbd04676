import Foundation
import Glibc
import Synchronization
import TestSupport
import Time

/// Buyers who win units and then pay in time, pay late, pay twice, extend, cancel, give up or do nothing, and two
/// providers who tell of captures. Everybody asks again with the same key until there is an answer.
final class LifeCrowd: Sendable {
  static let sale = "lives"
  static let skus = (0..<6).map { "held\($0)" }
  static let price: Int64 = 19_900
  static let holdSeconds = 2

  /// How the sale holds what is won.
  static var holds: [String: Any] {
    [
      "seconds": holdSeconds, "extend": ["times": 1, "seconds": 2] as [String: Any], "late_payment": "if_free",
      "waitlist": ["offer_seconds": holdSeconds, "least_seconds": 1] as [String: Any],
    ]
  }

  let journal = LifeJournal()
  private let buyers: Int
  private let doors: [UInt16]
  private let seed: UInt64
  private let isOver = Atomic(false)
  private let atHome = Mutex(0)
  private let next = Atomic(0)

  /// - Parameter buyers: threads, each of which lives one life after another.
  init(_ buyers: Int, at doors: [UInt16], seed: UInt64) {
    (self.buyers, self.doors, self.seed) = (buyers, doors, seed)
  }

  /// Sends everybody off.
  func start() {
    for buyer in 0..<buyers {
      Loopback.onThread("life") { [self] in
        var dice = Dice(seed: seed &+ UInt64(buyer) &* 104_729)
        var line: HTTPLine?
        while !isClosing {
          let number = next.wrappingAdd(1, ordering: .relaxed).newValue
          Life(number, self, dice: dice, line: line).live(&dice, &line)
        }
        atHome.withLock { $0 += 1 }
      }
    }
  }

  /// Begins no new life, and waits until the last one is over.
  func stop() async throws {
    isOver.store(true, ordering: .releasing)
    guard try await eventually(within: .seconds(120), { atHome.withLock { $0 == buyers } }) else {
      throw TestSetUpError("buyers of held units did not come home")
    }
  }

  fileprivate var isClosing: Bool { isOver.load(ordering: .acquiring) }

  fileprivate func door(_ dice: inout Dice) -> UInt16 { doors[dice.number(in: 0...(doors.count - 1))] }
}

/// One buyer's order, from its first request to its last.
private struct Life {
  private let number: Int
  private let crowd: LifeCrowd
  private var dice: Dice
  private var line: HTTPLine?
  private var ticket: String?

  private var buyer: String { "life\(number)" }

  init(_ number: Int, _ crowd: LifeCrowd, dice: Dice, line: HTTPLine?) {
    (self.number, self.crowd, self.dice, self.line) = (number, crowd, dice, line)
  }

  consuming func live(_ dice: inout Dice, _ line: inout HTTPLine?) {
    run()
    (dice, line) = (self.dice, self.line)
  }

  private mutating func run() {
    guard let order = place(), let first = status(of: order, past: ["queued"]) else { return }
    var state = first.field("status") ?? ""
    if state == "waiting" { state = status(of: order, past: ["queued", "waiting"])?.field("status") ?? "" }
    if state == "reserved" { act(on: order) }
    // Nobody waits for units that no one will give back.
    if state == "waiting" { tell(order, "release", key: "r") }
    crowd.journal.ended(status(of: order, past: [])?.field("status") ?? "unknown")
  }

  // MARK: What she does

  private mutating func act(on order: String) {
    switch dice.number(in: 0...9) {
    case 0, 1: pay(order, "a")
    case 2:
      // The same order at two providers.
      pay(order, "a")
      pay(order, "b")
    case 3:
      pay(order, "wrong", LifeCrowd.price - 1)
      pay(order, "a")
    case 4:
      tell(order, "extend", key: "e")
      pay(order, "a")
    case 5: tell(order, "release", key: "r")
    case 6: tell(order, "cancel", key: "c")
    case 7:
      pay(order, "a")
      tell(order, "cancel", key: "c")
    case 8:
      // As close to the end as can be, so that some are late.
      usleep(useconds_t(dice.number(in: 1_500_000...2_500_000)))
      pay(order, "late")
    default: waitForTheEnd(of: order)
    }
  }

  /// Whoever does nothing keeps her units until the end that she was told, and not a moment less.
  private mutating func waitForTheEnd(of order: String) {
    var told: Timestamp?
    while let answer = status(of: order, past: []) {
      let now = answer.field("server_time").flatMap { Timestamp(rfc3339: $0) }
      switch answer.field("status") {
      case "reserved": told = answer.field("expires_at").flatMap { Timestamp(rfc3339: $0) } ?? told
      case "expired":
        if let told, let now, now < told { crowd.journal.wrong("\(order) expired at \(now), before \(told)") }
        return
      default: return
      }
      usleep(200_000)
    }
  }

  // MARK: Requests

  /// Orders one unit; whoever hears that all is held waits for one.
  private mutating func place() -> String? {
    let sku = LifeCrowd.skus[dice.number(in: 0...(LifeCrowd.skus.count - 1))]
    let waits = dice.happens(perMille: 300) ? #","waitlist":true"# : ""
    let call = Call(
      path: "/v1/sales/\(LifeCrowd.sale)/orders", body: #"{"sku":"\#(sku)","quantity":1\#(waits)}"#, buyer: buyer,
      key: "k\(number)")
    guard let answer = ask(call) else { return nil }
    switch (answer.status, answer.field("code")) {
    case (200, _), (202, _):
      ticket = answer.field("ticket")
      return answer.field("order_id")
    case (409, "all_held"), (409, "sold_out"):
      // Whoever is turned away comes back a little later, as another.
      usleep(100_000)
      return nil
    default:
      crowd.journal.wrong("an order: \(answer.status) \(answer.body)")
      return nil
    }
  }

  /// What became of the order, as soon as that is none of these states.
  private mutating func status(of order: String, past states: Set<String>) -> HTTPLine.Answer? {
    let shown = ticket.map { "&ticket=\($0)" } ?? ""
    for _ in 0..<600 {
      guard let answer = ask(Call(path: "/v1/orders/\(order)?wait=1s\(shown)", buyer: buyer)) else { return nil }
      // Her first answer got lost, so that she has no ticket; the order is known once it is decided.
      let state = answer.status == 404 ? "queued" : answer.field("status") ?? ""
      let isLeaving = state == "waiting" && crowd.isClosing
      if answer.status != 404, !states.contains(state) || isLeaving { return answer }
      usleep(50_000)
    }
    crowd.journal.unknown()
    return nil
  }

  private mutating func pay(_ order: String, _ provider: String, _ minor: Int64 = LifeCrowd.price) {
    let payment = "\(provider)-\(number)"
    let body = #"{"payment_id":"\#(payment)","amount_minor":\#(minor),"currency":"CNY"}"#
    crowd.journal.intend(payment, minor)
    guard let answer = perform(Call(path: "/v1/orders/\(order)/payments", body: body)) else { return }
    switch (answer.status, answer.field("result")) {
    case (200, let result?): crowd.journal.told(payment, result)
    default: crowd.journal.wrong("\(payment): \(answer.status) \(answer.body)")
    }
  }

  private mutating func tell(_ order: String, _ command: String, key: String) {
    let call = Call(path: "/v1/orders/\(order)/\(command)", body: "{}", buyer: buyer, key: "\(key)\(number)")
    guard let answer = perform(call) else { return }
    switch (answer.status, answer.field("code")) {
    // Her hold may be over by then.
    case (200, _), (409, "not_allowed"): break
    default: crowd.journal.wrong("\(command) of \(order): \(answer.status) \(answer.body)")
    }
  }

  /// Asks until the command is decided.
  private mutating func perform(_ call: Call) -> HTTPLine.Answer? {
    for _ in 0..<Limits.tries {
      guard let answer = ask(call) else { return nil }
      let isDecided = answer.status != 202 && answer.field("code") != "not_decided"
      if isDecided { return answer }
      usleep(100_000)
    }
    crowd.journal.unknown()
    return nil
  }

  /// Asks until there is an answer other than that something is away.
  private mutating func ask(_ call: Call) -> HTTPLine.Answer? {
    for _ in 0..<Limits.tries {
      line = line ?? HTTPLine(to: crowd.door(&dice), patience: Limits.answerSeconds)
      if let line, let answer = line.exchange(call.bytes(port: line.port)) {
        if answer.head.lowercased().contains("connection: close") { self.line = nil }
        if answer.status != 503 { return answer }
      } else {
        line = nil
      }
      usleep(useconds_t(1_000 * dice.number(in: Limits.retryPauseMilliseconds)))
    }
    crowd.journal.unknown()
    return nil
  }
}
