public import Time

/// Microseconds from 1970 to 2000-01-01, from which PostgreSQL counts.
@usableFromInline let postgresEpoch: Int64 = 946_684_800_000_000

/// PostgreSQL begins at 4713 BC; a `Timestamp` ends in 294247 AD, 29 years before PostgreSQL does, and later instants
/// cannot be read.
extension Timestamp: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
  /// `timestamptz`.
  public static var postgresOID: UInt32 { PostgresType.timestamptz.oid }
  /// `timestamptz[]`.
  public static var postgresArrayOID: UInt32 { PostgresType.timestamptz.arrayOID }

  /// Eight bytes: microseconds since 2000. Throws `.encode` where that overflows or would mean −infinity.
  @inlinable public func encode(into writer: inout BinaryWriter) throws(PostgresError) {
    let (value, overflow) = microseconds.subtractingReportingOverflow(postgresEpoch)
    guard !overflow, value != .min else { throw outOfRange }
    writer.write(value)
  }

  @usableFromInline var outOfRange: PostgresError {
    PostgresError(.encode, "the timestamp \(microseconds) µs is out of PostgreSQL's range")
  }

  /// `timestamptz` only: a `timestamp` names no instant.
  public static func canDecode(oid: UInt32) -> Bool { oid == postgresOID }

  /// Eight bytes; `nil` for ±infinity, which the server sends as the largest and the smallest integer.
  public init?(postgres bytes: UnsafeRawBufferPointer, oid: UInt32) {
    guard bytes.count == 8, let value: Int64 = bytes.integer(), value != .min else { return nil }
    let (sum, overflow) = value.addingReportingOverflow(postgresEpoch)
    guard !overflow else { return nil }
    self.init(microseconds: sum)
  }
}
