import Testing

@testable import FlashSale
import TestSupport
import Time

struct RecordTests {
  private let stock = StockKey(sale: SaleNumber(rawValue: 12), sku: SKU(unchecked: "phone"))

  private func request(quantity: Int32 = 1) throws -> PurchaseRequest {
    let buyer = BuyerID(unchecked: "buyer")
    return try PurchaseRequest(
      order: OrderID(sale: stock.sale, buyer: buyer, key: IdempotencyKey(unchecked: "k")), stock: stock, buyer: buyer,
      quantity: Units(quantity), acceptedAt: Timestamp(microseconds: 1_790_000_000_123_456))
  }

  private func decoded(_ bytes: [UInt8]) throws(UnreadableRecord) -> LogRecord {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: bytes)
    return try LogRecord(decoding: UnsafeRawBufferPointer(copy))
  }

  @Test func `a record reads back as it was written`() throws {
    for record in [
      LogRecord.place(try request()), .place(try request(quantity: Limits.orderUnits)),
      .close(stock, at: Timestamp(microseconds: 5)),
    ] {
      #expect(try decoded(record.encoded()) == record)
    }
  }

  @Test func `a command about a stock keeps its id, and one that was written without an id has none`() throws {
    let by = try Actor(name: "mia", reason: "delivery")
    for id in [nil, CommandID(rawValue: 1), CommandID(rawValue: .min)] {
      for action in [
        StockCommand.Action.restock(Units(500)), .reopen, .close, .change(try RuleChange(priceMinor: 5)),
      ] {
        let record = LogRecord.stock(
          try StockCommand(stock: stock, at: Timestamp(microseconds: 5), action: action, id: id, by: by))
        #expect(try decoded(record.encoded()) == record)
      }
    }
    // Sale 12, at 5 µs, a restock of 3 of the SKU "phone" by "mia": as a version before wrote it.
    let inner: [UInt8] = [0x0A, 5] + Array("phone".utf8) + [0x12, 3] + Array("mia".utf8) + [0x50, 3]
    let old = [0x08, 2, 0x1D, 12, 0, 0, 0, 0x29, 5, 0, 0, 0, 0, 0, 0, 0, 0x6A, UInt8(inner.count)] + inner
    let command = try StockCommand(
      stock: stock, at: Timestamp(microseconds: 5), action: .restock(Units(3)), by: Actor(name: "mia"))
    #expect(try decoded(old) == .stock(command))
  }

  @Test func `a refund says whether it is of what is due alone, and one of before is not`() throws {
    let payment = PaymentID(unchecked: "pay-1")
    func record(_ action: OrderCommand.Action) throws -> LogRecord {
      .order(
        try OrderCommand(
          order: request().order, stock: stock, at: Timestamp(microseconds: 5), action: action,
          by: Actor(name: "mia")))
    }
    let (due, any) = (
      try record(.refunded(payment, minor: 7, onlyDue: true)), try record(.refunded(payment, minor: 7))
    )
    #expect(try decoded(due.encoded()) == due && decoded(any.encoded()) == any && due != any)
    // A version before has written no third field: two bytes less.
    #expect(any.encoded().count == due.encoded().count - 2)
  }

  @Test func `a record at the limit of every field stays within its bound`() throws {
    let longest = String(repeating: "x", count: Limits.identifierBytes)
    let key = StockKey(sale: SaleNumber(rawValue: .max), sku: SKU(unchecked: longest))
    let order = OrderID(high: UInt64(Int32.max) << 32 | 0xFFFF_8FFF, low: .max >> 1)
    let record = LogRecord.place(
      try PurchaseRequest(
        order: order, stock: key, buyer: BuyerID(unchecked: longest), quantity: Units(Limits.orderUnits),
        acceptedAt: Timestamp(microseconds: .max)))
    #expect(record.encoded().count <= Limits.recordBytes)
    #expect(try decoded(record.encoded()) == record)
  }

  @Test func `what cannot be read says why`() throws {
    #expect(throws: UnreadableRecord.tombstone) { try LogRecord(decoding: nil) }
    #expect(throws: UnreadableRecord.malformed) { try decoded([0xFF, 0xFF, 0xFF]) }
    #expect(throws: UnreadableRecord.tooLong(bytes: 1_300)) { try decoded(Array(repeating: 0, count: 1_300)) }
    #expect(throws: UnreadableRecord.unknownSchema(0)) { try decoded([]) }
    #expect(throws: UnreadableRecord.unknownSchema(3)) { try decoded([0x08, 0x03]) }
    // Sale 12, and no command; then one that nobody knows.
    #expect(throws: UnreadableRecord.unknownCommand) { try decoded(envelope) }
    #expect(throws: UnreadableRecord.unknownCommand) { try decoded(envelope + [0x62, 0]) }
  }

  @Test func `a record of the flat schema of before is refused, and says that it is old`() throws {
    // Schema 1, PLACE, sale 12, SKU "phone".
    let flat: [UInt8] = [0x08, 1, 0x10, 1, 0x1D, 12, 0, 0, 0, 0x22, 5] + Array("phone".utf8)
    #expect(throws: UnreadableRecord.unknownSchema(1)) { try decoded(flat) }
    #expect("\(UnreadableRecord.unknownSchema(1))".contains("an older version wrote it"))
    #expect("\(UnreadableRecord.unknownSchema(3))".contains("a newer version wrote it"))
  }

  @Test func `a record with a field that no intake lets through is invalid, not trusted`() throws {
    func place(_ fields: [UInt8]) -> [UInt8] { envelope + [0x52, UInt8(fields.count)] + fields }
    let line: [UInt8] = [0x22, 9, 0x0A, 5] + Array("phone".utf8) + [0x10, 1]
    let order: [UInt8] = [0x09, 0, 0, 0, 0, 12, 0, 0, 0]
    let buyer: [UInt8] = [0x1A, 1, 0x62]
    #expect(try decoded(place(order + buyer + line)).request?.quantity == Units(1))
    for (fields, field) in [
      (buyer + line, "order_id"), (order + line, "buyer"), (order + buyer, "lines"),
      (order + buyer + line + line, "lines[1].sku"), (order + buyer + [0x22, 0], "sku"),
    ] {
      do {
        _ = try decoded(place(fields))
        Issue.record("\(field) was let through")
      } catch UnreadableRecord.invalid(let error) {
        #expect(error.field == field)
      }
    }
    #expect(throws: UnreadableRecord.invalid(ValidationError("sale", "must be above 0"))) {
      try decoded([0x08, 2, 0x5A, 0])
    }
  }

  /// Schema 2, sale 12, and nothing else.
  private let envelope: [UInt8] = [0x08, 2, 0x1D, 12, 0, 0, 0]

  @Test func `the decoder answers whatever the bytes are`() throws {
    var random = SeededGenerator(seed: 3)
    let good = LogRecord.place(try request()).encoded()
    for _ in 0..<20_000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
      }
      if Bool.random(using: &random) { bytes.removeLast(.random(in: 0..<bytes.count, using: &random)) }
      if case .place(let request) = try? decoded(bytes) {
        #expect((1...Limits.orderUnits).contains(request.quantity.rawValue))
        #expect(request.order.sale == request.stock.sale)
      }
    }
  }

  @Test func `the short way to read a record and the general one agree, whatever the bytes are`() throws {
    var random = SeededGenerator(seed: 4)
    let plain = try [1, 127, 128, Limits.orderUnits].map { LogRecord.place(try request(quantity: $0)).encoded() }
    for bytes in plain {
      #expect(bytes.withUnsafeBytes { PlainRecord.request(in: $0) } != nil, "read the long way")
    }
    for round in 0..<40_000 {
      var bytes = plain[round % plain.count]
      for _ in 0..<Int.random(in: 0...2, using: &random) {
        bytes[.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
      }
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes.removeLast(.random(in: 0..<bytes.count, using: &random))
      // A field once more, an unknown one, or one that is cut off.
      case 1: bytes += [[0x48, 0x10, 0x52].randomElement(using: &random) ?? 0, .random(in: 0...255, using: &random)]
      case 2: bytes.insert(.random(in: 0...255, using: &random), at: .random(in: bytes.indices, using: &random))
      default: break
      }
      bytes.withUnsafeBytes { bytes in
        let short = Result { () throws(UnreadableRecord) in try LogRecord(decoding: bytes) }
        let general = Result { () throws(UnreadableRecord) in try LogRecord(decodingAnyForm: bytes) }
        #expect(short == general)
      }
    }
  }

  @Test func `the short way to write a record and the general one write the same bytes`() throws {
    var random = SeededGenerator(seed: 5)
    for round in 0..<2_000 {
      // Now and then the smallest and the largest of each.
      let length = [1, 64, .random(in: 1...64, using: &random)][round % 3]
      let microseconds = [0, Int64.max, .random(in: 0...Int64.max, using: &random)][round / 3 % 3]
      let sale = SaleNumber(rawValue: [1, Int32.max, .random(in: 1...Int32.max, using: &random)][round / 9 % 3])
      let quantity = [1, 127, 128, Limits.orderUnits, .random(in: 1...Limits.orderUnits, using: &random)][
        round / 27 % 5]
      let request = try PurchaseRequest(
        order: OrderID(randomFor: sale, using: &random),
        stock: StockKey(sale: sale, sku: SKU(unchecked: String(repeating: "s", count: length))),
        buyer: BuyerID(unchecked: String(repeating: "b", count: 65 - length)), quantity: Units(quantity),
        acceptedAt: Timestamp(microseconds: microseconds))
      #expect(LogRecord.place(request).encoded() == LogRecord.place(request).encodedAnyForm())
    }
  }

  @Test func `a quantity out of range never becomes a request`() {
    for quantity in [Int32(0), -1, Limits.orderUnits + 1, .min, .max] {
      #expect(throws: ValidationError.self) { try request(quantity: quantity) }
    }
  }

  @Test func `the sale of an unreadable record can be told from its key`() throws {
    func sale(_ key: String) -> SaleID? {
      Array(key.utf8).withUnsafeBytes { RecordKey.sale(inKey: $0) }
    }
    #expect(sale("double11/phone#0") == SaleID(unchecked: "double11"))
    #expect(sale("double11") == SaleID(unchecked: "double11"))
    #expect(sale("") == nil)
    #expect(sale("a b/c") == nil)
  }
}
