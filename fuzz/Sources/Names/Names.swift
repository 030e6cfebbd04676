import FlashSale
import Fuzzing
import Time

@main enum Names {
  static func main() { fuzz(testOneInput) }
}

/// Any bytes as each of the texts that come from outside: ids, keys, tickets, times.
///
/// (1) Each answers for any bytes.
/// (2) What is taken has 1 to `maxBytes` allowed bytes, all of them ASCII, reads back as itself, and stands in a path.
/// (3) An id's and a time's text form is one that it is read from.
/// (4) No ticket is verified but the one that was signed.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  let text = String(decoding: bytes, as: UTF8.self)
  expect(SKU.self, text)
  expect(SaleID.self, text)
  expect(BuyerID.self, text)
  expect(IdempotencyKey.self, text)
  if let order = OrderID(text) {
    check(order.description == text.lowercased(), "an id that is written otherwise: \(text)")
    check(OrderID(order.description) == order, "an id that is not read back: \(text)")
  }
  if let time = Timestamp(rfc3339: text) {
    check(Timestamp(rfc3339: time.description) != nil, "a time that is not read back: \(text)")
  }
  expectOneTicket(text)
  return 0
}

private func expect<Name: Identifier>(_ type: Name.Type, _ text: String) {
  let isAllowed =
    (1...Name.maxBytes).contains(text.utf8.count) && text.utf8.allSatisfy { Name.allows($0) && $0 < 0x80 }
    && !(Name.isPathSegment && (text == "." || text == ".."))
  let name = Name(rawValue: text)
  check((name != nil) == isAllowed, "\(type): taken or refused against its rule: \(text)")
  guard let name else { return }
  check(name.rawValue == text, "\(type): not itself: \(text)")
}

private struct Signed {
  let signer: TicketSigner
  let order: OrderID
  let buyer: BuyerID
  let text: String

  init() throws(ValidationError) {
    signer = try TicketSigner(secrets: [[UInt8](repeating: 7, count: 32), [UInt8](repeating: 8, count: 32)])
    buyer = try BuyerID(validating: "alice")
    order = OrderID(sale: SaleNumber(rawValue: 1), buyer: buyer, key: try IdempotencyKey(validating: "k"))
    let place = LogPosition(partition: Partition(3), offset: Offset(41))
    text = signer.sign(Ticket(place), order: order, buyer: buyer)
  }
}

private let signed = try? Signed()

/// A corpus that begins with the real ticket lets the fuzzer look around it.
private func expectOneTicket(_ text: String) {
  guard let signed else { fatalError("no signer") }
  let ticket = signed.signer.verify(text, order: signed.order, buyer: signed.buyer)
  check((ticket != nil) == (text == signed.text), "a forged ticket: \(text)")
}
