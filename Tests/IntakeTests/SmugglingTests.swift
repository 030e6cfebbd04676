import Foundation
import Intake
import TestSupport
import Testing

/// Requests whose end two readers could see in different places (RFC 9112 §11.2). What follows them must not be taken
/// for a request: it may be a part of theirs.
struct SmugglingTests {
  /// Fields that take the place of an order's `Content-Length`, and what is wrong with them.
  private static let framings = [
    ("two lengths that disagree", "Content-Length: 28\r\nContent-Length: 5"),
    ("two lengths that agree", "Content-Length: 28\r\nContent-Length: 28"),
    ("a list of lengths", "Content-Length: 28, 28"),
    ("a length, and chunks", "Content-Length: 28\r\nTransfer-Encoding: chunked"),
    ("chunks, and a length", "Transfer-Encoding: chunked\r\nContent-Length: 28"),
    ("chunks that are not the last coding", "Transfer-Encoding: chunked, identity"),
    ("a coding that nobody knows", "Transfer-Encoding: xchunked"),
    ("a length with a sign", "Content-Length: +28"),
    ("a negative length", "Content-Length: -1"),
    ("a hexadecimal length", "Content-Length: 0x1c"),
    ("a length past 64 bits", "Content-Length: 18446744073709551644"),
    ("no length after the colon", "Content-Length: "),
    ("a space before the colon", "Content-Length : 28"),
    ("a name that is none", "Content Length: 28"),
    ("a folded line", "X-Folded: a\r\n b\r\nContent-Length: 28"),
    ("a line folded with a tab", "X-Folded: a\r\n\tb\r\nContent-Length: 28"),
    ("a length on a folded line", "X-Folded: a\r\n Content-Length: 28"),
    ("a bare CR in a value", "X-Bare: a\rb\r\nContent-Length: 28"),
    ("a bare CR as a line's end", "X-Bare: a\rContent-Length: 28"),
    ("a NUL in a value", "X-NUL: a\u{0}b\r\nContent-Length: 28"),
  ]

  private static let body = #"{"sku":"phone","quantity":1}"#

  @Test(arguments: framings)
  func `an order framed like this is refused, and nothing behind it is served`(
    what: String, fields: String
  ) async throws {
    let order = RunningIntake.orderRequest(Self.body).replacing("Content-Length: 28", with: fields)
    try #require(order != RunningIntake.orderRequest(Self.body))
    try await RunningIntake.with(sales: [try .open()]) { intake in
      try await expectRefusal(of: order, at: intake)
      #expect(try await intake.records().isEmpty, "\(what)")
    }
  }

  /// The same on a path that the web framework serves.
  @Test func `a request for anything else framed like this is refused too`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      for (_, fields) in Self.framings {
        try await expectRefusal(of: "GET /v1/sales HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(Self.body)", at: intake)
      }
      #expect(try await intake.records().isEmpty)
    }
  }

  @Test(arguments: [
    ("a chunk whose size is no number", "1g\r\n"), ("a chunk size past 64 bits", "10000000000000000a\r\n"),
    ("a chunk with a sign", "-1\r\n"), ("a chunk that is longer than its size", "1\r\n{\"sku\"\r\n"),
    ("a chunk size that ends in a bare CR", "1\r{\r\n"),
  ])
  func `an order in chunks like this is refused, and nothing behind it is served`(
    what: String, chunk: String
  ) async throws {
    let head = RunningIntake.orderRequest("").replacing("Content-Length: 0", with: "Transfer-Encoding: chunked")
    try await RunningIntake.with(sales: [try .open()]) { intake in
      try await expectRefusal(of: head + chunk, at: intake)
      #expect(try await intake.records().isEmpty, "\(what)")
    }
  }

  /// One answer, a 400, though a good order follows on the connection; then its end.
  private func expectRefusal(of request: String, at intake: RunningIntake) async throws {
    let client = try await intake.connect()
    try await client.send(request + RunningIntake.orderRequest(key: "smuggled"))
    let answer = try await client.answer()
    #expect(answer.status == 400, "\(request)")
    #expect(answer.headers["connection"] == "close", "\(request)")
    client.finishSending()
    #expect(try await client.isEnded(), "more than one answer: \(request)")
  }
}
