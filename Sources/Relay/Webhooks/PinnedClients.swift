internal import AsyncHTTPClient
internal import NIOCore
internal import Synchronization
internal import Time

/// HTTP clients of which each connects to one address for one host name, whatever the name says by then.
///
/// async-http-client's `dnsOverride` says where to connect; `Host`, the name in TLS and the certificate's name stay
/// the URL's ("useful if you want to connect to a different address", its documentation).
final class PinnedClients: Sendable {
  private struct Key: Hashable {
    let host: String
    let address: String
  }

  private struct Entry {
    let client: HTTPClient
    var users = 0
    var lastUsed = ContinuousClock.now
  }

  private let entries = Mutex<[Key: Entry]>([:])

  /// Lends a client to `body`.
  func with<Answer: Sendable>(
    host: String, at address: String, _ body: (HTTPClient) async throws -> Answer
  ) async throws -> Answer {
    let key = Key(host: host, address: address)
    let (client, surplus) = entries.withLock { entries in
      var entry = entries[key] ?? Entry(client: Self.client(for: key))
      entry.users += 1
      entries[key] = entry
      return (entry.client, Self.surplus(of: &entries))
    }
    for client in surplus { try? await client.shutdown() }
    defer {
      entries.withLock { entries in
        entries[key]?.users -= 1
        entries[key]?.lastUsed = .now
      }
    }
    return try await body(client)
  }

  /// Closes all of them. Nobody uses one any more.
  func close() async {
    let clients = entries.withLock { entries in
      defer { entries = [:] }
      return entries.values.map(\.client)
    }
    for client in clients { try? await client.shutdown() }
  }

  /// Takes out those that were not used for longest, as far as there are too many.
  private static func surplus(of entries: inout [Key: Entry]) -> [HTTPClient] {
    guard entries.count > Limits.pinnedAddresses else { return [] }
    let idle = entries.filter { $0.value.users == 0 }.sorted { $0.value.lastUsed < $1.value.lastUsed }
    return idle.prefix(entries.count - Limits.pinnedAddresses).compactMap {
      entries.removeValue(forKey: $0.key)?.client
    }
  }

  private static func client(for key: Key) -> HTTPClient {
    var configuration = HTTPClient.Configuration()
    configuration.dnsOverride = [key.host: key.address]
    // Where a receiver points to is not what was looked at.
    configuration.redirectConfiguration = .disallow
    configuration.httpVersion = .http1Only
    configuration.timeout.connect = TimeAmount(Limits.attempt)
    // The rules of deliveries say when to try again.
    configuration.connectionPool.retryConnectionEstablishment = false
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }
}
