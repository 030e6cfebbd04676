import FlashSale
import Testing
import Time

@Suite struct RoomTokenTests {
  private static let sale = SaleNumber(rawValue: 7)
  private static let ann = BuyerID(unchecked: "ann")
  private static let token = RoomToken(sale: sale, place: Offset(12), expiresAt: RoomTests.time(600))

  private static func signer(_ keys: UInt8...) throws -> RoomTokenSigner {
    try RoomTokenSigner(secrets: keys.map { [UInt8](repeating: $0, count: 32) })
  }

  private static func fault(
    _ text: String, _ signer: RoomTokenSigner, buyer: BuyerID = ann, sale: SaleNumber = sale, at seconds: Int64 = 0
  ) -> RoomToken.Fault? {
    var text = text
    let token = text.withUTF8 { RoomToken(text: UnsafeRawBufferPointer($0)) }
    guard let token else { return .malformed }
    return signer.fault(of: token, for: buyer, in: sale, at: RoomTests.time(seconds))
  }

  @Test func `a token counts for its buyer, in its sale, in its time`() throws {
    let signer = try Self.signer(1)
    let text = signer.sign(Self.token, for: Self.ann)
    #expect(text.utf8.count == RoomToken.textBytes)
    #expect(Self.fault(text, signer) == nil)
    #expect(Self.fault(text, signer, buyer: BuyerID(unchecked: "bob")) == .forged)
    #expect(Self.fault(text, signer, sale: SaleNumber(rawValue: 8)) == .foreign)
    #expect(Self.fault(text, signer, at: 631) == .expired)
  }

  @Test func `clocks may differ by 30 seconds`() throws {
    let signer = try Self.signer(1)
    let text = signer.sign(Self.token, for: Self.ann)
    // An intake whose clock is ahead, and one whose clock is behind.
    #expect(Self.fault(text, signer, at: 629) == nil)
    #expect(Self.fault(text, signer, at: -30) == nil)
  }

  @Test func `a key can be rotated in the middle of a sale`() throws {
    let (old, both, new) = try (Self.signer(1), Self.signer(2, 1), Self.signer(2))
    let (first, second) = (old.sign(Self.token, for: Self.ann), both.sign(Self.token, for: Self.ann))
    #expect(Self.fault(first, both) == nil)
    #expect(Self.fault(second, both) == nil)
    #expect(Self.fault(second, new) == nil)
    #expect(Self.fault(first, new) == .forged)
    #expect(Self.fault(second, old) == .forged)
  }

  @Test func `what was changed, cut or made up does not count`() throws {
    let signer = try Self.signer(1)
    let text = signer.sign(Self.token, for: Self.ann)
    for index in text.indices {
      var other = text
      other.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
      #expect(Self.fault(other, signer) != nil)
    }
    for length in 0..<RoomToken.textBytes { #expect(Self.fault(String(text.prefix(length)), signer) == .malformed) }
    #expect(Self.fault(text + "A", signer) == .malformed)
    #expect(Self.fault(String(repeating: "A", count: 10_000), signer) == .malformed)
    #expect(Self.fault(String(repeating: "é", count: 35), signer) == .malformed)
    #expect(Self.fault("", signer) == .malformed)
  }

  @Test func `a ticket is no token, though one secret signs both`() throws {
    let secret = [UInt8](repeating: 1, count: 32)
    let ticket = try TicketSigner(secrets: [secret]).sign(
      Ticket(LogPosition(partition: 0, offset: 12)), order: OrderID(high: 0, low: 0), buyer: Self.ann)
    #expect(Self.fault(ticket, try Self.signer(1)) == .malformed)
    #expect(throws: ValidationError.self) { try RoomTokenSigner(secrets: []) }
    #expect(throws: ValidationError.self) { try RoomTokenSigner(secrets: [[1, 2, 3]]) }
  }
}
