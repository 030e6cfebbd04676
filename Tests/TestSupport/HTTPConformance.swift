import Foundation

/// What HTTP/1.1 asks of a server (RFC 9110, RFC 9112), a row for each case: the bytes of a request, and what must
/// hold.
///
/// The bytes have `{}` where the target stands, so that each reader of HTTP in this project is asked the same: whatever
/// target they are run with must be answered 200 to a GET.
public struct HTTPConformance: Sendable, CustomStringConvertible {
  /// What becomes of the connection after the answer.
  public enum After: Sendable { case open, closed }

  public let description: String
  private let request: String
  private let statuses: [Int]
  private let after: After

  private init(_ description: String, _ request: String, _ statuses: [Int], _ after: After) {
    self.description = description
    self.request = request
    self.statuses = statuses
    self.after = after
  }

  /// A GET with these fields.
  private static func get(
    _ what: String, _ fields: String, _ status: Int, _ after: After, version: String = "1.1"
  ) -> Self {
    .init(what, "GET {} HTTP/\(version)\r\n\(fields.isEmpty ? "" : fields + "\r\n")\r\n", [status], after)
  }

  private static func raw(_ what: String, _ request: String, _ statuses: [Int], _ after: After) -> Self {
    .init(what, request, statuses, after)
  }

  /// All rows.
  public static let rows: [Self] = [
    get("a plain request", "Host: a", 200, .open),
    // RFC 9110 §7.8: an offer to upgrade may be ignored; §9.3.6: CONNECT.
    get(
      "an offer of h2c", "Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM", 200,
      .open),
    get("an offer of a web socket", "Host: a\r\nUpgrade: websocket\r\nConnection: Upgrade", 200, .open),
    get("an offer that names several", "Host: a\r\nconnection: keep-alive, upgrade\r\nupgrade: foo/1, bar", 200, .open),
    get("an offer without Connection", "Host: a\r\nUpgrade: h2c", 200, .open),
    raw("CONNECT", "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n", [405], .open),
    raw("OPTIONS of the server", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", [204], .open),
    raw("CONNECT with a path", "CONNECT {} HTTP/1.1\r\nHost: a\r\n\r\n", [400], .closed),
    // RFC 9110 §5.5, §5.6.3: white space around a value is no part of it.
    get("white space around a value", "Host: \t a \t ", 200, .open),
    get("an empty value", "Host: a\r\nX-Empty:", 200, .open),
    get("a value of white space", "Host: a\r\nX-Empty: \t ", 200, .open),
    get("a value past ASCII", "Host: a\r\nX-Name: \u{e9}", 200, .open),
    // RFC 9112 §3.2: Host.
    get("no Host", "Accept: */*", 400, .closed),
    get("two Hosts", "Host: a\r\nHost: a", 400, .closed),
    get("an empty Host", "Host:", 200, .open),
    get("a Host with a port", "Host: a:8080", 200, .open),
    get("a Host that is an address", "Host: [::1]:8080", 200, .open),
    get("a Host that is a URL", "Host: http://a/", 400, .closed),
    get("a Host with a space", "Host: a b", 400, .closed),
    get("a Host with a user", "Host: user@a", 400, .closed),
    get("a Host whose port is none", "Host: a:b", 400, .closed),
    get("a Host whose bracket is open", "Host: [::1", 400, .closed),
    get("a Host with a slash", "Host: a/b", 400, .closed),
    // RFC 9112 §9.3, RFC 9110 §2.5: versions and persistence.
    get("Connection: close", "Host: a\r\nConnection: close", 200, .closed),
    get("Connection: CLOSE among others", "Host: a\r\nConnection: foo, CLOSE", 200, .closed),
    get("HTTP/1.0", "Host: a", 200, .closed, version: "1.0"),
    get("HTTP/1.0 without a Host", "", 200, .closed, version: "1.0"),
    get("HTTP/1.0 that asks to go on", "Host: a\r\nConnection: keep-alive", 200, .open, version: "1.0"),
    get(
      "HTTP/1.0 with chunks", "Host: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked", 400, .closed,
      version: "1.0"),
    get("a later HTTP/1", "Host: a", 200, .open, version: "1.2"),
    get("HTTP/2", "Host: a", 400, .closed, version: "2.0"),
    get("a version that is none", "Host: a", 400, .closed, version: "1.10"),
    raw("HTTP/0.9", "GET {}\r\n\r\n", [400], .closed),
    raw("HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400], .closed),
    raw("TLS", "\u{16}\u{3}\u{1}\u{2}", [400], .closed),
    // RFC 9112 §2.2, §3: the request line.
    raw("empty lines before a request", "\r\n\r\nGET {} HTTP/1.1\r\nHost: a\r\n\r\n", [200], .open),
    raw("two spaces", "GET  {} HTTP/1.1\r\nHost: a\r\n\r\n", [400], .closed),
    raw("a tab for a space", "GET\t{} HTTP/1.1\r\nHost: a\r\n\r\n", [400], .closed),
    raw("a space before the line's end", "GET {} HTTP/1.1 \r\nHost: a\r\n\r\n", [400], .closed),
    raw("a bare LF", "GET {} HTTP/1.1\nHost: a\n\n", [400], .closed),
    raw("a method that nobody knows", "FOO {} HTTP/1.1\r\nHost: a\r\n\r\n", [405], .open),
    raw("a method in lower case", "get {} HTTP/1.1\r\nHost: a\r\n\r\n", [405], .open),
    raw("a method that is none", "G(T {} HTTP/1.1\r\nHost: a\r\n\r\n", [400], .closed),
    // RFC 9110 §9.3.2: no content, whatever the answer.
    raw("HEAD without a Host", "HEAD {} HTTP/1.1\r\n\r\n", [400], .closed),
    raw("HEAD of a body that is none", "HEAD {} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n", [400], .closed),
    raw(
      "HEAD with a chunk that is none", "HEAD {} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", [400],
      .closed),
    raw("HEAD", "HEAD {} HTTP/1.1\r\nHost: a\r\n\r\n", [200], .open),
    raw("the absolute form", "GET http://a{} HTTP/1.1\r\nHost: a\r\n\r\n", [200], .open),
    raw("the absolute form without a Host", "GET http://a{} HTTP/1.1\r\n\r\n", [400], .closed),
    raw("a target with a fragment", "GET {}#a HTTP/1.1\r\nHost: a\r\n\r\n", [400], .closed),
    raw("a target without a slash", "GET a{} HTTP/1.1\r\nHost: a\r\n\r\n", [400], .closed),
    raw("a target past ASCII", "GET {}\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n", [400], .closed),
    // RFC 9112 §5: fields.
    get("a space before the colon", "Host: a\r\nX-A : b", 400, .closed),
    get("a folded line", "Host: a\r\nX-A: b\r\n c", 400, .closed),
    get("a first field that is indented", " Host: a", 400, .closed),
    get("a name with a space", "Host: a\r\nX A: b", 400, .closed),
    get("a line without a colon", "Host: a\r\nX-A", 400, .closed),
    get("an empty name", "Host: a\r\n: b", 400, .closed),
    get("a NUL", "Host: a\r\nX-A: b\u{0}c", 400, .closed),
    get("a bare CR", "Host: a\r\nX-A: b\rc", 400, .closed),
    get("a DEL", "Host: a\r\nX-A: b\u{7f}", 400, .closed),
    // RFC 9112 §6: where a body ends.
    get("a body nobody asked for", "Host: a\r\nContent-Length: 3\r\n\r\nabcGET {} HTTP/1.1\r\nHost: a", 200, .open),
    get(
      "chunks",
      "Host: a\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=\"y\"\r\nabc\r\n0\r\nX-T: a\r\n\r\nGET {} HTTP/1.1\r\nHost: a",
      200, .open),
    get("two lengths that agree", "Host: a\r\nContent-Length: 0\r\nContent-Length: 0", 400, .closed),
    get("a list of lengths", "Host: a\r\nContent-Length: 0, 0", 400, .closed),
    get("a length with a sign", "Host: a\r\nContent-Length: +0", 400, .closed),
    get("a length in hexadecimal", "Host: a\r\nContent-Length: 0x0", 400, .closed),
    get("an empty length", "Host: a\r\nContent-Length:", 400, .closed),
    get("a length past 64 bits", "Host: a\r\nContent-Length: 18446744073709551616", 400, .closed),
    get("a length and chunks", "Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", 400, .closed),
    get("chunks that are not the last coding", "Host: a\r\nTransfer-Encoding: chunked, identity", 400, .closed),
    get("an unknown coding", "Host: a\r\nTransfer-Encoding: xchunked", 400, .closed),
    get("chunked twice", "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400, .closed),
    get("a chunk whose size is none", "Host: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400, .closed),
    get("a chunk size past 60 bits", "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n1000000000000000\r\n", 400, .closed),
    get("a trailer that is no field", "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-T\r\n", 400, .closed),
    get("a trailer that is folded", "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-T: a\r\n b\r\n", 400, .closed),
    get("a trailer with a NUL", "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-T: \u{0}\r\n", 400, .closed),
    get("a chunk longer than its size", "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n", 400, .closed),
    // RFC 9110 §10.1.1: Expect.
    get("an expectation that nobody knows", "Host: a\r\nExpect: a-miracle", 400, .closed),
    get("an expectation where the head decides", "Host: a\r\nExpect: 100-continue\r\nContent-Length: 5", 200, .closed),
    get("an expectation without a body", "Host: a\r\nExpect: 100-continue", 200, .open),
    get(
      "an expectation of HTTP/1.0", "Host: a\r\nExpect: 100-continue\r\nConnection: keep-alive", 200, .open,
      version: "1.0"),
  ]

  /// Runs the row on a connection of its own.
  ///
  /// - Parameter extra: fields that every request has to have, as `Authorization: …\r\n`.
  /// - Returns: what does not hold; empty if all does.
  public func violations(
    target: String, extra: String = "", connect: () async throws -> RawClient
  ) async throws -> [String] {
    let client = try await connect()
    defer { client.close() }
    let bytes = request.replacingOccurrences(of: "{}", with: target)
      .replacingOccurrences(of: " HTTP/1.1\r\n", with: " HTTP/1.1\r\n\(extra)")
      .replacingOccurrences(of: " HTTP/1.0\r\n", with: " HTTP/1.0\r\n\(extra)")
    try await client.send(bytes)
    let isHead = bytes.hasPrefix("HEAD ")
    var wrong: [String] = []
    let answer = try await client.answer(toHead: isHead)
    if !statuses.contains(answer.status) { wrong.append("status \(answer.status), not \(statuses)") }
    let isPage = answer.headers["content-type"]?.hasPrefix("text/html") == true
    let needsCode = answer.status >= 400 && !isPage && !isHead
    if needsCode, answer.code == nil { wrong.append("the answer has no code: \(answer.text)") }
    // Where a request is hidden in the body of the first one, it is the next one.
    if bytes.components(separatedBy: " HTTP/1.1\r\n").count > 2, answer.status == 200 {
      if try await client.answer().status != 200 { wrong.append("what follows the body was not served") }
    }
    let saysClose = answer.headers["connection"]?.lowercased() == "close"
    switch after {
    case .closed:
      if !saysClose { wrong.append("it does not say Connection: close") }
      client.finishSending()
      if try await !client.isEnded() { wrong.append("more than one answer") }
    case .open:
      if saysClose { wrong.append("it says Connection: close") }
      try await client.send("GET \(target) HTTP/1.1\r\nHost: a\r\n\(extra)\r\n")
      let next = try await client.answer()
      if next.status != 200 { wrong.append("the next request got \(next.status)") }
    }
    return wrong
  }
}
