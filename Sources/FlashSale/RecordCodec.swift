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

  /// A schema that this version does not know: a newer intake writes to an older worker.
  case unknownSchema(UInt32)

  /// A kind of record that this version does not know.
  case unknownKind(Int)

  /// A field has a value that no intake accepts.
  case invalid(ValidationError)

  public var description: String {
    switch self {
    case .tombstone: "the record has no value (a tombstone)"
    case .tooLong(let bytes): "the record has \(bytes) bytes, more than the \(Limits.recordBytes) that any record has"
    case .malformed: "the value is not a penstock.log.v1.Record"
    case .unknownSchema(let schema): "schema \(schema) is not known to this version, which reads 1"
    case .unknownKind(let kind): "record kind \(kind) is not known to this version"
    case .invalid(let error): "field \(error)"
    }
  }
}

extension LogRecord {
  private static let schema: UInt32 = 1

  /// The record's bytes: at most `Limits.recordBytes`.
  public func encoded() -> [UInt8] { withEncodedBytes { Array($0) } }

  /// Gives the record's bytes to `body`: at most `Limits.recordBytes`, valid for as long as it runs.
  public func withEncodedBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    guard case .place(let request) = self else { return encodedAnyForm().withUnsafeBytes(body) }
    return withUnsafeTemporaryAllocation(byteCount: Limits.recordBytes, alignment: 1) { bytes in
      let count = PlainRecord.write(request, to: bytes)
      return body(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    }
  }

  /// Like `encoded()`, all of it by SwiftProtobuf.
  func encodedAnyForm() -> [UInt8] {
    var wire = WireRecord()
    wire.schema = Self.schema
    switch self {
    case .place(let request):
      wire.kind = .place
      wire.set(request.stock, acceptedAt: request.acceptedAt)
      wire.orderIDHigh = request.order.high
      wire.orderIDLow = request.order.low
      wire.buyer = request.buyer.rawValue
      wire.quantity = UInt32(bitPattern: request.quantity.rawValue)
    case .close(let stock, let at):
      wire.kind = .close
      wire.set(stock, acceptedAt: at)
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
    do throws(ValidationError) {
      let sale = SaleNumber(rawValue: Int32(bitPattern: wire.sale))
      guard sale.rawValue > 0 else { throw ValidationError("sale", "must be above 0") }
      let stock = StockKey(sale: sale, sku: try SKU(validating: wire.sku))
      let acceptedAt = Timestamp(microseconds: Int64(clamping: wire.acceptedAtUs))
      switch wire.kind {
      case .place:
        let order = OrderID(high: wire.orderIDHigh, low: wire.orderIDLow)
        guard order.sale == sale else { throw ValidationError("order_id", "names another sale") }
        self = .place(
          try PurchaseRequest(
            order: order, stock: stock, buyer: try BuyerID(validating: wire.buyer, field: "buyer"),
            quantity: Units(Int32(clamping: wire.quantity)), acceptedAt: acceptedAt))
        return
      case .close:
        self = .close(stock, at: acceptedAt)
        return
      case .unspecified, .UNRECOGNIZED: break
      }
    } catch {
      throw .invalid(error)
    }
    throw .unknownKind(wire.kind.rawValue)
  }
}

extension WireRecord {
  fileprivate mutating func set(_ stock: StockKey, acceptedAt: Timestamp) {
    sale = UInt32(bitPattern: stock.sale.rawValue)
    sku = stock.sku.rawValue
    acceptedAtUs = UInt64(clamping: acceptedAt.microseconds)
  }
}
