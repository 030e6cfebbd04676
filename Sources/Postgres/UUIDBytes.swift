/// The 16 bytes of a UUID, in the order in which they are printed.
public struct UUIDBytes: Hashable, Sendable {
  /// The first eight bytes, most significant first.
  public let high: UInt64
  /// The last eight bytes, most significant first.
  public let low: UInt64

  /// A UUID from its two halves.
  @inlinable public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// A UUID from exactly 16 bytes; `nil` for any other number.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 16 else { return nil }
    high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    low = bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The 16 bytes.
  public var bytes: [UInt8] {
    [high, low].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * $0)) } }
  }
}

extension UUIDBytes: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
  /// `uuid`.
  public static var postgresOID: UInt32 { PostgresType.uuid.oid }
  /// `uuid[]`.
  public static var postgresArrayOID: UInt32 { PostgresType.uuid.arrayOID }
  /// The 16 bytes.
  @inlinable public func encode(into writer: inout BinaryWriter) throws(PostgresError) {
    writer.write(high)
    writer.write(low)
  }
  /// `uuid` only.
  public static func canDecode(oid: UInt32) -> Bool { oid == postgresOID }
  /// The 16 bytes.
  public init?(postgres bytes: UnsafeRawBufferPointer, oid: UInt32) {
    guard bytes.count == 16, let high: UInt64 = bytes.integer(), let low: UInt64 = bytes.integer(at: 8) else {
      return nil
    }
    self.init(high: high, low: low)
  }
}
