/// A request's path: its segments, none of them empty, and percent-decoded.
///
/// Split before decoding, so that an encoded slash stays inside its segment. An empty segment is refused: a gateway
/// that guards `/admin` must not meet a `//admin` that means the same.
public struct RequestPath: Sendable {
  public let segments: [String]

  /// `nil` for what is no path, or no path that any route has: an empty segment, an escape that is none, bytes that are
  /// not UTF-8.
  ///
  /// - Parameter path: without a query.
  public init?(_ path: some StringProtocol) {
    guard path.utf8.first == UInt8(ascii: "/") else { return nil }
    guard path.utf8.count > 1 else {
      segments = []
      return
    }
    var segments: [String] = []
    for segment in path.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
      guard let text = segment.percentDecoded, !text.isEmpty else { return nil }
      segments.append(text)
    }
    self.segments = segments
  }

  /// The one spelling of the path that the router is asked for (RFC 3986 §6.2.2): letters, digits and `-._~` as they
  /// are, everything else percent-encoded. Nothing that a route or an id consists of is encoded in it.
  var normalForm: String {
    var text = ""
    for segment in segments {
      text += "/"
      for byte in segment.utf8 {
        if Self.isUnreserved(byte) {
          text.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
          text += byte < 16 ? "%0" : "%"
          text += String(byte, radix: 16, uppercase: true)
        }
      }
    }
    return text.isEmpty ? "/" : text
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      true
    default: false
    }
  }
}
