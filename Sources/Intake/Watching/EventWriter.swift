internal import FlashSale
internal import HTTPServing
internal import NIOCore

/// Writes the events of one order as `text/event-stream` (the HTML standard, "Server-sent events").
///
/// The id of a place is the watermark that it is counted from. So whoever comes back, to any intake, need not hear a
/// larger one.
struct EventWriter {
  /// What is told of an order on its stream.
  enum Name: String {
    /// Where it stands; data: the status.
    case place = "position"
    /// Nobody decides it until an operator has looked; data: the status. The stream goes on.
    case halted
    /// What became of it; data: the status. The last one.
    case outcome
    /// What became of it is not known; data: a problem. The last one: ask again.
    case problem
    /// This intake stops. The last one: come back.
    case comeBack = "reconnect"
  }

  /// The lines of the head that make every client and proxy hand events on as they come. nginx, for one, collects an
  /// answer until it is told not to.
  static let fields: StaticString =
    "Content-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\n"

  /// The id of every outcome: a client that has heard one needs no other.
  static let outcomeID = "outcome"

  private var json = JSONWriter(ByteBuffer())

  /// How long the client waits before it comes back, when the connection ends without an outcome. Picked at random for
  /// each stream, so that those of an intake that died come back one by one.
  func retry(milliseconds: Int, to bytes: inout ByteBuffer) {
    bytes.write("retry: ")
    bytes.writeDecimal(milliseconds)
    bytes.write("\n\n")
  }

  /// A comment, which clients ignore.
  func heartbeat(to bytes: inout ByteBuffer) { bytes.write(":\n\n") }

  /// One event, whose data is one line: JSON has line ends only in escapes.
  mutating func event(_ name: Name, id: String? = nil, to bytes: inout ByteBuffer, _ data: (inout JSONWriter) -> Void) {
    json.restart()
    data(&json)
    json.end()
    if let id { bytes.writeString("id: \(id)\n") }
    bytes.writeString("event: \(name.rawValue)\ndata: ")
    bytes.writeImmutableBuffer(json.buffer)
    bytes.write("\n\n")
  }
}
