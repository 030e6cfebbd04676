import Testing

@testable import Relay

/// Which of a host's addresses an attempt goes to.
struct HostLookupTests {
  private let lookup = HostLookup(
    networks: ["127.0.0.0/8"].compactMap { NetworkBlock($0) },
    names: NameLookups { $0 == "one.test" ? ["127.0.0.9"] : ["127.0.0.1", "127.0.0.2", "127.0.0.3"] })

  @Test func `the next address is taken when one does not answer, and kept while it does`() async throws {
    for expected in ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.1"] {
      // Attempts that are under way together count as one.
      let together = [try await lookup.address(of: "shop.test"), try await lookup.address(of: "shop.test")]
      #expect(together.map(\.address) == [expected, expected])
      for found in together { lookup.isSilent(found) }
    }
    #expect(try await lookup.address(of: "other.test").address == "127.0.0.1", "each host for itself")
    let only = try await lookup.address(of: "one.test")
    lookup.isSilent(only)
    #expect(try await lookup.address(of: "one.test").address == "127.0.0.9")
  }
}
