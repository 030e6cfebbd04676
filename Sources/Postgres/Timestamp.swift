/// An instant, in whole microseconds since 1970-01-01 00:00 UTC: as fine as `timestamptz`, so nothing is rounded.
public struct Timestamp: Hashable, Comparable, Sendable {
  /// Microseconds since 1970, negative before it. PostgreSQL begins at 4713 BC; this ends in 294247 AD, 29 years before
  /// PostgreSQL does, and later instants cannot be read.
  public let microsecondsSince1970: Int64

  /// An instant.
  @inlinable public init(microsecondsSince1970: Int64) {
    self.microsecondsSince1970 = microsecondsSince1970
  }

  /// Earlier is less.
  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.microsecondsSince1970 < right.microsecondsSince1970
  }

  /// Microseconds from 1970 to 2000-01-01, from which PostgreSQL counts.
  @usableFromInline static let postgresEpoch: Int64 = 946_684_800_000_000
}

extension Timestamp: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
  /// `timestamptz`.
  public static var postgresOID: UInt32 { PostgresType.timestamptz.oid }
  /// `timestamptz[]`.
  public static var postgresArrayOID: UInt32 { PostgresType.timestamptz.arrayOID }

  /// Eight bytes: microseconds since 2000. Throws `.encode` where that overflows or would mean −infinity.
  @inlinable public func encode(into writer: inout BinaryWriter) throws(PostgresError) {
    let (value, overflow) = microsecondsSince1970.subtractingReportingOverflow(Self.postgresEpoch)
    guard !overflow, value != .min else { throw outOfRange }
    writer.write(value)
  }

  @usableFromInline var outOfRange: PostgresError {
    PostgresError(.encode, "the timestamp \(microsecondsSince1970) µs is out of PostgreSQL's range")
  }

  /// `timestamptz` only: a `timestamp` names no instant.
  public static func canDecode(oid: UInt32) -> Bool { oid == postgresOID }

  /// Eight bytes; `nil` for ±infinity, which the server sends as the largest and the smallest integer.
  public init?(postgres bytes: UnsafeRawBufferPointer, oid: UInt32) {
    guard bytes.count == 8, let value: Int64 = bytes.integer(), value != .min else { return nil }
    let (sum, overflow) = value.addingReportingOverflow(Self.postgresEpoch)
    guard !overflow else { return nil }
    self.init(microsecondsSince1970: sum)
  }
}
