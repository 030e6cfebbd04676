internal import Glibc
internal import NIOCore

/// An IP address. One of IPv4 is held as it is mapped into IPv6 (RFC 4291 §2.5.5.2), so both are 128 bits.
struct ClientAddress: Hashable, Sendable {
  let high: UInt64
  let low: UInt64

  /// The address of a socket; `nil` if it has none, as a Unix socket.
  init?(_ address: SocketAddress?) {
    switch address {
    // Family and port take 4 bytes, the flow of IPv6 takes 4 more; then comes the address, in network byte order (ip(7),
    // ipv6(7)).
    case .v4(let address):
      self.init(
        v4: withUnsafeBytes(of: address.address) {
          UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        })
    case .v6(let address):
      self = withUnsafeBytes(of: address.address) { Self(network: UnsafeRawBufferPointer(rebasing: $0[8..<24])) }
    case .unixDomainSocket, nil: return nil
    }
  }

  /// Reads an address as text: IPv4 in four decimal numbers, or IPv6 (RFC 4291 §2.2).
  init?(_ text: UnsafeRawBufferPointer) {
    // "INET6_ADDRSTRLEN" (46) has the longest text with its end (inet_pton(3)).
    guard (2..<Int(INET6_ADDRSTRLEN)).contains(text.count) else { return nil }
    let address = withUnsafeTemporaryAllocation(byteCount: text.count + 1, alignment: 1) { buffer -> Self? in
      buffer.copyMemory(from: text)
      buffer[text.count] = 0
      guard let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self) else { return nil }
      var v4: UInt32 = 0
      if inet_pton(AF_INET, start, &v4) == 1 { return Self(v4: UInt32(bigEndian: v4)) }
      var v6: (UInt64, UInt64) = (0, 0)
      guard inet_pton(AF_INET6, start, &v6) == 1 else { return nil }
      return withUnsafeBytes(of: v6) { Self(network: $0) }
    }
    guard let address else { return nil }
    self = address
  }

  private init(v4 address: UInt32) {
    high = 0
    low = 0xFFFF_0000_0000 | UInt64(address)
  }

  /// - Parameter bytes: 16 of them, the highest first.
  private init(network bytes: UnsafeRawBufferPointer) {
    high = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
    low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
  }

  fileprivate init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  var isV4: Bool { high == 0 && low >> 32 == 0xFFFF }

  /// What is limited as one: an address of IPv4; of IPv6 the network of 64 bits, which one client has as a whole (RFC
  /// 6177, RFC 7934).
  var network: ClientAddress { isV4 ? self : ClientAddress(high: high, low: 0) }

  /// This with all but the first `bits` of its 128 cleared.
  fileprivate func prefix(_ bits: Int) -> ClientAddress {
    func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : bits >= 64 ? .max : .max << UInt64(64 - bits) }
    return ClientAddress(high: high & mask(bits), low: low & mask(bits - 64))
  }
}

/// A block of addresses in CIDR notation (RFC 4632, RFC 4291 §2.3), as `10.0.0.0/8` or `2001:db8::/32`. An address alone
/// is a block of one.
public struct AddressBlock: Hashable, Sendable {
  private let first: ClientAddress
  private let bits: Int

  /// Reads a block; `nil` if it is none, or if bits beyond its prefix are set: that is a slip of whoever wrote it.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    var name = String(parts[0])
    guard let address = name.withUTF8({ ClientAddress(UnsafeRawBufferPointer($0)) }) else { return nil }
    let most = address.isV4 && !name.contains(":") ? 32 : 128
    var length = most
    if parts.count == 2 {
      guard let number = Int(parts[1]), (0...most).contains(number), "\(number)" == parts[1] else { return nil }
      length = number
    }
    bits = length + 128 - most
    first = address.prefix(bits)
    guard first == address else { return nil }
  }

  func contains(_ address: ClientAddress) -> Bool { address.prefix(bits) == first }
}
