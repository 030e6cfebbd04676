/// Why a text is refused, in words for its sender.
public enum RFC3339Fault: String, Error {
  case form = "must be a date and time with its offset, as 2026-11-11T00:00:00+08:00"
  case noOffset = "has no offset from UTC: it ends with Z or an offset, as 2026-11-11T00:00:00+08:00"
  case noSuchDay = "names a day that the calendar does not have"
  case noSuchTime = "names a time of day that there is not: 00:00:00 to 23:59:59"
  case noSuchOffset = "has an offset from UTC that there is not: at most 23:59"
  case tooEarly = "is before 1970, and such times are not taken"
  case tooLate = "is after the year 9999, and such times are not taken"
}

/// Reads an RFC 3339 date-time (§5.6): all of the text, and nothing that only resembles one.
///
/// Foundation's reader is laxer: it takes years of any length, whose microseconds 64 bits do not hold, and ignores what
/// follows.
struct RFC3339Reader {
  private var rest: Substring.UTF8View

  init(_ text: String) { rest = text[...].utf8 }

  /// Microseconds since 1970, 0 to those of the year 9999.
  mutating func microseconds() throws(RFC3339Fault) -> Int64 {
    let days = try day()
    guard takes("T") || takes("t") else { throw .form }
    let time = try secondOfDay()
    let fraction = try fraction()
    let seconds = days * 86_400 + time.second - (try offset())
    guard rest.isEmpty else { throw .form }
    guard seconds >= 0 else { throw .tooEarly }
    guard seconds < (Self.days(before: 10_000) - Self.days(before: 1970)) * 86_400 else { throw .tooLate }
    // A leap second is the last one of a day in UTC (RFC 3339, appendix D), and here the first one of the next: they
    // are not counted.
    guard !time.isLeap || seconds % 86_400 == 0 else { throw .noSuchTime }
    return seconds * 1_000_000 + fraction
  }

  /// Days since 1970, below 0 before it.
  private mutating func day() throws(RFC3339Fault) -> Int64 {
    guard let year = number(digits: 4) else { throw .form }
    // A fifth digit: a year that the format has not (RFC 3339 §1), but people do.
    guard digit() == nil else { throw .tooLate }
    guard takes("-"), let month = number(digits: 2), takes("-"), let day = number(digits: 2) else { throw .form }
    guard (1...12).contains(month), (1...Self.days(of: month, in: year)).contains(day) else { throw .noSuchDay }
    return Self.days(before: year) - Self.days(before: 1970) + Self.days(before: month, in: year) + day - 1
  }

  private mutating func secondOfDay() throws(RFC3339Fault) -> (second: Int64, isLeap: Bool) {
    guard let hour = number(digits: 2), takes(":"), let minute = number(digits: 2), takes(":"),
      let second = number(digits: 2)
    else { throw .form }
    guard hour < 24, minute < 60, second <= 60 else { throw .noSuchTime }
    return ((hour * 60 + minute) * 60 + second, second == 60)
  }

  /// In microseconds; what is smaller is dropped.
  private mutating func fraction() throws(RFC3339Fault) -> Int64 {
    guard takes(".") else { return 0 }
    var (value, unit, digits) = (Int64(0), Int64(1_000_000), 0)
    while let digit = digit() {
      unit /= 10
      value += digit * unit
      digits += 1
    }
    guard digits > 0 else { throw .form }
    return value
  }

  /// Seconds east of UTC.
  private mutating func offset() throws(RFC3339Fault) -> Int64 {
    if rest.isEmpty { throw .noOffset }
    if takes("Z") || takes("z") { return 0 }
    let isEast = takes("+")
    guard isEast || takes("-"), let hours = number(digits: 2), takes(":"), let minutes = number(digits: 2) else {
      throw .form
    }
    guard hours < 24, minutes < 60 else { throw .noSuchOffset }
    return (hours * 60 + minutes) * (isEast ? 60 : -60)
  }
}

// MARK: - Bytes

extension RFC3339Reader {
  private mutating func takes(_ wanted: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: wanted) else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func digit() -> Int64? {
    guard let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
    rest.removeFirst()
    return Int64(byte - UInt8(ascii: "0"))
  }

  private mutating func number(digits: Int) -> Int64? {
    var value: Int64 = 0
    for _ in 0..<digits {
      guard let digit = digit() else { return nil }
      value = value * 10 + digit
    }
    return value
  }
}

// MARK: - The Gregorian calendar

extension RFC3339Reader {
  private static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  private static func days(of month: Int64, in year: Int64) -> Int64 {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Of the months of `year` before `month`.
  private static func days(before month: Int64, in year: Int64) -> Int64 {
    (1..<month).reduce(0) { $0 + days(of: $1, in: year) }
  }

  /// Of the years 0 to `year` − 1; year 0 is a leap year.
  private static func days(before year: Int64) -> Int64 {
    365 * year + (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400
  }
}
