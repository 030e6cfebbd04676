import Testing

@testable import Relay

/// Which addresses a webhook may go to.
struct NetworkBlockTests {
  @Test(arguments: [
    "10.0.0.1", "127.0.0.1", "169.254.169.254", "172.31.255.255", "192.168.0.1", "100.64.0.1", "0.0.0.0",
    "255.255.255.255", "224.0.0.1", "198.18.0.1", "::", "::1", "::ffff:10.0.0.1", "::127.0.0.1", "fe80::1", "fc00::1",
    "fd00:ec2::254", "ff02::1", "64:ff9b::a00:1", "2002:a00:1::", "2001:db8::1", "2001::1", "fec0::1",
  ])
  func `these are not public`(text: String) throws {
    #expect(try !#require(NetworkAddress(text)).isPublic)
  }

  @Test(arguments: ["1.1.1.1", "9.255.255.255", "11.0.0.0", "172.32.0.1", "192.167.1.1", "2606:4700::1111", "2a00::1"])
  func `these are`(text: String) throws { #expect(try #require(NetworkAddress(text)).isPublic) }

  @Test(arguments: [
    "", "10.0.0.0/33", "10.0.0.1/8", "10.0.0/8", "fd00::/129", "10.0.0.0/", "10.0.0.0/08", "a/8", "::1%lo",
  ])
  func `what is no block is refused`(text: String) { #expect(NetworkBlock(text) == nil) }

  @Test func `a block has what begins as it does`() throws {
    let block = try #require(NetworkBlock("10.16.0.0/12"))
    #expect(block.contains(try #require(NetworkAddress("10.31.255.255"))))
    #expect(!block.contains(try #require(NetworkAddress("10.32.0.0"))))
    #expect(!block.contains(try #require(NetworkAddress("::1"))))
    #expect(try #require(NetworkBlock("0.0.0.0/0")).contains(try #require(NetworkAddress("::ffff:1.2.3.4"))))
  }
}
