import ArgumentParser
import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import SpikeKit

/// What becomes of orders, as the server sees it.
struct LifeTests {
  private typealias Reply = ScriptedServer.Reply

  private static let order = "00000001-5b9c-8e1f-a2d4-0c6a1f7e93b5"
  private static let sale = #"{"id":"s","per_buyer_limit":null,"items":[{"sku":"a","stock":1,"left":LEFT}]}"#

  private static func status(_ state: String, _ more: String = "") -> Reply {
    let body = #"{"order_id":"\#(order)","status":"\#(state)","units":1,"amount_minor":500,"currency":"CNY"\#(more)}"#
    return Reply(status: .ok, body: body)
  }

  private static let reserved = status(
    "reserved", #","expires_at":"2026-11-10T16:00:01Z","server_time":"2026-11-10T16:00:00Z""#)

  /// A shop with one unit, whose order is reserved until somebody pays.
  ///
  /// - Parameter payments: how each is answered, given how many came before.
  private static func shop(
    _ payments: @escaping @Sendable (Int) -> Reply
  ) -> ScriptedServer.Script {
    { request, earlier in
      let paid = earlier.count { $0.path.hasSuffix("/payments") }
      let isPaid = earlier.indices.contains { index in
        earlier[index].path.hasSuffix("/payments")
          && payments(earlier[..<index].count { $0.path.hasSuffix("/payments") }).status == .ok
      }
      switch (request.method, request.path) {
      case ("GET", "/v1/sales/s"):
        return Reply(status: .ok, body: sale.replacing("LEFT", with: earlier.isEmpty ? "1" : "0"))
      case ("POST", "/v1/sales/s/orders"):
        return Reply(body: #"{"order_id":"\#(order)","status":"queued","ticket":"t"}"#)
      case ("POST", let path) where path.hasSuffix("/payments"): return payments(paid)
      default: return isPaid ? status("paid") : reserved
      }
    }
  }

  @Test func `I13 a payment is told again until it is decided, and the run has held`() async throws {
    let script = Self.shop { before in
      switch before {
      case 0: .problem(.serviceUnavailable, "outcome_unknown")
      case 1: Reply(body: #"{"result":"queued","order_id":"\#(Self.order)"}"#)
      default: Self.status("paid", #","command":"pay","result":"applied""#)
      }
    }
    try await ScriptedServer.with(script) { server, url in
      let ledger = try temporaryFile("")
      let report = try await spike(
        "--url", url, "--sale", "s", "--rate", "1000", "--requests", "1", "--payments", "shop", "--ledger", ledger,
        "--seed", "7", "--pay-within", "10ms")
      let payments = server.received.filter { $0.path.hasSuffix("/payments") }
      #expect(payments.count == 3)
      #expect(Set(payments.map(\.body)).count == 1)
      #expect(payments[0].path == "/v1/orders/\(Self.order)/payments")
      #expect(payments[0].body.contains(#""amount_minor":500,"currency":"CNY""#))
      #expect(report.judgement?.verdict.outcome == .held, "\(report.text())")
      let figures = LifeFigures(report.load.lives)
      #expect(figures.paid == 1 && figures.reserved == 1 && figures.money.map(\.capturedMinor) == [500])
      let lines = try String(contentsOfFile: ledger, encoding: .utf8).split(separator: "\n")
        .map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
      #expect(lines.map { $0.last } == ["status", "accepted", "captured"])
      #expect(lines[2][0] == Self.order && lines[2][3] == "spike-7-0-a" && lines[2][5] == "500")
    }
  }

  @Test func `I13 a payment that is refused is a violation of the run`() async throws {
    let script = Self.shop { _ in .problem(.conflict, "not_allowed") }
    try await ScriptedServer.with(script) { _, url in
      let report = try await spike(
        "--url", url, "--sale", "s", "--rate", "1000", "--requests", "1", "--payments", "shop", "--pay-within", "10ms",
        "--follow-timeout", "1s")
      #expect(report.judgement?.verdict.outcome == .failed)
    }
  }

  @Test func `the share that waits says so, and the others do not`() async throws {
    try await ScriptedServer.with { request, earlier in
      request.method == "GET"
        ? Reply(status: .ok, body: Self.sale.replacing("LEFT", with: "0")) : .problem(.conflict, "all_held")
    } _: { server, url in
      let report = try await spike(
        "--url", url, "--sale", "s", "--rate", "2000", "--requests", "400", "--payments", "shop", "--waitlist", "0.25")
      #expect(report.load.sent == 400)
      let waiting = server.received.count { $0.body.contains(#""waitlist":true"#) }
      #expect((60...140).contains(waiting))
      #expect(report.judgement?.verdict.outcome == .held)
    }
  }

  @Test func `a notice is signed so that its receiver can check it`() throws {
    let keys = String(repeating: "5a", count: 16)
    let signer = try #require(NoticeSigner(keys: keys + ",ffff"))
    let body = #"{"order_id":"x"}"#
    let fields = signer.fields(id: "msg_1", at: 1_700_000_000, body: body)
    let key = SymmetricKey(data: Array(repeating: UInt8(0x5a), count: 16))
    let code = HMAC<SHA256>.authenticationCode(for: Array("msg_1.1700000000.\(body)".utf8), using: key)
    #expect(fields.contains("Webhook-Signature: v1,\(Data(code).base64EncodedString())"))
    #expect(fields.contains("Webhook-Id: msg_1") && fields.contains("Webhook-Timestamp: 1700000000"))
    for bad in ["", "5a", String(repeating: "5", count: 31), String(repeating: "zz", count: 16)] {
      #expect(NoticeSigner(keys: bad) == nil)
    }
  }

  @Test(arguments: [
    #""unpaid": 1.5"#, #""unpaid": 0.6, "cancelled": 0.6"#, #""waitlist": -1"#, #""lapsed": "cry""#,
    #""lapsed": "order_again""#,
  ])
  func `a group that cannot be is refused`(_ members: String) throws {
    let path = try temporaryFile(
      #"{"name":"x","phases":[{"shape":"burst","requests":1}],"crowd":[{"name":"a","share":1,\#(members)}]}"#)
    #expect(throws: Unusable.self) { try Profile.read(path) }
  }

  @Test(arguments: [
    ["--unpaid", "1.5", "--payments", "shop"], ["--unpaid", "0.6", "--cancelled", "0.6", "--payments", "shop"],
    ["--payments", "shop", "--no-follow"], ["--payments", "cheque"],
  ])
  func `wrong usage is refused before anything is opened`(_ words: [String]) {
    #expect(throws: (any Error).self) {
      try SpikeCommand.parse(["--sale", "s", "--rate", "1", "--requests", "1"] + words)
    }
  }

  @Test func `without payments nobody can leave one out`() throws {
    let command = try SpikeCommand.parse(["--sale", "s", "--rate", "1", "--requests", "1", "--unpaid", "0.5"])
    #expect(throws: Unusable.self) { try command.settings() }
  }

  @Test func `a number is found among an object's own members only`() {
    func number(_ text: String) -> Int? { FlatJSON.number("units", in: Array(text.utf8).span) }
    #expect(number(#"{"a":{"units":1},"units":23,"b":[4]}"#) == 23)
    #expect(number(#"{"a":{"units":1}}"#) == nil)
    #expect(number(#"{"units":"1"}"#) == nil)
    #expect(number(#"{"units":-1}"#) == nil)
  }
}

/// What is judged of lives.
struct LifeVerdictTests {
  private let id = OrderID(high: 0, low: 9)

  private func lives(
    _ state: OrderSight.State, minor: Int = 500, refundDue: Int, captured: [String: Int]
  ) -> LifeResult {
    var sight = OrderSight(id: id, state)
    (sight.minor, sight.currency, sight.refundDueMinor) = (minor, "CNY", refundDue)
    var story = Purchase.Story()
    story.captured = captured
    var lives = LifeResult()
    lives.endings[0] = .init(sight: sight, story: story)
    return lives
  }

  private func holds(_ lives: LifeResult) -> Bool {
    lives.checks(isJudged: true).allSatisfy { $0.result == .held }
  }

  @Test func `I13 captures are what is applied and what is to be paid back`() {
    #expect(holds(lives(.paid, refundDue: 0, captured: ["CNY": 500])))
    #expect(holds(lives(.paid, refundDue: 501, captured: ["CNY": 1_001, "XTS": 7])))
    #expect(holds(lives(.refundDue, refundDue: 500, captured: ["CNY": 500])))
    #expect(!holds(lives(.paid, refundDue: 0, captured: ["CNY": 1_000])))
    #expect(!holds(lives(.expired, refundDue: 0, captured: ["CNY": 500])))
    #expect(!holds(lives(.paid, refundDue: 500, captured: ["CNY": 500])))
  }

  private func verdict(_ fate: Fate, left: Int, stock: Int = 2, units: Int? = 1) -> Verdict {
    func sale(_ stock: Int, _ left: Int) -> Sale {
      Sale(id: "s", perBuyerLimit: 1, items: [.init(sku: "a", stock: stock, left: left)])
    }
    var evidence = Evidence(before: sale(2, 2))
    evidence.orders = [
      .init(
        id: id, request: Mix.Request(original: 1, buyer: 1, sku: 0), isPromise: true, fate: fate, reason: 0,
        units: units)
    ]
    return Verdict(evidence, units: Units(evidence), after: sale(stock, left))
  }

  @Test func `I2 whoever waits while units are left for her breaks the run`() {
    #expect(verdict(.waiting, left: 2).outcome == .failed)
    #expect(verdict(.waiting, left: 0, stock: 0).outcome == .held)
    #expect(verdict(.waiting, left: 1, stock: 1, units: 2).outcome == .held)
  }

  @Test func `I2 units that were given back are left, and those that were put up count`() {
    #expect(verdict(.ended, left: 2).outcome == .held)
    #expect(verdict(.ended, left: 1).outcome == .failed)
    #expect(verdict(.confirmed, left: 11, stock: 12).outcome == .held)
    #expect(verdict(.confirmed, left: 12, stock: 12).outcome == .failed)
  }
}
