internal import Glibc

/// A block of addresses, as `10.0.0.0/8` or `fd00::/8`; an address alone is a block of one.
public struct NetworkBlock: Hashable, Sendable {
  private let address: NetworkAddress
  private let bits: Int

  /// The block that this text is, if it is one, without bits behind the prefix.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let address = NetworkAddress(String(first)) else { return nil }
    let all = address.bytes.count * 8
    let bits = parts.count == 2 ? Int(parts[1]) : all
    guard let bits, (0...all).contains(bits), parts.count == 1 || "\(bits)" == parts[1] else { return nil }
    guard (bits..<all).allSatisfy({ !address.bit($0) }) else { return nil }
    self.address = address
    self.bits = bits
  }

  /// Whether an address lies in it.
  func contains(_ other: NetworkAddress) -> Bool {
    other.bytes.count == address.bytes.count && (0..<bits).allSatisfy { other.bit($0) == address.bit($0) }
  }
}

/// An IP address: 4 bytes or 16. An IPv4 address that is written as an IPv6 one (`::ffff:10.0.0.1`) is the former.
struct NetworkAddress: Hashable, Sendable {
  let bytes: [UInt8]

  /// The address that this text is, in the forms of inet_pton(3), which takes no zone and no short form.
  init?(_ text: String) {
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &bytes) == 1 {
      self.bytes = Array(bytes.prefix(4))
    } else if inet_pton(AF_INET6, text, &bytes) == 1 {
      let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
      self.bytes = bytes.starts(with: mapped) ? Array(bytes.suffix(4)) : bytes
    } else {
      return nil
    }
  }

  func bit(_ index: Int) -> Bool { bytes[index / 8] & (0x80 >> UInt8(index % 8)) != 0 }

  /// Whether it is an address of the public Internet: by the registries of special-purpose addresses (RFC 6890 and
  /// IANA's lists), in which a cloud's metadata service is too (169.254.169.254, fd00:ec2::254).
  var isPublic: Bool {
    if bytes.count == 4 { return !Self.special.contains { $0.contains(self) } }
    // Of IPv6, only global unicast is public, without what translates to IPv4 or is for documents.
    return Self.global.contains { $0.contains(self) } && !Self.special.contains { $0.contains(self) }
  }

  private static let global = [NetworkBlock("2000::/3")].compactMap(\.self)

  private static let special = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
  ].compactMap { NetworkBlock($0) }
}
