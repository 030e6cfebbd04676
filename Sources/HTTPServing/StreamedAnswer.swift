internal import NIOCore

/// An answer whose parts are sent as they come about, and whose end is not known when it begins: in chunks, or, for
/// HTTP/1.0, up to the connection's end (RFC 9112 §6.3).
struct StreamedAnswer {
  private let isChunked: Bool

  /// - Parameter isOldVersion: HTTP/1.0: its client knows no chunks.
  init(isOldVersion: Bool) { isChunked = !isOldVersion }

  /// Writes the head of a `200`.
  ///
  /// - Parameter fields: whole lines, each with its CR LF.
  func head(
    date: String, fields: StaticString, persistence: AnswerWriter.Persistence, into bytes: inout ByteBuffer
  ) {
    bytes.write("HTTP/1.1 200 OK\r\nDate: ")
    bytes.writeString(date)
    bytes.write("\r\n", fields, isChunked ? "Transfer-Encoding: chunked\r\n" : "")
    bytes.write(persistence.fieldLine, "\r\n")
  }

  /// Writes a part of the body.
  func part(_ part: ByteBuffer, into bytes: inout ByteBuffer) {
    // An empty chunk would be the last one.
    guard part.readableBytes > 0 else { return }
    if isChunked { bytes.writeString("\(String(part.readableBytes, radix: 16))\r\n") }
    bytes.writeImmutableBuffer(part)
    if isChunked { bytes.write("\r\n") }
  }

  func end(into bytes: inout ByteBuffer) {
    if isChunked { bytes.write("0\r\n\r\n") }
  }
}
