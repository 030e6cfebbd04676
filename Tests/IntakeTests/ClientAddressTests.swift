import Testing

@testable import Intake

struct ClientAddressTests {
  private static func address(_ text: String) -> ClientAddress? {
    var text = text
    return text.withUTF8 { ClientAddress(UnsafeRawBufferPointer($0)) }
  }

  private static func client(_ proxies: String, _ peer: String, _ forwarded: String?) throws -> ClientAddress? {
    let blocks = try proxies.split(separator: ",").map { try #require(AddressBlock(String($0))) }
    let peer = try #require(address(peer))
    guard var forwarded else { return TrustedProxies(blocks).client(of: peer, forwarded: nil) }
    return forwarded.withUTF8 { TrustedProxies(blocks).client(of: peer, forwarded: UnsafeRawBufferPointer($0)) }
  }

  @Test(arguments: [
    "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4.", "host", ":", ":::", "1::2::3", "fe80::1%eth0", "1.2.3.4 ",
    String(repeating: "1", count: 10_000), "1.2.3.4\0",
  ])
  func `what is no address is none`(text: String) { #expect(Self.address(text) == nil) }

  @Test func `an address of IPv4 is the same however it is written, and one of IPv6 counts with its network`() {
    #expect(Self.address("192.0.2.1") == Self.address("::ffff:192.0.2.1"))
    #expect(Self.address("192.0.2.1")?.network != Self.address("192.0.2.2")?.network)
    #expect(Self.address("2001:db8::1")?.network == Self.address("2001:db8::ffff:1:2:3")?.network)
    #expect(Self.address("2001:db8::1")?.network != Self.address("2001:db8:0:1::1")?.network)
  }

  @Test(arguments: ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/08", "::/129", "x/8", "", "/8"])
  func `what is no block is refused`(text: String) { #expect(AddressBlock(text) == nil) }

  @Test func `only what trusted proxies wrote is believed`() throws {
    let own = "10.0.0.0/8,2001:db8::/32"
    // Of a stranger, nothing.
    #expect(try Self.client(own, "192.0.2.9", "1.1.1.1") == Self.address("192.0.2.9"))
    #expect(try Self.client("", "10.0.0.1", "1.1.1.1") == Self.address("10.0.0.1"))
    // The first from the right that is no proxy; what is left of it, the client wrote.
    #expect(try Self.client(own, "10.0.0.1", "6.6.6.6, 192.0.2.7, 10.1.1.1") == Self.address("192.0.2.7"))
    #expect(try Self.client(own, "2001:db8::5", "192.0.2.7") == Self.address("192.0.2.7"))
    #expect(try Self.client(own, "10.0.0.1", "[2001:db9::7]:443,10.0.0.2:8080") == Self.address("2001:db9::7"))
    // All are proxies: the first of them.
    #expect(try Self.client(own, "10.0.0.1", "10.0.0.3,10.0.0.2") == Self.address("10.0.0.3"))
    #expect(try Self.client(own, "10.0.0.1", nil) == Self.address("10.0.0.1"))
  }

  @Test(arguments: ["", ",", "unknown", "192.0.2.7,", "192.0.2.7,unknown", "_hidden", "[::1", "]", "10.0.0.1:", ":80"])
  func `what cannot be read is the proxy's that wrote it`(forwarded: String) throws {
    let client = try Self.client("10.0.0.1", "10.0.0.1", forwarded)
    #expect(client == Self.address("10.0.0.1"))
  }

  @Test func `a thousand entries name the last stranger, and a thousand proxies one of them`() throws {
    let strangers = (0..<1_000).map { "192.0.\($0 / 250).\($0 % 250)" }.joined(separator: ", ")
    #expect(try Self.client("10.0.0.0/8", "10.0.0.1", strangers) == Self.address("192.0.3.249"))
    let proxies = (0..<1_000).map { "10.0.\($0 / 250).\($0 % 250)" }.joined(separator: ",")
    let last = try Self.client("10.0.0.0/8", "10.0.0.1", proxies)
    #expect(last == Self.address("10.0.3.218"))
  }
}
