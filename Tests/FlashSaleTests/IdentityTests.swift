import Testing

@testable import FlashSale

struct IdentityTests {
  private let buyer = BuyerID(unchecked: "buyer-1")
  private let key = IdempotencyKey(unchecked: "k-1")

  @Test func `I8 the same purchase has the same id everywhere, another one has another`() {
    let sale = SaleNumber(rawValue: 3)
    let id = OrderID(sale: sale, buyer: buyer, key: key)
    #expect(id == OrderID(sale: sale, buyer: buyer, key: key))
    // It stands in logs and databases: computed by another program (Python's hashlib).
    #expect(id.description == "00000003-daee-83cd-9f4f-7b48f4dee13b")
    #expect(id != OrderID(sale: SaleNumber(rawValue: 4), buyer: buyer, key: key))
    #expect(id != OrderID(sale: sale, buyer: BuyerID(unchecked: "buyer-2"), key: key))
    #expect(id != OrderID(sale: sale, buyer: buyer, key: IdempotencyKey(unchecked: "k-2")))
    // "ab" + "c" and "a" + "bc" are two purchases.
    let glued = OrderID(sale: sale, buyer: BuyerID(unchecked: "ab"), key: IdempotencyKey(unchecked: "c"))
    #expect(glued != OrderID(sale: sale, buyer: BuyerID(unchecked: "a"), key: IdempotencyKey(unchecked: "bc")))
    #expect(OrderID(randomFor: sale) != OrderID(randomFor: sale))
  }

  @Test func `an order id is a UUID version 8 that begins with its sale, and its text reads back`() throws {
    for sale in [Int32(1), 77, .max] {
      let id = OrderID(sale: SaleNumber(rawValue: sale), buyer: buyer, key: key)
      let text = id.description
      #expect(text.count == 36)
      #expect(Array(text)[14] == "8")
      #expect("89ab".contains(Array(text)[19]))
      #expect(id.sale.rawValue == sale)
      #expect(OrderID(text) == id)
      #expect(OrderID(text.uppercased()) == id)
    }
  }

  @Test func `an order id's text has the digits of its bytes`() {
    for number in 0..<1_000 {
      let id = OrderID(randomFor: SaleNumber(rawValue: Int32(number)))
      let digits = [id.high, id.low].map { half in
        let text = String(half, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
      }
      #expect(id.description.filter { $0 != "-" } == digits.joined())
      #expect(id.description.split(separator: "-", omittingEmptySubsequences: false).map(\.count) == [8, 4, 4, 4, 12])
    }
  }

  @Test(arguments: [
    "", "0", "00000001-0000-4000-8000-000000000000", "00000001-0000-8000-0000-000000000000",
    "0000000100008000800000000000000000000", "00000001-0000-8000-8000-00000000000g",
    "00000001+0000-8000-8000-000000000000", "00000001-0000-8000-8000-0000000000000",
  ])
  func `text that is no order id is refused`(text: String) {
    #expect(OrderID(text) == nil)
  }

  @Test func `a ticket is good for its order and buyer only, and any changed character spoils it`() throws {
    let signer = try TicketSigner(secrets: [Array("a secret of 32 bytes, or so, yes".utf8)])
    let order = OrderID(sale: SaleNumber(rawValue: 3), buyer: buyer, key: key)
    let ticket = Ticket(LogPosition(partition: Partition(11), offset: Offset(.max)))
    let text = signer.sign(ticket, order: order, buyer: buyer)
    #expect(signer.verify(text, order: order, buyer: buyer) == ticket)
    #expect(signer.verify(text, order: OrderID(randomFor: SaleNumber(rawValue: 3)), buyer: buyer) == nil)
    #expect(signer.verify(text, order: order, buyer: BuyerID(unchecked: "other")) == nil)
    for index in text.indices {
      let other: Character = text[index] == "A" ? "B" : "A"
      let forged = text[..<index] + String(other) + text[text.index(after: index)...]
      #expect(signer.verify(String(forged), order: order, buyer: buyer) == nil)
    }
    #expect(signer.verify("", order: order, buyer: buyer) == nil)
    #expect(signer.verify(text + "A", order: order, buyer: buyer) == nil)
  }

  @Test func `a rotated ticket key still verifies what it signed, and a removed one does not`() throws {
    let old = Array("old-old-old-old-old".utf8)
    let new = Array("new-new-new-new-new".utf8)
    let order = OrderID(randomFor: SaleNumber(rawValue: 1))
    let ticket = Ticket(LogPosition(partition: Partition(0), offset: Offset(5)))
    let text = try TicketSigner(secrets: [old]).sign(ticket, order: order, buyer: buyer)
    #expect(try TicketSigner(secrets: [new, old]).verify(text, order: order, buyer: buyer) == ticket)
    #expect(try TicketSigner(secrets: [new]).verify(text, order: order, buyer: buyer) == nil)
    #expect(throws: ValidationError.self) { try TicketSigner(secrets: []) }
    #expect(throws: ValidationError.self) { try TicketSigner(secrets: [Array("short".utf8)]) }
  }

  @Test(arguments: ["", "a/b", "a b", "a#0", "ü", "a\u{0}", String(repeating: "x", count: 65)])
  func `a name that would not survive a path, a key or a log line is refused`(text: String) {
    #expect(SaleID(rawValue: text) == nil)
    #expect(SKU(rawValue: text) == nil)
  }

  @Test func `names and keys are taken up to their limit`() {
    #expect(SKU(rawValue: String(repeating: "x", count: 64)) != nil)
    #expect(BuyerID(rawValue: "a/b#c@d") != nil)
    #expect(IdempotencyKey(rawValue: String(repeating: "k", count: 128)) != nil)
    #expect(IdempotencyKey(rawValue: String(repeating: "k", count: 129)) == nil)
  }

  // The vectors of Apache Kafka's own UtilsTest.testMurmur2.
  @Test(arguments: [
    ("21", Int32(-973_932_308)), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
    ("a-little-bit-longer-string", -1_486_304_829),
    ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
  ])
  func `the partition hash is the Java client's`(text: String, hash: Int32) {
    var text = text
    #expect(text.withUTF8 { murmur2(UnsafeRawBufferPointer($0)) } == UInt32(bitPattern: hash))
  }

  private func base64(_ bytes: [UInt8]) -> [UInt8] {
    var text = [UInt8](repeating: 0, count: Base64URL.length(of: bytes.count))
    text.withUnsafeMutableBytes { text in bytes.withUnsafeBytes { Base64URL.encode($0, into: text) } }
    return text
  }

  private func fromBase64(_ text: some Sequence<UInt8>, count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    let isRead = Array(text).withUnsafeBytes { text in
      bytes.withUnsafeMutableBytes { Base64URL.decode(text, into: $0) }
    }
    return isRead ? bytes : nil
  }

  @Test func `base64url reads back every length, and only its one spelling`() {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count) }
      let text = base64(bytes)
      #expect(fromBase64(text, count: count) == bytes)
      #expect(fromBase64(text + [UInt8(ascii: "A")], count: count) == nil)
      #expect(text.allSatisfy { !"=+/".utf8.contains($0) })
    }
    #expect(fromBase64("AB".utf8, count: 1) == nil)  // four bits left over that are not zero
  }

  @Test func `a name is read from its bytes as from its text`() {
    for byte in UInt8.min ... .max {
      let (bytes, text) = ([UInt8(ascii: "a"), byte], "a" + String(Unicode.Scalar(byte)))
      // Above 127 a byte alone is no character, and the text has two bytes.
      #expect(bytes.withUnsafeBytes { SKU(bytes: $0) } == SKU(rawValue: text))
      #expect(bytes.withUnsafeBytes { BuyerID(bytes: $0) } == BuyerID(rawValue: text))
    }
    for count in [0, 1, 64, 65] {
      let text = String(repeating: "k", count: count)
      #expect(Array(text.utf8).withUnsafeBytes { SaleID(bytes: $0) } == SaleID(rawValue: text))
    }
  }
}
