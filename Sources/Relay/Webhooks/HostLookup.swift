internal import Glibc
internal import NIOPosix

/// Finds the address that a webhook goes to, and refuses those that are not for it.
///
/// (1) Every address of the name must be allowed: which one a library would take is not known.
/// (2) The address that was looked at is the one that is connected to (`PinnedClients`): the name is not asked again.
struct HostLookup: Sendable {
  /// Why there is no address, in words for the shop.
  struct Refusal: Error, CustomStringConvertible {
    let description: String
  }

  /// Networks that are not public and may be reached all the same.
  let networks: [NetworkBlock]

  /// - Parameter host: a name or an address, without brackets.
  func address(of host: String) async throws -> String {
    let found = try await NIOThreadPool.singleton.runIfActive { try Self.addresses(of: host) }
    guard let first = found.first else { throw Refusal(description: "\(host) has no address") }
    for text in found {
      guard let address = NetworkAddress(text), allows(address) else {
        throw Refusal(description: "\(host) is \(text), which is no public address, and its network is not allowed")
      }
    }
    return first
  }

  private func allows(_ address: NetworkAddress) -> Bool {
    address.isPublic || networks.contains { $0.contains(address) }
  }

  /// All addresses, as text. Blocks.
  private static func addresses(of host: String) throws -> [String] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let failure = getaddrinfo(host, nil, &hints, &list)
    guard failure == 0 else {
      throw Refusal(description: "\(host) cannot be found: \(String(cString: gai_strerror(failure)))")
    }
    defer { freeaddrinfo(list) }
    var found: [String] = []
    var next = list
    while let entry = next {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let status = getnameinfo(
        entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
      let address = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      if status == 0, !found.contains(address) { found.append(address) }
      next = entry.pointee.ai_next
    }
    return found
  }
}
