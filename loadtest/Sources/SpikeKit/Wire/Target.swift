internal import NIOCore

/// The server under test: where it listens, and how its paths begin.
struct Target: Equatable, Sendable {
  let host: String
  let port: Int
  /// What stands before `/v1`: empty, or `/something`.
  let prefix: String

  /// - Parameter url: `http://host[:port][/prefix]`. IPv6 addresses stand in brackets.
  /// - Returns: `nil` if it is anything else. TLS ends before Penstock, so `https` is not spoken.
  init?(url: String) {
    guard url.hasPrefix("http://") else { return nil }
    let rest = url.dropFirst("http://".count)
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    let authority = rest[..<slash]
    var path = String(rest[slash...])
    while path.hasSuffix("/") { path.removeLast() }
    guard path.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }) else {
      return nil
    }
    let portColon = authority.lastIndex(of: ":").flatMap { colon in
      authority[colon...].contains("]") ? nil : colon
    }
    var host = authority[..<(portColon ?? authority.endIndex)]
    let port = portColon.map { UInt16(authority[authority.index(after: $0)...]) } ?? 80
    guard let port, port > 0 else { return nil }
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "@") }) else { return nil }
    self.host = String(host)
    self.port = Int(port)
    self.prefix = path
  }

  /// The value of the Host field.
  var authority: String {
    (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
  }
}

/// The unreserved characters of RFC 3986 stay, all others become `%XX`.
func percentEncoded(_ text: some Sequence<UInt8>) -> [UInt8] {
  let digits = Array("0123456789ABCDEF".utf8)
  var encoded: [UInt8] = []
  for byte in text {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      encoded.append(byte)
    default:
      encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return encoded
}
