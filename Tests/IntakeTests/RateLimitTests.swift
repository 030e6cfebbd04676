import FlashSale
import Foundation
import SaleStore
import TestSupport
import Testing

@testable import Intake

/// Rate limits as a client meets them.
struct RateLimitTests {
  private static func sale(_ limits: RequestLimits?, stock: Int32 = 1_000) throws -> Sale {
    let open = try Sale.open(stock: stock)
    var shaping = SaleShaping()
    shaping.limits = limits
    return try Sale(
      id: open.id, name: open.name, startsAt: open.startsAt, endsAt: open.endsAt, perBuyerLimit: nil,
      shaping: shaping, items: open.items)
  }

  private static func perHour(_ requests: Int32) throws -> RateLimit {
    try RateLimit(requests: requests, perSeconds: 3_600)
  }

  /// An order; with two or more fields it is not of the plain form, and only the routes read it.
  private static func request(_ buyer: String, from forwarded: [String] = []) -> String {
    let fields = forwarded.map { "X-Forwarded-For: \($0)" }
    return RunningIntake.orderRequest(buyer: buyer)
      .replacing("Host: test\r\n", with: "Host: test\r\n" + fields.map { "\($0)\r\n" }.joined())
  }

  @Test func `a buyer at the limit is told how long to wait, and others are served`() async throws {
    try await RunningIntake.with(sales: [try Self.sale(RequestLimits(perBuyer: try Self.perHour(3)))]) { intake in
      for _ in 0..<3 { #expect(try await intake.order().status == 202) }
      let refused = try await intake.order()
      #expect(refused.status == 429)
      #expect(refused.code == "rate_limited")
      let wait = try #require(refused.headers["retry-after"].flatMap { Int($0) })
      #expect((1_140...1_200).contains(wait))
      #expect(refused.int("retry_after_ms").map { ($0 + 999) / 1_000 } == wait)
      #expect(refused.headers["ratelimit-policy"] == #""buyer";q=3;w=3600"#)
      #expect(refused.headers["ratelimit"] == #""buyer";r=0;t=\#(wait)"#)
      #expect(try await intake.order(buyer: "bob").status == 202)
      #expect(try await intake.records().count == 4)
    }
  }

  @Test func `a limit holds over connections, loops and forms of requests together`() async throws {
    try await RunningIntake.with(sales: [try Self.sale(RequestLimits(perBuyer: try Self.perHour(5)))]) { intake in
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<40 {
          group.addTask {
            try await intake.send(Self.request("alice", from: number.isMultiple(of: 2) ? [] : ["a", "b"])).status
          }
        }
        return try await group.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(statuses.count { $0 == 202 } == 5)
      #expect(statuses.count { $0 == 429 } == 35)
    }
  }

  @Test func `an address is limited over all its buyers, and a request it refuses does not count for the buyer`()
    async throws
  {
    let limits = RequestLimits(perBuyer: try Self.perHour(2), perAddress: try Self.perHour(3))
    try await RunningIntake.with(sales: [try Self.sale(limits)]) {
      $0.configure = { $0.trustedProxies = TrustedProxies([AddressBlock("127.0.0.0/8")].compactMap { $0 }) }
    } _: { intake in
      func status(_ buyer: String, _ address: [String]) async throws -> Int {
        try await intake.send(Self.request(buyer, from: address)).status
      }
      for buyer in ["a", "b", "c"] { #expect(try await status(buyer, ["192.0.2.1"]) == 202) }
      let refused = try await intake.send(Self.request("d", from: ["6.6.6.6, 192.0.2.1"]))
      #expect(refused.status == 429)
      #expect(refused.headers["ratelimit-policy"] == #""address";q=3;w=3600"#)
      for _ in 0..<5 { #expect(try await status("d", ["192.0.2.1"]) == 429) }
      // Two lines are one list, and d has had nothing yet.
      for _ in 0..<2 { #expect(try await status("d", ["192.0.2.1", "192.0.2.2"]) == 202) }
      // One network of IPv6 is one client's.
      for host in 1...3 { #expect(try await status("v6-\(host)", ["2001:db8::\(host)"]) == 202) }
      #expect(try await status("v6-4", ["2001:db8::ffff:4"]) == 429)
    }
  }

  @Test func `of a thousand forwarded addresses the last that no proxy has is the client, and no line is longer`()
    async throws
  {
    let forged = (0..<990).map { "198.51.100.\($0 % 250)" }
    let entries = forged + ["192.0.2.7"] + (0..<9).map { "10.0.0.\($0)" }
    let lines = [entries[..<500].joined(separator: ","), entries[500...].joined(separator: ",")]
    try await RunningIntake.with(sales: [try Self.sale(RequestLimits(perAddress: try Self.perHour(2)))]) {
      $0.configure = {
        $0.trustedProxies = TrustedProxies(["127.0.0.0/8", "10.0.0.0/8"].compactMap { AddressBlock($0) })
      }
    } _: { intake in
      for buyer in ["a", "b"] {
        #expect(try await intake.send(Self.request(buyer, from: lines)).status == 202)
      }
      // Whatever it wrote itself before its own address.
      #expect(try await intake.send(Self.request("c", from: lines)).status == 429)
      #expect(try await intake.send(Self.request("c", from: ["192.0.2.7"])).status == 429)
      #expect(try await intake.send(Self.request("c", from: ["192.0.2.8"])).status == 202)
      let long = try await intake.send(Self.request("d", from: [entries.joined(separator: ",")]))
      #expect(long.status == 431 && long.code == "headers_too_large", "\(long.text)")
    }
  }

  @Test func `a forged list of addresses changes nothing where no proxy is trusted`() async throws {
    try await RunningIntake.with(sales: [try Self.sale(RequestLimits(perAddress: try Self.perHour(1)))]) { intake in
      let first = try await intake.send(Self.request("a", from: ["192.0.2.1"]))
      #expect(first.status == 202)
      // All of them come from this machine.
      for forged in [["192.0.2.2"], ["192.0.2.3,192.0.2.4"]] {
        #expect(try await intake.send(Self.request("b", from: forged)).status == 429)
      }
    }
  }

  @Test func `who has no place in the sale's room uses up nobody's rate`() async throws {
    var sale = try Self.sale(RequestLimits(perBuyer: try Self.perHour(1), perAddress: try Self.perHour(1)))
    var shaping = sale.shaping
    shaping.room = RoomRule(ratePerMinute: 600)
    sale = try Sale(
      id: sale.id, name: sale.name, startsAt: sale.startsAt, endsAt: sale.endsAt, perBuyerLimit: sale.perBuyerLimit,
      shaping: shaping, items: sale.items)
    try await RunningIntake.with(sales: [sale]) { intake in
      for buyer in ["a", "a", "b", "c"] {
        let answer = try await intake.send(Self.request(buyer))
        #expect(answer.status == 403 && answer.code == "room_required", "\(answer.text)")
      }
    }
  }

  @Test func `what the configuration limits holds for sales without a rule, and a sale's own rule goes before`()
    async throws
  {
    let own = try Self.sale(RequestLimits(perBuyer: try Self.perHour(4)))
    try await RunningIntake.with(sales: [try .open("other"), own]) {
      $0.configure = { $0.limits.perBuyer = try? Self.perHour(2) }
    } _: { intake in
      for _ in 0..<2 { #expect(try await intake.order(sale: "other").status == 202) }
      let third = try await intake.order(sale: "other")
      #expect(third.status == 429)
      for _ in 0..<4 { #expect(try await intake.order().status == 202) }
      #expect(try await intake.order().status == 429)
    }
  }

  @Test func `nobody hears of a limit who would hear that nothing is left`() async throws {
    try await RunningIntake.with(sales: [try Self.sale(RequestLimits(perBuyer: try Self.perHour(1)))]) { intake in
      #expect(try await intake.order().status == 202)
      #expect(try await intake.order().status == 429)
      let sale = try #require(try await intake.store.sales().first)
      let sku = try SKU(validating: "phone")
      try await intake.decideUp(to: 1, stock: [StockKey(sale: sale.number, sku: sku): .zero])
      #expect(try await eventually { try await intake.order().code == "sold_out" })
    }
  }
}
