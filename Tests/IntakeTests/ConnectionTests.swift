import FlashSale
import Foundation
import Intake
import Kafka
import SaleStore
import TestSupport
import Testing

struct ConnectionTests {
  private let chunkedHead =
    "POST /v1/sales/double11/orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nX-Buyer-Id: alice\r\n"
    + "Transfer-Encoding: chunked\r\n\r\n"

  private func id(_ intake: RunningIntake, key: String) async throws -> String {
    let sale = try await intake.store.sale(SaleID(validating: "double11"))
    let number = try #require(sale).number
    let buyer = try BuyerID(validating: "alice")
    return OrderID(sale: number, buyer: buyer, key: try IdempotencyKey(validating: key)).description
  }

  @Test func `requests sent ahead on one connection are answered in their order`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let client = try await intake.connect()
      let get = "GET /v1/sales/double11 HTTP/1.1\r\nHost: a\r\n\r\n"
      for round in 0..<20 {
        try await client.send(
          RunningIntake.orderRequest(key: "a\(round)") + RunningIntake.orderRequest("{", key: "b\(round)")
            + RunningIntake.orderRequest(key: "c\(round)") + get + RunningIntake.orderRequest(key: "d\(round)") + get)
        #expect(try await client.answer().string("order_id") == id(intake, key: "a\(round)"))
        #expect(try await client.answer().code == "malformed_json")
        #expect(try await client.answer().string("order_id") == id(intake, key: "c\(round)"))
        #expect(try await client.answer().string("id") == "double11")
        #expect(try await client.answer().string("order_id") == id(intake, key: "d\(round)"))
        #expect(try await client.answer().string("id") == "double11")
      }
    }
  }

  @Test func `a client that reads nothing for a while gets every answer, whole and in order`() async throws {
    let sales = ["double11"] + (0..<20).map { "sale-\($0)" }
    try await RunningIntake.with(sales: sales.map { try .open($0) }) { intake in
      let client = try await intake.connect(receiveBuffer: 16 << 10)
      // Some 10 MB of answers, more than the kernel keeps: the socket takes some of them in part.
      let asksForAll = (0..<2_000).map { $0 * $0 % 7 != 2 }
      try await client.send(
        asksForAll.map { "GET /v1/sales\($0 ? "" : "/double11") HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
      try await Task.sleep(for: .seconds(2))
      for (index, all) in asksForAll.enumerated() {
        let answer = try await client.answer()
        try #require(answer.status == 200, "answer \(index)")
        try #require(answer.text.contains(#""sales":["#) == all, "answer \(index): \(answer.text)")
      }
      try await client.send(RunningIntake.orderRequest())
      #expect(try await client.answer().status == 202)
    }
  }

  @Test func `a body in pieces is one body`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let client = try await intake.connect()
      try await client.send(chunkedHead + "5\r\n{\"sku\r\n")
      try await client.send("8\r\n\":\"phone\r\n" + "f\r\n\",\"quantity\":1}\r\n0\r\n\r\n")
      #expect(try await client.answer().status == 202)
      // Byte by byte, head and body, on the same connection.
      for byte in RunningIntake.orderRequest().utf8 { try await client.send(Data([byte])) }
      #expect(try await client.answer().status == 202)
    }
  }

  @Test func `a client that asks first is told to go on, or why not`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let client = try await intake.connect()
      let body = #"{"sku":"phone","quantity":1}"#
      let head = RunningIntake.orderRequest(body, key: "x\r\nExpect: 100-continue").dropLast(body.count)
      try await client.send(String(head))
      #expect(try await client.answer().status == 100)
      try await client.send(body)
      #expect(try await client.answer().status == 202)
      try await client.send(String(head).replacing("double11", with: "nope"))
      let refused = try await client.answer()
      #expect(refused.status == 404)
      #expect(refused.headers["connection"] == "close")
    }
  }

  @Test func `an empty line behind a request begins no other, and its time`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = { $0.requestDeadline = .seconds(1) }
    } _: { intake in
      let client = try await intake.connect()
      try await client.send(RunningIntake.orderRequest() + "\r\n")
      #expect(try await client.answer().status == 202)
      // A client that begins a request later has no time left.
      let other = try await intake.connect()
      try await other.send("G")
      #expect(try await other.answer().status == 408)
      try await client.send(RunningIntake.orderRequest())
      #expect(try await client.answer().status == 202)
    }
  }

  @Test func `HTTP 1-0 ends the connection unless it asks to keep it`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let request = RunningIntake.orderRequest().replacing("HTTP/1.1", with: "HTTP/1.0")
      let kept = try await intake.connect()
      try await kept.send(request.replacing("Host: test", with: "Connection: keep-alive"))
      let first = try await kept.answer()
      #expect(first.status == 202)
      #expect(first.headers["connection"] == "keep-alive")
      try await kept.send(request)
      let second = try await kept.answer()
      #expect(second.status == 202)
      #expect(second.headers["connection"] == "close")
      #expect(try await kept.isEnded())
      let other = try await intake.connect()
      try await other.send("GET /v1/sales HTTP/1.0\r\n\r\n")
      #expect(try await other.answer().status == 200)
      #expect(try await other.isEnded())
    }
  }

  @Test func `a client that asks for the end of the connection gets it after its answer`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let client = try await intake.connect()
      try await client.send(RunningIntake.orderRequest(key: "x\r\nConnection: close"))
      let answer = try await client.answer()
      #expect(answer.status == 202)
      #expect(answer.headers["connection"] == "close")
      #expect(try await client.isEnded())
    }
  }

  @Test func `a client that ends its half after an order is still answered`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      try intake.broker.setRoundTrip(.milliseconds(200))
      let client = try await intake.connect()
      try await client.send(RunningIntake.orderRequest())
      client.finishSending()
      #expect(try await client.answer().status == 202)
      #expect(try await client.isEnded())
    }
  }

  @Test func `an order whose client has gone stays in the log`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      try intake.broker.setRoundTrip(.milliseconds(200))
      let client = try await intake.connect()
      try await client.send(RunningIntake.orderRequest(key: "gone"))
      client.close()
      #expect(try await eventually { try await intake.records().count == 1 })
      #expect(try await intake.order().status == 202)
    }
  }

  @Test func `an offer to upgrade is not taken, and the order is`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let client = try await intake.connect()
      try await client.send(
        RunningIntake.orderRequest(
          key: "x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk"))
      #expect(try await client.answer().status == 202)
    }
  }

  @Test(arguments: ["GET /v1/sales HTTP/1.1\r\nX-Long: ", "GET /v1/s%61les HTTP/1.1\r\nX-Long: ", ""])
  func `a client that drips its head hears 408 at the deadline of its first byte`(_ head: String) async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = { $0.requestDeadline = .seconds(2) }
    } _: { intake in
      let client = try await intake.connect()
      // As a gateway that keeps its connections: the deadline is each request's own.
      try await client.send("GET /v1/sales HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.answer().status == 200)
      try await Task.sleep(for: .milliseconds(500))
      let start = ContinuousClock.now
      try await client.send(head + "P")
      let dripping = Task {
        while !Task.isCancelled {
          try await client.send("a")
          try await Task.sleep(for: .milliseconds(50))
        }
      }
      defer { dripping.cancel() }
      let answer = try await client.answer()
      #expect(answer.status == 408)
      #expect(answer.headers["connection"] == "close")
      #expect((.milliseconds(1_900)...(.seconds(5))).contains(ContinuousClock.now - start))
    }
  }

  @Test func `a client that drips its body gets 408`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = { $0.requestDeadline = .seconds(2) }
    } _: { intake in
      let client = try await intake.connect()
      try await client.send(chunkedHead + "1\r\n{\r\n")
      let answer = try await client.answer()
      #expect(answer.status == 408)
      #expect(answer.code == "request_timeout")
      #expect(answer.headers["connection"] == "close")
      client.finishSending()
      #expect(try await client.isEnded())
    }
  }

  @Test func `a connection that is not used is closed`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = { $0.idleDeadline = .milliseconds(200) }
    } _: { intake in
      let ordered = try await intake.connect()
      try await ordered.send(RunningIntake.orderRequest())
      #expect(try await ordered.answer().status == 202)
      #expect(try await ordered.isEnded())
      let looked = try await intake.connect()
      try await looked.send("GET /v1/sales HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await looked.answer().status == 200)
      #expect(try await looked.isEnded())
    }
  }

  @Test func `past the limit of connections one waits until another ends`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = { $0.connections = 2 }
    } _: { intake in
      var clients: [RawClient] = []
      for _ in 0..<2 {
        let client = try await intake.connect()
        try await client.send(RunningIntake.orderRequest())
        #expect(try await client.answer().status == 202)
        clients.append(client)
      }
      // The kernel takes the connection, nobody reads from it.
      let third = try await intake.connect()
      try await third.send(RunningIntake.orderRequest(key: "third"))
      for _ in 0..<20 {
        try await clients[0].send(RunningIntake.orderRequest())
        #expect(try await clients[0].answer().status == 202)
      }
      #expect(try await intake.records().count == 22)
      clients[1].close()
      #expect(try await third.answer().status == 202)
    }
  }
}
