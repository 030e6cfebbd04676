internal import FlashSale
internal import SaleStore
internal import Time

/// A record that could not be decided, in the admin API.
struct AdminQuarantine: Encodable {
  let partition: Int32
  let offset: Int64
  let error: String
  @Nullable var sale: String?
  @Nullable var orderID: String?
  let quarantinedAt: Timestamp

  /// The key as text, where it is UTF-8; `null` in a summary, as all that is in the record.
  @Nullable var key: String?

  /// What this version makes of the value: what it asks for, or why it cannot be read.
  @Nullable var decoded: String?

  /// The same as fields, for a page; `nil` in a summary, and where it cannot be read.
  let content: DecodedRecord?

  /// The value's fields by their numbers, and its bytes; empty in a summary.
  let fields: [String]
  let hex: [String]
  @Nullable var resolution: String?
  @Nullable var resolvedAt: Timestamp?
  @Nullable var resolvedBy: String?
  @Nullable var resolvedBecause: String?
  @Nullable var requeuedOffset: Int64?

  private enum CodingKeys: String, CodingKey {
    case partition, offset, error, sale, key, decoded, fields, hex, resolution
    case orderID = "order_id"
    case quarantinedAt = "quarantined_at"
    case resolvedAt = "resolved_at"
    case resolvedBy = "resolved_by"
    case resolvedBecause = "resolved_because"
    case requeuedOffset = "requeued_offset"
  }

  /// How much of a record is shown.
  enum Extent {
    /// Not what is in it: it names buyers.
    case summary
    case whole
  }

  init(_ record: QuarantinedRecord, _ extent: Extent) {
    let isWhole = extent == .whole
    partition = record.position.partition.rawValue
    offset = record.position.offset.rawValue
    error = record.error
    quarantinedAt = record.quarantinedAt
    (content, decoded) = isWhole ? Self.read(record.value) : (nil, nil)
    let value = record.value ?? []
    fields = isWhole ? ProtobufFields(value).lines : []
    hex = isWhole ? HexDump.lines(Array(value.prefix(Limits.shownBytes))) : []
    sale = record.sale?.rawValue
    orderID = record.order.map { "\($0)" }
    key = !isWhole ? nil : record.key.flatMap { String(validating: $0, as: UTF8.self) }
    resolution = record.resolution?.name
    resolvedAt = record.resolution?.at
    resolvedBy = record.resolution?.by
    resolvedBecause = record.resolution?.because
    requeuedOffset = record.resolution?.requeuedAt?.rawValue
  }

  private static func read(_ value: [UInt8]?) -> (DecodedRecord?, String) {
    guard let value else { return (nil, "a tombstone: a record without a value") }
    return value.withUnsafeBytes { bytes in
      do throws(UnreadableRecord) {
        let content = DecodedRecord(try LogRecord(decoding: bytes))
        return (content, content.words)
      } catch {
        return (nil, "cannot be read: \(error)")
      }
    }
  }
}
