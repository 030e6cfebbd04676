import FlashSale
import Foundation
import HTTPServing
import Intake
import SaleStore
import TestSupport
import Testing
import Time

/// What bad input gets: each answer is problem+json with a stable code, and the next request is served as ever.
struct BadInputTests {
  private struct Case: Sendable {
    var what: String
    var request: String
    var status: Int
    var code: String
    var field: String?
  }

  private static func order(_ what: String, _ body: String, _ status: Int, _ code: String, _ field: String?) -> Case {
    Case(what: what, request: RunningIntake.orderRequest(body), status: status, code: code, field: field)
  }

  private static let bodies = [
    order("not JSON", "sku=phone", 400, "malformed_json", nil),
    order("nothing", "", 400, "malformed_json", nil),
    order("deep nesting", String(repeating: "[", count: 5_000), 400, "malformed_json", nil),
    order("deep nesting in a field", #"{"sku":"# + String(repeating: "[", count: 5_000), 400, "malformed_json", nil),
    order("an array for a SKU", #"{"sku":[[["phone"]]],"quantity":1}"#, 422, "invalid_field", "sku"),
    order("a number without its fraction", #"{"sku":"phone","quantity":1.}"#, 400, "malformed_json", nil),
    order("a literal without its end", #"{"sku":"phone","quantity":nul}"#, 400, "malformed_json", nil),
    order("a hexadecimal number", #"{"sku":"phone","quantity":0x1}"#, 400, "malformed_json", nil),
    order("an unknown field that is no JSON", #"{"price":1e,"quantity":1}"#, 400, "malformed_json", nil),
    order("a wrong value, then no JSON", #"{"sku":7,"quantity":1"#, 400, "malformed_json", nil),
    order("null for a quantity", #"{"sku":"phone","quantity":null}"#, 422, "invalid_field", "quantity"),
    order("a raw NUL", "{\"sku\":\"a\u{0}\",\"quantity\":1}", 400, "malformed_json", nil),
    order("an escaped NUL", #"{"sku":"a\u0000","quantity":1}"#, 422, "invalid_field", "sku"),
    order(
      "a SKU of 10 kB", "{\"sku\":\"\(String(repeating: "a", count: 10_000))\",\"quantity\":1}", 422, "invalid_field",
      "sku"),
    order("no SKU", #"{"quantity":1}"#, 422, "invalid_field", "sku"),
    order("no quantity", #"{"sku":"phone"}"#, 422, "invalid_field", "quantity"),
    order("a SKU of another type", #"{"sku":7,"quantity":1}"#, 422, "invalid_field", "sku"),
    order("quantity 0", #"{"sku":"phone","quantity":0}"#, 422, "invalid_field", "quantity"),
    order("a negative quantity", #"{"sku":"phone","quantity":-1}"#, 422, "invalid_field", "quantity"),
    order("a quantity of 2^63", #"{"sku":"phone","quantity":9223372036854775808}"#, 422, "invalid_field", "quantity"),
    order("half a unit", #"{"sku":"phone","quantity":1.5}"#, 422, "invalid_field", "quantity"),
    order("a quantity in quotes", #"{"sku":"phone","quantity":"1"}"#, 422, "invalid_field", "quantity"),
    order("an unknown field", #"{"sku":"phone","quantity":1,"price":0}"#, 400, "unknown_field", "price"),
    order("a field twice", #"{"sku":"phone","sku":"phone","quantity":1}"#, 400, "duplicate_field", "sku"),
    order("an unknown SKU", #"{"sku":"radio","quantity":1}"#, 404, "unknown_sku", "sku"),
  ]

  private static let heads = [
    Case(
      what: "no buyer", request: RunningIntake.orderRequest(buyer: nil), status: 401, code: "unauthenticated",
      field: "X-Buyer-Id"),
    Case(
      what: "an empty buyer", request: RunningIntake.orderRequest(buyer: ""), status: 401, code: "unauthenticated",
      field: "X-Buyer-Id"),
    Case(
      what: "two buyers", request: RunningIntake.orderRequest(buyer: "alice\r\nX-Buyer-Id: bob"), status: 401,
      code: "unauthenticated", field: "X-Buyer-Id"),
    Case(
      what: "a buyer of 65 characters", request: RunningIntake.orderRequest(buyer: String(repeating: "b", count: 65)),
      status: 401, code: "unauthenticated", field: "X-Buyer-Id"),
    Case(
      what: "a key of 129 characters", request: RunningIntake.orderRequest(key: String(repeating: "k", count: 129)),
      status: 400, code: "invalid_header", field: "Idempotency-Key"),
    Case(
      what: "two keys", request: RunningIntake.orderRequest(key: "a\r\nidempotency-key: b"), status: 400,
      code: "invalid_header", field: "Idempotency-Key"),
    Case(
      what: "a form", request: RunningIntake.orderRequest(type: "application/x-www-form-urlencoded"), status: 415,
      code: "unsupported_media_type", field: "Content-Type"),
    Case(
      what: "no content type", request: RunningIntake.orderRequest(type: nil), status: 415,
      code: "unsupported_media_type", field: "Content-Type"),
    Case(
      what: "an unknown sale", request: RunningIntake.orderRequest(sale: "nope"), status: 404, code: "sale_not_found"),
    Case(
      what: "a sale that no sale can be called", request: RunningIntake.orderRequest(sale: "a%00b"), status: 404,
      code: "sale_not_found"),
    Case(what: "no path", request: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", status: 404, code: "not_found"),
    Case(what: "an unknown path", request: "GET /v1/sale HTTP/1.1\r\nHost: a\r\n\r\n", status: 404, code: "not_found"),
    Case(
      what: "an unknown sale to look at", request: "GET /v1/sales/nope HTTP/1.1\r\nHost: a\r\n\r\n", status: 404,
      code: "sale_not_found"),
    Case(
      what: "an order without a buyer", request: "GET /v1/orders/x HTTP/1.1\r\nHost: a\r\n\r\n", status: 401,
      code: "unauthenticated", field: "X-Buyer-Id"),
    Case(
      what: "an order id that is none", request: "GET /v1/orders/x HTTP/1.1\r\nHost: a\r\nX-Buyer-Id: b\r\n\r\n",
      status: 404, code: "order_not_found"),
  ]

  @Test func `each bad request gets its answer, and the connection goes on`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let client = try await intake.connect()
      for bad in Self.bodies + Self.heads {
        try await client.send(bad.request)
        let answer = try await client.answer()
        #expect(answer.status == bad.status, "\(bad.what): \(answer.text)")
        #expect(answer.code == bad.code, "\(bad.what): \(answer.text)")
        #expect(answer.string("field") == bad.field, "\(bad.what): \(answer.text)")
        #expect(answer.headers["content-type"] == "application/problem+json", "\(bad.what)")
        let challenge = bad.status == 401 ? "Buyer field=\"X-Buyer-Id\"" : nil
        #expect(answer.headers["www-authenticate"] == challenge, "\(bad.what)")
        #expect(answer.int("status") == bad.status, "\(bad.what)")
        #expect(answer.string("type") == "urn:penstock:problem:\(bad.code)", "\(bad.what)")
        #expect(answer.string("title")?.isEmpty == false, "\(bad.what)")
      }
      try await client.send(RunningIntake.orderRequest())
      #expect(try await client.answer().status == 202)
      #expect(try await intake.records().count == 1)
    }
  }

  @Test func `invalid UTF-8 in a body is 400`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let client = try await intake.connect()
      let body = Data(#"{"sku":""#.utf8) + [0xFF, 0xFE] + Data(#"","quantity":1}"#.utf8)
      let head = RunningIntake.orderRequest(String(repeating: "x", count: body.count)).dropLast(body.count)
      try await client.send(Data(head.utf8) + body)
      let answer = try await client.answer()
      #expect(answer.status == 400)
      #expect(answer.code == "malformed_json")
    }
  }

  @Test func `a method that is not there gets 405 with what is`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let client = try await intake.connect()
      for (method, path, allow) in [
        ("GET", "/v1/sales/double11/orders", "POST, OPTIONS"), ("DELETE", "/v1/sales/double11/orders", "POST, OPTIONS"),
        ("PUT", "/v1/sales", "GET, HEAD, OPTIONS"), ("POST", "/v1/sales/double11", "GET, HEAD, OPTIONS"),
        ("PATCH", "/v1/orders/x", "GET, HEAD, OPTIONS"),
      ] {
        try await client.send("\(method) \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        let answer = try await client.answer()
        #expect(answer.status == 405, "\(method) \(path)")
        #expect(answer.headers["allow"] == allow, "\(method) \(path)")
        #expect(answer.code == "method_not_allowed", "\(method) \(path)")
      }
      try await client.send("OPTIONS /v1/sales/double11/orders HTTP/1.1\r\nHost: a\r\n\r\n")
      let options = try await client.answer()
      #expect(options.status == 204)
      #expect(options.headers["allow"] == "POST, OPTIONS")
      try await client.send("HEAD /v1/sales/double11 HTTP/1.1\r\nHost: a\r\n\r\n")
      let head = try await client.answer(toHead: true)
      #expect(head.status == 200)
      #expect(head.headers["content-length"].flatMap(Int.init) ?? 0 > 100)
      // Nothing of a body followed: the next answer is found where it should be.
      try await client.send("GET /v1/sales/double11 HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.answer().string("id") == "double11")
    }
  }

  @Test func `outside its window a sale says so, and when it starts`() async throws {
    let future = try Sale.window("future", from: 600, to: 1_200)
    let past = try Sale.window("past", from: -1_200, to: -600)
    try await RunningIntake.with(sales: [future, past, try .open("shut")]) { intake in
      let early = try await intake.order(sale: "future")
      #expect(early.status == 403)
      #expect(early.code == "not_started")
      #expect(early.string("starts_at") == future.startsAt.description)
      let late = try await intake.order(sale: "past")
      #expect(late.status == 410)
      #expect(late.code == "ended")
      _ = try await intake.store.markClosed(SaleID(validating: "shut"))
      #expect(try await eventually { try await intake.order(sale: "shut").code == "ended" })
      // What is closed before its start does not start: nobody shall wait for it.
      _ = try await intake.store.markClosed(SaleID(validating: "future"))
      #expect(try await eventually { try await intake.order(sale: "future").code == "ended" })
      let over = try await intake.order(sale: "future", key: "k")
      #expect(over.status == 410)
      #expect(over.string("order_id") != nil)
      #expect(try await intake.get("/v1/sales/future").string("status") == "closed")
      #expect(try await intake.records().count <= 1_000)
    }
  }

  @Test func `bytes that are no HTTP get 400 and the connection ends`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      for bytes in ["\u{16}\u{3}\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "POST /v1/sales HTTP/9.9\r\n\r\n"] {
        let client = try await intake.connect()
        try await client.send(bytes)
        let answer = try await client.answer()
        #expect(answer.status == 400)
        #expect(answer.code == "malformed_request")
        #expect(answer.headers["connection"] == "close")
        #expect(try await client.isEnded())
      }
      // Two lengths that disagree are how requests are smuggled.
      let client = try await intake.connect()
      try await client.send(
        "POST /v1/sales/double11/orders HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
          + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      )
      #expect(try await client.answer().status == 400)
      #expect(try await client.isEnded())
    }
  }

  @Test func `headers past their limits get 431 and the connection ends`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let long = "X-Long: \(String(repeating: "a", count: HTTPServing.Limits.headerFieldBytes + 1))\r\n"
      let many = (0...HTTPServing.Limits.headerFields).map { "X-\($0): a\r\n" }.joined()
      for headers in [long, many] {
        let client = try await intake.connect()
        try await client.send("GET /v1/sales HTTP/1.1\r\nHost: a\r\n\(headers)\r\n")
        let answer = try await client.answer()
        #expect(answer.status == 431)
        #expect(answer.code == "headers_too_large")
        #expect(try await client.isEnded())
      }
    }
  }

  @Test func `a body past its limit gets 413 as soon as that is known`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      // By its length, before any of it is sent.
      let announced = try await intake.connect()
      try await announced.send(
        "POST /v1/sales/double11/orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nX-Buyer-Id: a\r\n"
          + "Content-Length: \(Limits.bodyBytes + 1)\r\n\r\n")
      let first = try await announced.answer()
      #expect(first.status == 413)
      #expect(first.code == "body_too_large")
      // By its bytes, without an end, in chunks.
      let growing = try await intake.connect()
      try await growing.send(
        "POST /v1/sales/double11/orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nX-Buyer-Id: a\r\n"
          + "Transfer-Encoding: chunked\r\n\r\n")
      let chunk = String(repeating: " ", count: 4_096)
      for _ in 0...(Limits.bodyBytes / 4_096) { try await growing.send("1000\r\n\(chunk)\r\n") }
      let second = try await growing.answer()
      #expect(second.status == 413)
      #expect(second.headers["connection"] == "close")
      growing.finishSending()
      #expect(try await growing.isEnded())
    }
  }
}
