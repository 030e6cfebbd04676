internal import FoundationEssentials
internal import NIOCore
internal import Time

/// The events of a live page as `text/event-stream` (the HTML standard, "Server-sent events").
///
/// The id of an event is the run of the process and the number of the look, so a browser that comes back to the same
/// view is sent nothing twice, and to another process the whole.
struct LiveEvent {
  /// The view's parts with their markup, and the server's time.
  private struct Body: Encodable {
    let now: Int64
    let parts: [String: String]
  }

  /// How long the browser waits before it comes back.
  static func retry(milliseconds: Int) -> ByteBuffer { ByteBuffer(string: "retry: \(milliseconds)\n\n") }

  /// Parts of the view: those that have changed, or all.
  static func parts(_ parts: [LiveParts.Name: HTML], id: String, at time: Timestamp) -> ByteBuffer {
    let names = Dictionary(uniqueKeysWithValues: parts.map { ($0.key.rawValue, $0.value.text) })
    let encoder = JSONEncoder()
    // Line ends are escaped in JSON, so the data is one line.
    let body = (try? encoder.encode(Body(now: time.microseconds / 1_000, parts: names))) ?? Data("{}".utf8)
    var bytes = ByteBuffer(string: "id: \(id)\nevent: parts\ndata: ")
    bytes.writeBytes(body)
    bytes.writeString("\n\n")
    return bytes
  }
}
