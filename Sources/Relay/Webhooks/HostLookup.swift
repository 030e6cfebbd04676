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
  let names: NameLookups

  /// - Parameter host: a name or an address, without brackets.
  func address(of host: String) async throws -> String {
    let found = try await names.addresses(of: host)
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
}
