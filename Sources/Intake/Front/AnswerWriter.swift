internal import FlashSale
internal import HTTPServing
internal import NIOCore
internal import NIOHTTP1

/// Writes whole answers, head and body, into one buffer each. One per event loop.
///
/// The memory of an answer is used again for the next one, once the socket has taken it.
struct AnswerWriter {
  /// The value of `Date` (RFC 9110 §6.6.1).
  var date = ""

  // Both are changed where they are: a copy, however short its life, would cost them their memory.
  private var body = JSONWriter(ByteBuffer())
  private var answer = ByteBuffer()

  /// The answer's head, but for what follows from the body.
  struct Head {
    var status: HTTPResponseStatus
    var contentType: StaticString = "application/json"
    /// `Location`: the order that was made.
    var order: OrderID?
    /// `Retry-After`, in seconds.
    var retryAfter: Int?
    /// `Cache-Control: no-store`: positions and stock are of the moment, and an order is for its buyer only.
    var mustNotBeStored = false
    /// `Connection: close`.
    var endsConnection = false
  }

  /// An answer whose body `write` writes.
  mutating func make(_ head: Head, _ write: (inout JSONWriter) -> Void) -> ByteBuffer {
    body.restart()
    write(&body)
    body.end()
    answer.clear(minimumCapacity: body.buffer.readableBytes + 320)
    put(head)
    answer.writeImmutableBuffer(body.buffer)
    return answer
  }

  /// An answer that says why not.
  mutating func make(_ problem: Problem, mustNotBeStored: Bool = false, endsConnection: Bool) -> ByteBuffer {
    let head = Head(
      status: problem.status, contentType: "application/problem+json", retryAfter: problem.retryAfterSeconds,
      mustNotBeStored: mustNotBeStored, endsConnection: endsConnection)
    return make(head) { problem.write(to: &$0) }
  }

  private mutating func put(_ head: Head) {
    answer.write("HTTP/1.1 ")
    answer.writeDecimal(head.status.code)
    answer.write(" ")
    answer.writeString(head.status.reasonPhrase)
    answer.write("\r\nContent-Type: ", head.contentType, "\r\nContent-Length: ")
    answer.writeDecimal(body.buffer.readableBytes)
    answer.write("\r\nDate: ")
    answer.writeString(date)
    if let order = head.order {
      answer.write("\r\nLocation: /v1/orders/")
      answer.writeWithUnsafeMutableBytes(minimumWritableBytes: OrderID.textBytes) {
        order.write(to: $0)
        return OrderID.textBytes
      }
    }
    if let seconds = head.retryAfter {
      answer.write("\r\nRetry-After: ")
      answer.writeDecimal(seconds)
    }
    if head.mustNotBeStored { answer.write("\r\nCache-Control: no-store") }
    answer.write(head.endsConnection ? "\r\nConnection: close" : "", "\r\n\r\n")
  }
}
