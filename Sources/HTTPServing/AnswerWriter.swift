public import FlashSale
public import NIOCore
public import NIOHTTP1

/// Writes whole answers, head and body, into one buffer each. One per event loop.
///
/// The memory of an answer is used again for the next one, once the socket has taken it.
public struct AnswerWriter {
  /// The value of `Date` (RFC 9110 §6.6.1).
  public var date = ""

  // Both are changed where they are: a copy, however short its life, would cost them their memory.
  private var body = JSONWriter(ByteBuffer())
  private var answer = ByteBuffer()

  /// What an answer says of its connection.
  public enum Persistence: Sendable {
    /// Nothing: it goes on, as HTTP/1.1 has it.
    case unsaid
    /// It ends with this answer.
    case close
    /// It goes on, which HTTP/1.0 has to be told.
    case keepAlive

    /// The line of the head, with its CR LF; empty for nothing.
    var fieldLine: StaticString {
      switch self {
      case .unsaid: ""
      case .close: "Connection: close\r\n"
      case .keepAlive: "Connection: keep-alive\r\n"
      }
    }
  }

  /// The answer's head, but for what follows from the body.
  public struct Head {
    public var status: HTTPResponseStatus
    public var contentType: StaticString = "application/json"
    /// `Location`: the order that was made.
    public var order: OrderID?
    /// `Retry-After`, in seconds.
    public var retryAfter: Int?
    /// `Cache-Control: no-store`: positions and stock are of the moment, and an order is for its buyer only.
    public var mustNotBeStored = false
    /// The answer to HEAD: what follows from the body is told, and the body is left out (RFC 9110 §9.3.2).
    var omitsBody = false
    /// `WWW-Authenticate`, a field for each.
    var challenges: [StaticString]?
    public var persistence: Persistence

    public init(status: HTTPResponseStatus, persistence: Persistence) {
      self.status = status
      self.persistence = persistence
    }
  }

  /// A writer whose date is to be set.
  public init() {}

  /// An answer whose body `write` writes.
  public mutating func make(_ head: Head, _ write: (inout JSONWriter) -> Void) -> ByteBuffer {
    body.restart()
    write(&body)
    body.end()
    answer.clear(minimumCapacity: body.buffer.readableBytes + 320)
    put(head)
    if !head.omitsBody { answer.writeImmutableBuffer(body.buffer) }
    return answer
  }

  /// An answer that says why not.
  public mutating func make(
    _ problem: Problem, mustNotBeStored: Bool = false, omitsBody: Bool = false, persistence: Persistence
  ) -> ByteBuffer {
    var head = Head(status: problem.status, persistence: persistence)
    head.contentType = "application/problem+json"
    head.retryAfter = problem.retryAfterSeconds
    head.mustNotBeStored = mustNotBeStored
    head.omitsBody = omitsBody
    head.challenges = problem.challenges
    return make(head) { problem.write(to: &$0) }
  }

  /// A `204`, which has neither a body nor its length (RFC 9110 §8.6), and is not to be stored.
  public mutating func makeNoContent(persistence: Persistence) -> ByteBuffer {
    answer.clear()
    answer.write("HTTP/1.1 204 No Content\r\nDate: ")
    answer.writeString(date)
    answer.write("\r\nCache-Control: no-store\r\n", persistence.fieldLine, "\r\n")
    return answer
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
    for challenge in head.challenges ?? [] { answer.write("\r\nWWW-Authenticate: ", challenge) }
    answer.write(
      head.mustNotBeStored ? "\r\nCache-Control: no-store\r\n" : "\r\n", head.persistence.fieldLine, "\r\n")
  }
}
