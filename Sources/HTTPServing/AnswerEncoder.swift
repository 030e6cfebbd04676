internal import HTTPTypes
internal import NIOCore

/// Writes the web framework's answer to one request: how its end is told depends on both (RFC 9112 §6.3).
struct AnswerEncoder {
  private enum Body {
    /// None, as the status or the method demands; what is given is dropped.
    case none
    /// So many bytes are still to come.
    case length(Int)
    case chunked
    /// It ends with the connection: all that HTTP/1.0 has for a length that is not known.
    case connection
  }

  private var left: Body
  private let persistence: AnswerWriter.Persistence

  /// Whether only the connection's end can tell the answer's.
  static func endsWithConnection(_ response: HTTPResponse, to head: RequestHead) -> Bool {
    if case .connection = body(of: response, to: head) { return true }
    return false
  }

  init(_ response: HTTPResponse, to head: RequestHead, endsConnection: Bool) {
    left = Self.body(of: response, to: head)
    persistence = endsConnection ? .close : head.isOldVersion ? .keepAlive : .unsaid
  }

  private static func body(of response: HTTPResponse, to head: RequestHead) -> Body {
    if head.request.method == .head || response.status.code == 204 || response.status.code == 304 { return .none }
    if let length = response.headerFields[.contentLength].flatMap(Int.init) { return .length(length) }
    return head.isOldVersion ? .connection : .chunked
  }

  /// Whether the body has come to its promised end.
  var isWhole: Bool {
    if case .length(let left) = left { return left == 0 }
    return true
  }

  func head(_ response: HTTPResponse, into bytes: inout ByteBuffer) {
    bytes.writeStaticString("HTTP/1.1 ")
    bytes.writeDecimal(response.status.code)
    bytes.writeString(" \(response.status.reasonPhrase)\r\n")
    for field in response.headerFields where field.name != .connection && field.name != .transferEncoding {
      // 204 has neither body nor length (RFC 9110 §8.6).
      if field.name == .contentLength && response.status.code == 204 { continue }
      bytes.writeString("\(field.name.rawName): \(field.value)\r\n")
    }
    if case .chunked = left { bytes.writeStaticString("Transfer-Encoding: chunked\r\n") }
    bytes.write(persistence.fieldLine)
    bytes.writeStaticString("\r\n")
  }

  mutating func body(_ part: ByteBuffer, into bytes: inout ByteBuffer) {
    guard part.readableBytes > 0 else { return }
    switch left {
    case .none: break
    case .length(let left):
      // Never more than was promised: it would be read as the next answer.
      bytes.writeImmutableBuffer(part.getSlice(at: part.readerIndex, length: min(left, part.readableBytes)) ?? part)
      self.left = .length(max(0, left - part.readableBytes))
    case .chunked:
      bytes.writeString("\(String(part.readableBytes, radix: 16))\r\n")
      bytes.writeImmutableBuffer(part)
      bytes.writeStaticString("\r\n")
    case .connection: bytes.writeImmutableBuffer(part)
    }
  }

  func end(into bytes: inout ByteBuffer) {
    if case .chunked = left { bytes.writeStaticString("0\r\n\r\n") }
  }
}
