internal import HTTPServing

/// Whose word counts on where a request comes from: proxies and load balancers of the shop's own.
///
/// (1) `X-Forwarded-For` is believed as far as trusted proxies wrote it: from its right end, where each one adds the
///     address that it was asked from. The first address that is no trusted proxy's is the client.
/// (2) Whatever stands to the left of that was sent by the client, who can write there what it likes.
/// (3) Where an entry cannot be read, the proxy that wrote it stands for its clients.
public struct TrustedProxies: Sendable {
  private let blocks: [AddressBlock]

  /// Trusts these; nobody by default.
  public init(_ blocks: [AddressBlock] = []) { self.blocks = blocks }

  private func has(_ address: ClientAddress) -> Bool { blocks.contains { $0.contains(address) } }

  /// The address that a request comes from.
  ///
  /// - Parameters:
  ///   - peer: whom its connection is with.
  ///   - forwarded: its `X-Forwarded-For`, lines joined with commas.
  func client(of peer: ClientAddress, forwarded: UnsafeRawBufferPointer?) -> ClientAddress {
    guard let forwarded, has(peer) else { return peer }
    var client = peer
    var end = forwarded.count
    for _ in 0..<Limits.forwardedHops {
      let start = forwarded[..<end].lastIndex(of: UInt8(ascii: ",")).map { $0 + 1 } ?? 0
      let entry = UnsafeRawBufferPointer(rebasing: forwarded[start..<end]).trimmingWhitespace
      guard let address = ClientAddress(Self.host(of: entry)) else { return client }
      client = address
      guard start > 0, has(address) else { return client }
      end = start - 1
    }
    return client
  }

  /// An entry without the port that some proxies write: `192.0.2.1:80`, `[2001:db8::1]:80`.
  private static func host(of entry: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    if entry.first == UInt8(ascii: "["), let end = entry.firstIndex(of: UInt8(ascii: "]")) {
      return UnsafeRawBufferPointer(rebasing: entry[1..<end])
    }
    guard let colon = entry.firstIndex(of: UInt8(ascii: ":")), entry.lastIndex(of: UInt8(ascii: ":")) == colon else {
      return entry
    }
    return UnsafeRawBufferPointer(rebasing: entry[..<colon])
  }
}
