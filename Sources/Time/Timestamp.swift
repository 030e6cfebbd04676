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
    guard hasPlainText else { return rareDescription }
    return String(unsafeUninitializedCapacity: Self.textBytes) { text in
      write(to: UnsafeMutableRawBufferPointer(text))
      return Self.textBytes
    }
  }

  /// Bytes of the text of an instant in the years 0 to 9999.
  public static let textBytes = 24

  /// Whether the text has `textBytes` bytes: true in the years 0 to 9999.
  public var hasPlainText: Bool { (-62_167_219_200_000_000..<253_402_300_800_000_000).contains(microseconds) }

  /// Writes the text into the first `textBytes` bytes of `text`, which must have them.
  /// - Precondition: `hasPlainText`.
  public func write(to text: UnsafeMutableRawBufferPointer) {
    precondition(text.count >= Self.textBytes && hasPlainText)
    let second = microseconds.flooredQuotient(by: 1_000_000)
    let days = second.flooredQuotient(by: 86_400)
    let (year, month, day) = Self.date(daysSince1970: days)
    let time = second.flooredRemainder(by: 86_400)
    let milliseconds = microseconds.flooredRemainder(by: 1_000_000) / 1_000
    func put(_ number: Int64, _ digits: Int, at start: Int, then mark: Unicode.Scalar) {
      var rest = number
      for place in stride(from: start + digits - 1, through: start, by: -1) {
        text[place] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      }
      text[start + digits] = UInt8(ascii: mark)
    }
    put(year, 4, at: 0, then: "-")
    put(month, 2, at: 5, then: "-")
    put(day, 2, at: 8, then: "T")
    put(time / 3_600, 2, at: 11, then: ":")
    put(time / 60 % 60, 2, at: 14, then: ":")
    put(time % 60, 2, at: 17, then: ".")
    put(milliseconds, 3, at: 20, then: "Z")
  }

  /// The date in the proleptic Gregorian calendar, of which 400 years have 146,097 days.
  private static func date(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let sinceYear0 = days + daysBefore(1_970)
    // The average year's length finds the year, or the one before or behind it.
    var year = (sinceYear0 * 400).flooredQuotient(by: 146_097)
    while daysBefore(year + 1) <= sinceYear0 { year += 1 }
    while daysBefore(year) > sinceYear0 { year -= 1 }
    var day = sinceYear0 - daysBefore(year)
    var month = 0
    while day >= length(ofMonth: month, in: year) {
      day -= length(ofMonth: month, in: year)
      month += 1
    }
    return (year, Int64(month + 1), day + 1)
  }

  /// Days from the first one of year 0 to the first one of this.
  private static func daysBefore(_ year: Int64) -> Int64 {
    let last = year - 1
    // Year 0 is a leap year.
    return year * 365 + last.flooredQuotient(by: 4) - last.flooredQuotient(by: 100) + last.flooredQuotient(by: 400) + 1
  }

  private static func length(ofMonth month: Int, in year: Int64) -> Int64 {
    switch month {
    case 1: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 3, 5, 8, 10: 30
    default: 31
    }
  }

  private var rareDescription: String {
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
