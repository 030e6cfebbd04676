internal import HTTPTypes

/// What a request is about (RFC 9112 §3.2): a path of this server, another way to say one, or no path at all.
struct RequestTarget {
  /// Path and query as sent; `*` for the server as a whole; `nil` for `CONNECT`.
  let path: String?
  /// Of the absolute form, and of `CONNECT`.
  let authority: String?

  init(_ target: UnsafeRawBufferPointer, of method: HTTPRequest.Method) throws(Problem) {
    // Visible ASCII, and no fragment, which never leaves a client (RFC 9110 §4.1).
    guard let first = target.first, target.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }) else {
      throw .malformedRequest
    }
    if method == .connect {
      guard isAuthority(target) else { throw .malformedRequest }
      (path, authority) = (nil, text(target))
    } else if first == UInt8(ascii: "/") {
      (path, authority) = (text(target), nil)
    } else if target.elementsEqual("*".utf8) {
      guard method == .options else { throw .malformedRequest }
      (path, authority) = ("*", nil)
    } else {
      (path, authority) = try Self.absolute(target)
    }
  }

  /// `http://host:port/path?query`, which a server must take too (RFC 9112 §3.2.2).
  private static func absolute(_ target: UnsafeRawBufferPointer) throws(Problem) -> (String, String) {
    let schemes = ["http://", "https://"]
    guard let scheme = schemes.first(where: { target.prefix($0.utf8.count).isEqualIgnoringCase($0) }) else {
      throw .malformedRequest
    }
    let rest = UnsafeRawBufferPointer(rebasing: target[scheme.utf8.count...])
    let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.count
    let authority = UnsafeRawBufferPointer(rebasing: rest[..<end])
    guard !authority.isEmpty, isAuthority(authority) else { throw .malformedRequest }
    let path = text(UnsafeRawBufferPointer(rebasing: rest[end...]))
    return (path.hasPrefix("/") ? path : "/\(path)", text(authority))
  }
}

/// `uri-host [ ":" port ]` (RFC 9110 §7.2), without user information. An empty one is valid: it says that the target
/// has no authority.
public func isAuthority(_ bytes: UnsafeRawBufferPointer) -> Bool {
  var rest = bytes[...]
  if rest.first == UInt8(ascii: "[") {
    guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
    let literal = rest[rest.startIndex..<end].dropFirst()
    guard !literal.isEmpty, literal.allSatisfy({ isHexDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") })
    else { return false }
    rest = rest[(end + 1)...]
  } else {
    let name = rest.prefix { $0 != UInt8(ascii: ":") }
    var at = name.startIndex
    while at < name.endIndex {
      if name[at] == UInt8(ascii: "%") {
        guard at + 2 < name.endIndex, isHexDigit(name[at + 1]), isHexDigit(name[at + 2]) else { return false }
        at += 3
      } else {
        guard isRegNameByte(name[at]) else { return false }
        at += 1
      }
    }
    rest = rest[name.endIndex...]
  }
  guard let colon = rest.first else { return true }
  let port = rest.dropFirst()
  return colon == UInt8(ascii: ":") && port.count <= 5 && port.allSatisfy(isDigit)
}

/// `unreserved` and `sub-delims` (RFC 3986 §3.2.2): the letters, the digits, and ``-._~!$&'()*+,;=``. Each order's
/// `Host` is looked at, so this is a bit for each byte from 0 to 127, not a comparison for each range.
private func isRegNameByte(_ byte: UInt8) -> Bool {
  let bits: UInt64 = byte < 64 ? 0x2BFF_7FD2_0000_0000 : byte < 128 ? 0x47FF_FFFE_87FF_FFFE : 0
  return bits >> (byte & 63) & 1 == 1
}
