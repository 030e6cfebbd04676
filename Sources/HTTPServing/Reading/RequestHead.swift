public import HTTPTypes

/// The head of a request (RFC 9112 §3 and §5): its request line, its fields, and what they say about the bytes behind
/// it.
///
/// (1) One way to read: a head is of the grammar, or it is refused. There is no leniency that a proxy in front of us
///     could read in another way.
/// (2) White space around a field's value is no part of it (RFC 9110 §5.5), and nobody behind here sees any.
/// (3) What concerns this connection alone (`Connection`, `Upgrade`, the framing) ends here and is not handed on. An
///     offer to upgrade is ignored (RFC 9110 §7.8).
public struct RequestHead: Sendable {
  /// Where the request ends.
  public enum Framing: Sendable, Equatable {
    /// Bytes behind the head; 0 without a body.
    case length(Int)
    case chunked
  }

  /// The method, the target and the fields; `authority` is the target's, or else `Host`.
  public internal(set) var request: HTTPRequest
  public internal(set) var framing = Framing.length(0)
  /// HTTP/1.0: chunks are unknown to its sender.
  public let isOldVersion: Bool
  /// Whether the sender wants the connection to go on after the answer.
  public internal(set) var keepsConnection: Bool
  /// `Expect: 100-continue`: the body is held back until it is asked for.
  public internal(set) var expectsContinue = false
  /// Bytes of the head in all.
  public internal(set) var length: Int

  /// What the bytes so far are.
  public enum Reading {
    case whole(RequestHead)
    /// The beginning of a head, as far as can be told.
    case partial
    /// No request that is taken; why.
    case refused(Problem)
  }

  /// Reads the head that `bytes` begin with.
  ///
  /// - Parameter search: remembers how far the head's end was looked for, so that a head in many pieces is not searched
  ///   anew with each. One per head.
  public static func read(_ bytes: UnsafeRawBufferPointer, _ search: inout HeadSearch) -> Reading {
    switch search.end(in: bytes) {
    case .partial: return .partial
    case .refused(let problem): return .refused(problem)
    case .found(let end):
      do throws(Problem) {
        var reader = RequestHeadReader(UnsafeRawBufferPointer(rebasing: bytes[..<end]))
        return .whole(try reader.head())
      } catch {
        return .refused(error)
      }
    }
  }
}

/// Finds the empty line that ends a head, over as many pieces as the head comes in.
public struct HeadSearch {
  enum Finding {
    /// The bytes of the head, with the empty line.
    case found(Int)
    case partial
    case refused(Problem)
  }

  private var at = 0
  private var lineStart = 0
  private var lines = 0

  /// A search that begins at a head's first byte.
  public init() {}

  /// Whether bytes were searched already.
  var hasBegun: Bool { at > 0 }

  mutating func end(in bytes: UnsafeRawBufferPointer) -> Finding {
    while at < bytes.count {
      let byte = bytes[at]
      // Anything but text: another protocol, or an attempt to be read in two ways.
      if byte < 0x20 && byte != 0x0A && byte != 0x0D && byte != 0x09 { return .refused(.malformedRequest) }
      at += 1
      guard byte == UInt8(ascii: "\n") else { continue }
      // A bare LF ends a line for some (RFC 9112 §2.2) and not for others.
      guard at - lineStart >= 2, bytes[at - 2] == UInt8(ascii: "\r") else { return .refused(.malformedRequest) }
      if at - lineStart == 2 && lines > 0 { return .found(at) }
      lines += 1
      if lines > Limits.headerFields + 1 { return .refused(.headersTooLarge) }
      lineStart = at
    }
    return at > Limits.headBytes ? .refused(.headersTooLarge) : .partial
  }
}

/// The reader behind `RequestHead.read`, for a head that is whole.
private struct RequestHeadReader {
  private let bytes: UnsafeRawBufferPointer
  private var at = 0

  private var hosts: [UnsafeRawBufferPointer] = []
  private var contentLength: Int?
  private var isChunked = false
  private var closes = false
  private var keepsAlive = false
  private var expectation: UnsafeRawBufferPointer?
  /// Bytes of the target, and of all names and values.
  private var listBytes = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func head() throws(Problem) -> RequestHead {
    let line = nextLine()
    // More than one white space would make the parts a matter of opinion.
    let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard parts.count == 3 else { throw .malformedRequest }
    let isOldVersion = try Self.isOldVersion(UnsafeRawBufferPointer(rebasing: parts[2]))
    let method = UnsafeRawBufferPointer(rebasing: parts[0])
    guard !method.isEmpty, method.allSatisfy(isTokenByte), let name = HTTPRequest.Method(text(method)) else {
      throw .malformedRequest
    }
    try count(parts[1].count)
    let target = try RequestTarget(UnsafeRawBufferPointer(rebasing: parts[1]), of: name)
    var fields = HTTPFields()
    while true {
      let line = nextLine()
      if line.isEmpty { break }
      try take(line, into: &fields)
    }
    let authority = try authority(target, isOldVersion)
    let framing = try framing(isOldVersion)
    var head = RequestHead(
      request: HTTPRequest(method: name, scheme: "http", authority: authority, path: target.path, headerFields: fields),
      isOldVersion: isOldVersion, keepsConnection: isOldVersion ? keepsAlive && !closes : !closes, length: bytes.count)
    head.framing = framing
    // "A server that receives a 100-continue expectation in an HTTP/1.0 request MUST ignore" it (RFC 9110 §10.1.1).
    if let expectation, !isOldVersion {
      guard expectation.isEqualIgnoringCase("100-continue") else { throw .unknownExpectation }
      head.expectsContinue = framing != .length(0)
    }
    return head
  }

  /// Counts what has a bound of its own and one with all else.
  private mutating func count(_ bytes: Int) throws(Problem) {
    listBytes += bytes
    guard bytes <= Limits.headerFieldBytes, listBytes <= Limits.headerListBytes else { throw .headersTooLarge }
  }

  /// The next line, without its CR LF. There is one until the empty line.
  private mutating func nextLine() -> UnsafeRawBufferPointer {
    let start = at
    while bytes[at] != UInt8(ascii: "\n") { at += 1 }
    at += 1
    return UnsafeRawBufferPointer(rebasing: bytes[start..<(at - 2)])
  }

  /// HTTP/1.0; false for every later HTTP/1, which is read as HTTP/1.1 (RFC 9110 §2.5).
  private static func isOldVersion(_ version: UnsafeRawBufferPointer) throws(Problem) -> Bool {
    guard version.count == 8, version[..<5].elementsEqual("HTTP/".utf8), isDigit(version[5]),
      version[6] == UInt8(ascii: "."), isDigit(version[7])
    else { throw .malformedRequest }
    guard version[5] == UInt8(ascii: "1") else { throw .malformedRequest }
    return version[7] == UInt8(ascii: "0")
  }

  private func authority(_ target: RequestTarget, _ isOldVersion: Bool) throws(Problem) -> String? {
    // "A server MUST respond with a 400 status code to any HTTP/1.1 request message that lacks a Host header field and
    // to any request message that contains more than one Host header field line or a Host header field with an invalid
    // field value" (RFC 9112 §3.2).
    guard hosts.count == 1 || (hosts.isEmpty && isOldVersion) else { throw .badHost }
    let host = hosts.first
    if let host { guard isAuthority(host) else { throw .badHost } }
    // The absolute form's own host counts (RFC 9112 §3.2.2).
    return target.authority ?? host.map(text)
  }

  private func framing(_ isOldVersion: Bool) throws(Problem) -> RequestHead.Framing {
    guard isChunked else { return .length(contentLength ?? 0) }
    // Both, or chunks by a sender that cannot know them: "the message framing is faulty" (RFC 9112 §6.1).
    guard contentLength == nil, !isOldVersion else { throw .malformedRequest }
    return .chunked
  }
}

// MARK: - Fields

extension RequestHeadReader {
  private mutating func take(_ line: UnsafeRawBufferPointer, into fields: inout HTTPFields) throws(Problem) {
    guard let (name, value) = line.field else { throw .malformedRequest }
    try count(name.count)
    try count(value.count)
    switch name.count {
    case 4 where name.isEqualIgnoringCase("host"): hosts.append(value)
    case 6 where name.isEqualIgnoringCase("expect"):
      guard expectation == nil else { throw .malformedRequest }
      expectation = value
    case 7 where name.isEqualIgnoringCase("upgrade"): break
    case 10 where name.isEqualIgnoringCase("connection"): try takeConnection(value)
    case 10 where name.isEqualIgnoringCase("keep-alive"), 16 where name.isEqualIgnoringCase("proxy-connection"): break
    case 14 where name.isEqualIgnoringCase("content-length"):
      // One, of digits only: two that agree are read differently by different recipients (RFC 9112 §6.3).
      guard contentLength == nil, let length = value.decimal else { throw .malformedRequest }
      contentLength = length
      fields[.contentLength] = String(length)
    case 17 where name.isEqualIgnoringCase("transfer-encoding"):
      // Where a body ends that is coded in another way nobody can tell (RFC 9112 §6.3).
      guard !isChunked, value.isEqualIgnoringCase("chunked") else { throw .malformedRequest }
      isChunked = true
    default:
      guard let name = HTTPField.Name(text(name)) else { throw .malformedRequest }
      fields.append(HTTPField(name: name, value: text(value)))
    }
  }

  private mutating func takeConnection(_ value: UnsafeRawBufferPointer) throws(Problem) {
    for option in value.split(separator: UInt8(ascii: ",")) {
      let option = UnsafeRawBufferPointer(rebasing: option).trimmingWhitespace
      if option.isEmpty { continue }
      guard option.allSatisfy(isTokenByte) else { throw .malformedRequest }
      if option.isEqualIgnoringCase("close") {
        closes = true
      } else if option.isEqualIgnoringCase("keep-alive") {
        keepsAlive = true
      }
    }
  }
}
