import SwiftProtobuf
import Time

/// Why a record of the log could not be read. Its text goes into `quarantined_records`.
public enum UnreadableRecord: Error, Equatable, Sendable, CustomStringConvertible {
  /// The record has no value. Penstock writes none like this; a compacted topic would have some.
  case tombstone

  /// Longer than `Limits.recordBytes`, so this program did not write it.
  case tooLong(bytes: Int)

  /// Not the Protocol Buffers message of `proto/penstock/log/v1/record.proto`.
  case malformed

  /// A schema that this version does not know: a newer intake writes to an older worker, or the record is of a version
  /// of before.
  case unknownSchema(UInt32)

  /// No command, or one that this version does not know.
  case unknownCommand

  /// A field has a value that no intake accepts.
  case invalid(ValidationError)

  public var description: String {
    switch self {
    case .tombstone: "the record has no value (a tombstone)"
    case .tooLong(let bytes): "the record has \(bytes) bytes, more than the \(Limits.recordBytes) that any record has"
    case .malformed: "the value is not a penstock.log.v1.Record"
    case .unknownSchema(let schema):
      """
      the record has schema \(schema), and this version reads \(LogRecord.schema): \
      \(schema < LogRecord.schema ? "an older" : "a newer") version wrote it
      """
    case .unknownCommand: "the record has no command that this version knows"
    case .invalid(let error): "field \(error)"
    }
  }
}

extension LogRecord {
  /// The schema that this version writes, and the only one that it reads.
  fileprivate static let schema: UInt32 = 2

  /// The record's bytes: at most `Limits.recordBytes`.
  public func encoded() -> [UInt8] { withEncodedBytes { Array($0) } }

  /// Gives the record's bytes to `body`: at most `Limits.recordBytes`, valid for as long as it runs.
  ///
  /// Inlinable, because each order calls it: a result whose type is known only as it runs costs more than the encoding.
  @inlinable
  public func withEncodedBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    withUnsafeTemporaryAllocation(byteCount: Limits.oneLineRecordBytes, alignment: 1) { bytes in
      guard let count = encodePlainly(into: bytes) else { return encodedAnyForm().withUnsafeBytes(body) }
      return body(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    }
  }

  /// Writes the record to the start of `bytes`, which has `Limits.oneLineRecordBytes` or more.
  ///
  /// - Returns: how many bytes it took; `nil` if it is not one that `PlainRecord` writes.
  @usableFromInline
  func encodePlainly(into bytes: UnsafeMutableRawBufferPointer) -> Int? {
    guard case .place(let request) = self, request.terms.isEmpty || !request.isBasket else { return nil }
    return PlainRecord.write(request, to: bytes)
  }

  /// Like `encoded()`, all of it by SwiftProtobuf.
  @usableFromInline
  func encodedAnyForm() -> [UInt8] {
    var wire = WireRecord()
    wire.schema = Self.schema
    switch self {
    case .place(let request):
      wire.set(request.stock.sale, acceptedAt: request.acceptedAt)
      wire.place = WirePlace(request)
    case .close(let stock, let at):
      wire.set(stock.sale, acceptedAt: at)
      wire.close.sku = stock.sku.rawValue
    case .order(let command):
      wire.set(command.stock.sale, acceptedAt: command.at)
      wire.order = WireOrderCommand(command)
    case .stock(let command):
      wire.set(command.stock.sale, acceptedAt: command.at)
      wire.stock = WireStockCommand(command)
    }
    do {
      return try wire.serializedBytes()
    } catch {
      // proto3 has no required fields, the only thing that encoding fails on; the strings are valid by their types.
      preconditionFailure("a record could not be encoded: \(error)")
    }
  }

  /// The record that `value` holds. This answers for any bytes; it never traps.
  public init(decoding value: UnsafeRawBufferPointer?) throws(UnreadableRecord) {
    if let value, let request = PlainRecord.request(in: value) {
      self = .place(request)
    } else {
      try self.init(decodingAnyForm: value)
    }
  }

  /// Like `init(decoding:)`, all of it by SwiftProtobuf.
  init(decodingAnyForm value: UnsafeRawBufferPointer?) throws(UnreadableRecord) {
    guard let value else { throw .tombstone }
    guard value.count <= Limits.recordBytes else { throw .tooLong(bytes: value.count) }
    guard let wire = try? WireRecord(serializedBytes: Array(value)) else { throw .malformed }
    guard wire.schema == Self.schema else { throw .unknownSchema(wire.schema) }
    guard let command = wire.command, command.isKnown else { throw .unknownCommand }
    do throws(ValidationError) {
      let sale = SaleNumber(rawValue: Int32(bitPattern: wire.sale))
      guard sale.rawValue > 0 else { throw ValidationError("sale", "must be above 0") }
      let acceptedAt = Timestamp(microseconds: Int64(clamping: wire.acceptedAtUs))
      switch command {
      case .place(let place): self = .place(try place.request(of: sale, acceptedAt: acceptedAt))
      case .close(let close): self = .close(StockKey(sale: sale, sku: try SKU(validating: close.sku)), at: acceptedAt)
      case .order(let order): self = .order(try order.command(of: sale, at: acceptedAt))
      case .stock(let stock): self = .stock(try stock.command(of: sale, at: acceptedAt))
      }
    } catch {
      throw .invalid(error)
    }
  }
}

extension WireRecord {
  fileprivate mutating func set(_ sale: SaleNumber, acceptedAt: Timestamp) {
    self.sale = UInt32(bitPattern: sale.rawValue)
    acceptedAtUs = UInt64(clamping: acceptedAt.microseconds)
  }
}

extension WirePlace {
  fileprivate init(_ request: PurchaseRequest) {
    self.init()
    orderIDHigh = request.order.high
    orderIDLow = request.order.low
    buyer = request.buyer.rawValue
    lines = request.lines.map { line in
      var wire = WireLine()
      wire.sku = line.sku.rawValue
      wire.quantity = UInt32(bitPattern: line.quantity.rawValue)
      return wire
    }
    subjects = request.terms.subjects.map { subject in
      var wire = WireLimitSubject()
      wire.kind = subject.kind.rawValue
      wire.id = subject.id.rawValue
      wire.limit = UInt32(bitPattern: subject.limit.rawValue)
      return wire
    }
    buyerLimit = request.terms.buyerLimit.map { UInt32(bitPattern: $0.rawValue) } ?? 0
    waitlist = request.terms.waits
  }

  fileprivate func request(of sale: SaleNumber, acceptedAt: Timestamp) throws(ValidationError) -> PurchaseRequest {
    guard (1...Limits.basketLines).contains(lines.count) else { throw ValidationError("lines", Basket.countRule) }
    let order = OrderID(high: orderIDHigh, low: orderIDLow)
    guard order.sale == sale else { throw ValidationError("order_id", "names another sale") }
    let buyer = try BuyerID(validating: buyer, field: "buyer")
    var asked: [OrderLine] = []
    for line in lines {
      asked.append(OrderLine(sku: try SKU(validating: line.sku), quantity: Units(Int32(clamping: line.quantity))))
    }
    guard asked.count > 1 else {
      return try PurchaseRequest(
        order: order, stock: StockKey(sale: sale, sku: asked[0].sku), buyer: buyer, quantity: asked[0].quantity,
        acceptedAt: acceptedAt, terms: try terms)
    }
    return try PurchaseRequest(
      order: order, sale: sale, lines: asked, buyer: buyer, acceptedAt: acceptedAt, terms: try terms)
  }

  private var terms: OrderTerms {
    get throws(ValidationError) {
      guard !subjects.isEmpty || buyerLimit > 0 || waitlist else { return .none }
      var terms = OrderTerms(buyerLimit: buyerLimit > 0 ? Units(Int32(clamping: buyerLimit)) : nil, waits: waitlist)
      for subject in subjects {
        terms.subjects.append(
          LimitSubject(
            kind: try SubjectKind(validating: subject.kind, field: "subjects.kind"),
            id: try SubjectID(validating: subject.id, field: "subjects.id"),
            limit: Units(Int32(clamping: subject.limit))))
      }
      return terms
    }
  }
}
