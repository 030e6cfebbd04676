internal import Synchronization

/// Finds the address that a webhook goes to, and refuses those that are not for it.
///
/// (1) Every address of the name must be allowed: which one a library would take is not known.
/// (2) The address that was looked at is the one that is connected to (`PinnedClients`): the name is not asked again.
/// (3) A host's first address is taken, until it does not answer: then the next one, and so round.
final class HostLookup: Sendable {
  /// Why there is no address, in words for the shop.
  struct Refusal: Error, CustomStringConvertible {
    let description: String
  }

  /// An address of a host.
  struct Found: Sendable {
    let host: String
    let address: String

    /// The one behind it; the same if there is one only.
    fileprivate let next: String
  }

  /// Networks that are not public and may be reached all the same.
  private let networks: [NetworkBlock]
  private let names: NameLookups

  /// Of hosts whose first address did not answer: the one whose turn it is.
  private let turns = Mutex<[String: String]>([:])

  init(networks: [NetworkBlock], names: NameLookups) { (self.networks, self.names) = (networks, names) }

  /// - Parameter host: a name or an address, without brackets.
  func address(of host: String) async throws -> Found {
    let found = try await names.addresses(of: host)
    guard !found.isEmpty else { throw Refusal(description: "\(host) has no address") }
    for text in found {
      guard let address = NetworkAddress(text), allows(address) else {
        throw Refusal(description: "\(host) is \(text), which is no public address, and its network is not allowed")
      }
    }
    let turn = turns.withLock { $0[host] }.flatMap { found.firstIndex(of: $0) } ?? 0
    return Found(host: host, address: found[turn], next: found[(turn + 1) % found.count])
  }

  /// Notes that an address did not answer. Of attempts that met it at once the first one counts.
  func isSilent(_ found: Found) {
    turns.withLock { turns in
      guard found.next != found.address, turns[found.host] ?? found.address == found.address else { return }
      turns[found.host] = found.next
    }
  }

  private func allows(_ address: NetworkAddress) -> Bool {
    address.isPublic || networks.contains { $0.contains(address) }
  }
}
