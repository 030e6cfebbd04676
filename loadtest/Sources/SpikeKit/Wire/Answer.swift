/// What an answer's head says.
struct AnswerHead: Equatable {
  let status: Int
  /// Seconds that `Retry-After` asks for; `nil` where there is none, or where it is a date.
  let retryAfterSeconds: Int?
}

/// An HTTP/1.1 answer, as much of it as the load test needs.
///
/// `parse` is a pure function of the bytes received so far: an answer that came in pieces is read again from its start.
/// Framing is RFC 9112 §6.3: no body for 1xx, 204 and 304; chunked; Content-Length. A body that lasts until the
/// connection closes is refused: nobody could tell it from a broken one.
struct Answer {
  enum Body {
    /// Where it lies in the bytes that were parsed.
    case range(Range<Int>)
    /// Put together from chunks.
    case joined([UInt8])
  }

  let head: AnswerHead
  let body: Body
  /// How many bytes it took.
  let length: Int
  /// Whether the connection can carry another request.
  let keepsAlive: Bool

  struct Malformed: Error, Equatable {
    let reason: StaticString

    init(_ reason: StaticString) { self.reason = reason }

    static func == (a: Malformed, b: Malformed) -> Bool { a.reason.description == b.reason.description }
  }

  /// The first final answer in `bytes`; `nil` while it is not complete.
  static func parse(_ bytes: borrowing Span<UInt8>) throws(Malformed) -> Answer? {
    var start = 0
    while true {
      guard let head = try Head.parse(bytes, from: start) else { return nil }
      if head.status >= 200 { return try finish(head, bytes) }
      // 1xx: an interim answer, the final one follows.
      start = head.end
    }
  }

  private static func finish(_ head: Head, _ bytes: borrowing Span<UInt8>) throws(Malformed) -> Answer? {
    if head.status == 204 || head.status == 304 {
      return Answer(
        head: head.told, body: .range(head.end..<head.end), length: head.end, keepsAlive: head.keepsAlive)
    }
    if head.isChunked {
      guard let (body, end) = try Chunks.join(bytes, from: head.end) else { return nil }
      return Answer(head: head.told, body: .joined(body), length: end, keepsAlive: head.keepsAlive)
    }
    guard let length = head.contentLength else { throw Malformed("neither Content-Length nor chunked") }
    let end = head.end + length
    guard end <= bytes.count else { return nil }
    return Answer(head: head.told, body: .range(head.end..<end), length: end, keepsAlive: head.keepsAlive)
  }
}

/// The status line and the four header fields that matter.
private struct Head {
  var status = 0
  var retryAfterSeconds: Int?
  var contentLength: Int?
  var isChunked = false
  var keepsAlive = true
  var end = 0

  var told: AnswerHead { AnswerHead(status: status, retryAfterSeconds: retryAfterSeconds) }

  static func parse(_ bytes: borrowing Span<UInt8>, from start: Int) throws(Answer.Malformed) -> Head? {
    guard let lineEnd = try endOfLine(bytes, from: start, headStart: start) else { return nil }
    var head = Head()
    try head.readStatusLine(bytes, start..<lineEnd)
    var position = lineEnd + 2
    while true {
      guard let end = try endOfLine(bytes, from: position, headStart: start) else { return nil }
      if end == position {
        head.end = end + 2
        return head
      }
      try head.readField(bytes, position..<end)
      position = end + 2
    }
  }

  /// Where the next CR LF is.
  private static func endOfLine(
    _ bytes: borrowing Span<UInt8>, from start: Int, headStart: Int
  ) throws(Answer.Malformed) -> Int? {
    var position = start
    let last = min(bytes.count, headStart + Limits.answerHeadBytes)
    while let found = bytes.first(13, from: position, before: last - 1) {
      if bytes[found + 1] == 10 { return found }
      position = found + 1
    }
    if last - headStart >= Limits.answerHeadBytes { throw Answer.Malformed("head too large") }
    return nil
  }

  /// `HTTP/1.1 202 Accepted`
  private mutating func readStatusLine(
    _ bytes: borrowing Span<UInt8>, _ line: Range<Int>
  ) throws(Answer.Malformed) {
    guard line.count >= 12, bytes.holds(anyCase: "http/1.", at: line.lowerBound..<line.lowerBound + 7),
      bytes[line.lowerBound + 8] == UInt8(ascii: " "),
      let value = bytes.decimal(at: line.lowerBound + 9..<line.lowerBound + 12), value >= 100
    else { throw Answer.Malformed("not an HTTP/1 status line") }
    status = value
    // RFC 9112 §9.3: HTTP/1.0 closes unless it says otherwise.
    keepsAlive = bytes[line.lowerBound + 7] != UInt8(ascii: "0")
  }

  private mutating func readField(_ bytes: borrowing Span<UInt8>, _ line: Range<Int>) throws(Answer.Malformed) {
    guard let colon = bytes.first(UInt8(ascii: ":"), from: line.lowerBound, before: line.upperBound) else {
      throw Answer.Malformed("a header field without a colon")
    }
    let name = line.lowerBound..<colon
    // Length first: of most fields nothing else is looked at.
    switch name.count {
    case 14 where bytes.holds(anyCase: "content-length", at: name):
      guard let length = bytes.decimal(at: bytes.trimmed(colon + 1..<line.upperBound)),
        contentLength == nil || contentLength == length
      else { throw Answer.Malformed("Content-Length is not one number") }
      guard length <= Limits.answerBodyBytes else { throw Answer.Malformed("body too large") }
      contentLength = length
    case 17 where bytes.holds(anyCase: "transfer-encoding", at: name):
      guard bytes.holds(anyCase: "chunked", at: bytes.trimmed(colon + 1..<line.upperBound)) else {
        throw Answer.Malformed("a transfer coding other than chunked")
      }
      isChunked = true
    case 11 where bytes.holds(anyCase: "retry-after", at: name):
      retryAfterSeconds = bytes.decimal(at: bytes.trimmed(colon + 1..<line.upperBound))
    case 10 where bytes.holds(anyCase: "connection", at: name):
      let value = bytes.trimmed(colon + 1..<line.upperBound)
      if bytes.holds(anyCase: "close", at: value) { keepsAlive = false }
      if bytes.holds(anyCase: "keep-alive", at: value) { keepsAlive = true }
    default:
      break
    }
  }
}

/// RFC 9112 §7.1.
private enum Chunks {
  static func join(
    _ bytes: borrowing Span<UInt8>, from start: Int
  ) throws(Answer.Malformed) -> (body: [UInt8], end: Int)? {
    var body: [UInt8] = []
    var position = start
    while true {
      guard let (size, data) = try sizeLine(bytes, from: position) else { return nil }
      if size == 0 { return try trailers(bytes, from: data).map { (body, $0) } }
      guard body.count + size <= Limits.answerBodyBytes else { throw Answer.Malformed("body too large") }
      guard data + size + 2 <= bytes.count else { return nil }
      for index in data..<data + size { body.append(bytes[index]) }
      guard bytes[data + size] == 13, bytes[data + size + 1] == 10 else {
        throw Answer.Malformed("a chunk longer than it says")
      }
      position = data + size + 2
    }
  }

  /// The size of the next chunk and where its data begin. Extensions after `;` are passed over.
  private static func sizeLine(
    _ bytes: borrowing Span<UInt8>, from start: Int
  ) throws(Answer.Malformed) -> (size: Int, data: Int)? {
    var size = 0
    var position = start
    while position < bytes.count, let digit = hexDigit(bytes[position]) {
      size = size << 4 | Int(digit)
      guard size <= Limits.answerBodyBytes else { throw Answer.Malformed("body too large") }
      position += 1
    }
    guard position < bytes.count else { return nil }
    guard position > start else { throw Answer.Malformed("a chunk without a size") }
    return try endOfLine(bytes, from: position).map { (size, $0) }
  }

  /// Passes over trailer fields to the end of the empty line.
  private static func trailers(_ bytes: borrowing Span<UInt8>, from start: Int) throws(Answer.Malformed) -> Int? {
    var position = start
    while let next = try endOfLine(bytes, from: position) {
      if next == position + 2 { return next }
      position = next
    }
    return nil
  }

  /// The position after the next CR LF.
  private static func endOfLine(_ bytes: borrowing Span<UInt8>, from start: Int) throws(Answer.Malformed) -> Int? {
    var position = start
    while position + 1 < bytes.count {
      if bytes[position] == 13, bytes[position + 1] == 10 { return position + 2 }
      position += 1
      if position - start > Limits.answerHeadBytes { throw Answer.Malformed("chunk line too long") }
    }
    return nil
  }
}
