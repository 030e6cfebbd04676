import FlashSale
import Foundation
import HTTPServing
import Intake
import TestSupport
import Testing

/// I11: what has a limit is taken at the limit, and refused one past it.
struct LimitTests {
  private typealias Limits = HTTPServing.Limits

  private static func text(_ count: Int) -> String { String(repeating: "a", count: count) }

  /// A request that is `excess` past one of the limits on heads.
  private struct Head: Sendable {
    var what: String
    var request: @Sendable (_ excess: Int) -> String
  }

  private static let heads = [
    Head(what: "fields") { excess in
      // `Host` is the first one.
      let fields = (1..<(Limits.headerFields + excess)).map { "X-\($0): a\r\n" }
      return "GET /v1/sales HTTP/1.1\r\nHost: a\r\n\(fields.joined())\r\n"
    },
    Head(what: "a field's value") { excess in
      "GET /v1/sales HTTP/1.1\r\nHost: a\r\nX-Long: \(text(Limits.headerFieldBytes + excess))\r\n\r\n"
    },
    Head(what: "a field's name") { excess in
      "GET /v1/sales HTTP/1.1\r\nHost: a\r\n\(text(Limits.headerFieldBytes + excess)): a\r\n\r\n"
    },
    Head(what: "the target") { excess in
      let path = "/v1/sales?"
      return "GET \(path)\(text(Limits.headerFieldBytes + excess - path.utf8.count)) HTTP/1.1\r\nHost: a\r\n\r\n"
    },
    Head(what: "all names and values, and the target") { excess in
      let before = "/v1/sales".utf8.count + "Hosta".utf8.count + 2 * "X-1".utf8.count
      let half = (Limits.headerListBytes - before) / 2
      let rest = Limits.headerListBytes - before - half + excess
      return "GET /v1/sales HTTP/1.1\r\nHost: a\r\nX-1: \(text(half))\r\nX-2: \(text(rest))\r\n\r\n"
    },
  ]

  @Test func `a head is taken at each limit, and refused one past it`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      for head in Self.heads {
        #expect(try await intake.send(head.request(0)).status == 200, "\(head.what) at the limit")
        let client = try await intake.connect()
        try await client.send(head.request(1))
        let refused = try await client.answer()
        #expect(refused.status == 431, "\(head.what) past the limit")
        #expect(refused.code == "headers_too_large", "\(head.what) past the limit")
        #expect(try await client.isEnded(), "\(head.what) past the limit")
      }
    }
  }

  @Test func `a body is taken at its limit, and refused one past it, whichever way it is framed`() async throws {
    let order = #"{"sku":"phone","quantity":1}"#
    func body(_ count: Int) -> String { order + String(repeating: " ", count: count - order.utf8.count) }
    func chunked(_ count: Int) -> String {
      RunningIntake.orderRequest("").replacing("Content-Length: 0", with: "Transfer-Encoding: chunked")
        + "\(String(count, radix: 16))\r\n\(body(count))\r\n0\r\n\r\n"
    }
    try await RunningIntake.with(sales: [try .open()]) { intake in
      #expect(try await intake.order(body(Intake.Limits.bodyBytes)).status == 202)
      #expect(try await intake.send(chunked(Intake.Limits.bodyBytes)).status == 202)
      let stated = try await intake.order(body(Intake.Limits.bodyBytes + 1))
      #expect(stated.status == 413)
      #expect(stated.code == "body_too_large")
      let grown = try await intake.send(chunked(Intake.Limits.bodyBytes + 1))
      #expect(grown.status == 413)
      #expect(grown.code == "body_too_large")
      #expect(try await intake.records().count == 2)
    }
  }

  @Test func `a buyer and a key are taken at their limits, and refused one past them`() async throws {
    let buyer = Self.text(BuyerID.maxBytes)
    let key = Self.text(IdempotencyKey.maxBytes)
    let units = FlashSale.Limits.orderUnits
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let longest = try await intake.order(buyer: buyer, key: key)
      #expect(longest.status == 202)
      #expect(try await intake.order(buyer: buyer + "a", key: key).status == 401)
      #expect(try await intake.order(buyer: buyer, key: key + "a").code == "invalid_header")
      #expect(try await intake.order(#"{"sku":"phone","quantity":\#(units)}"#).status == 202)
      #expect(try await intake.order(#"{"sku":"phone","quantity":\#(units + 1)}"#).status == 422)
      #expect(try await intake.records().count == 2)
    }
  }

  @Test func `a client that drips its body is cut off, however steadily it drips`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = { $0.requestDeadline = .seconds(2) }
    } _: { intake in
      let client = try await intake.connect()
      let head = RunningIntake.orderRequest("").replacing("Content-Length: 0", with: "Transfer-Encoding: chunked")
      let start = ContinuousClock.now
      try await client.send(head)
      var wasCut = false
      while !wasCut, ContinuousClock.now < start + .seconds(30) {
        do {
          // 20 bytes a second would take a quarter of an hour to the limit of a body, and no pause is ever long.
          try await client.send("1\r\n \r\n")
          try await Task.sleep(for: .milliseconds(50))
        } catch { wasCut = true }
      }
      #expect(wasCut)
      #expect(ContinuousClock.now >= start + .seconds(2), "cut before its time")
      #expect(try await intake.records().isEmpty)
    }
  }

  @Test func `a body may pause for longer than a connection may idle, within its own deadline`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = { $0.idleDeadline = .milliseconds(200) }
    } _: { intake in
      let client = try await intake.connect()
      let request = RunningIntake.orderRequest()
      try await client.send(String(request.dropLast()))
      try await Task.sleep(for: .milliseconds(600))
      try await client.send(String(request.suffix(1)))
      #expect(try await client.answer().status == 202)
    }
  }
}
