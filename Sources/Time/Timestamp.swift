internal import FoundationEssentials

/// An instant: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// As fine as PostgreSQL's `timestamptz` and as the log's records, so nothing is rounded on the way.
public struct Timestamp: Hashable, Sendable, Comparable {
  /// Microseconds since 1970-01-01T00:00:00Z; negative before it.
  public var microseconds: Int64

  /// Creates an instant from microseconds since 1970.
  @inlinable public init(microseconds: Int64) { self.microseconds = microseconds }

  /// Earlier is less.
  @inlinable public static func < (a: Self, b: Self) -> Bool { a.microseconds < b.microseconds }

  /// Microseconds from `other` to this instant.
  @inlinable public func microseconds(since other: Timestamp) -> Int64 { microseconds - other.microseconds }

  /// The instant so much later, to the microsecond.
  public func after(_ duration: Duration) -> Timestamp {
    Timestamp(microseconds: microseconds + duration.wholeMicroseconds)
  }
}

extension Timestamp: CustomStringConvertible {
  /// The instant of an RFC 3339 date-time such as `2026-11-11T00:00:00+08:00`; `nil` if the text is anything else.
  ///
  /// Years 1970 to 9999, in UTC. Fractions of a second are kept to the microsecond.
  public init?(rfc3339 text: String) {
    var reader = RFC3339Reader(text)
    guard let microseconds = try? reader.microseconds() else { return nil }
    self.init(microseconds: microseconds)
  }

  /// The same, or an error that says which rule the text breaks.
  public init(validating text: String) throws(RFC3339Fault) {
    var reader = RFC3339Reader(text)
    self.init(microseconds: try reader.microseconds())
  }

  /// RFC 3339 in UTC with milliseconds, rounded down, e.g. `2026-11-10T16:00:00.000Z`.
  public var description: String {
    // The second alone goes through a `Date`: it is exact as a double, and a fraction would not be.
    let second = Date(timeIntervalSince1970: Double(microseconds.flooredQuotient(by: 1_000_000)))
    let milliseconds = microseconds.flooredRemainder(by: 1_000_000) / 1_000
    let fraction = String(milliseconds + 1_000).dropFirst()
    return second.formatted(Self.whole).dropLast() + "." + fraction + "Z"
  }

  private static let whole = Date.ISO8601FormatStyle()
}

extension Int64 {
  fileprivate func flooredQuotient(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }

  fileprivate func flooredRemainder(by divisor: Int64) -> Int64 { self - flooredQuotient(by: divisor) * divisor }
}

extension Timestamp: Codable {
  /// Decodes from an RFC 3339 string.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let value = Timestamp(rfc3339: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: RFC3339Fault.form.rawValue)
    }
    self = value
  }

  /// Encodes as an RFC 3339 string in UTC.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
