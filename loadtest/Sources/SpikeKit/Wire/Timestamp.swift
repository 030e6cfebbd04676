extension Span<UInt8> {
  /// The instant that `range` names, as `2026-11-10T16:00:00Z` with or without a fraction of a second, in microseconds
  /// since 1970-01-01T00:00:00Z. `nil` if it is anything else, or before the year 1970.
  func timestamp(at range: Range<Int>) -> Int64? {
    func part(_ offset: Int, _ digits: Int) -> Int? {
      decimal(at: range.lowerBound + offset..<range.lowerBound + offset + digits)
    }
    guard range.count >= 20, self[range.upperBound - 1] == UInt8(ascii: "Z"),
      let year = part(0, 4), let month = part(5, 2), let day = part(8, 2),
      let hour = part(11, 2), let minute = part(14, 2), let second = part(17, 2),
      year >= 1970, (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
    else { return nil }
    var microseconds = 0
    if range.count > 20 {
      let fraction = range.lowerBound + 20..<range.upperBound - 1
      guard self[range.lowerBound + 19] == UInt8(ascii: "."), (1...6).contains(fraction.count),
        let value = decimal(at: fraction)
      else { return nil }
      microseconds = value
      for _ in fraction.count..<6 { microseconds *= 10 }
    }
    // Days of the years before in a calendar whose years begin in March: the leap day is then a year's last.
    let years = month > 2 ? year : year - 1
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let days = years * 365 + years / 4 - years / 100 + years / 400 + dayOfYear - 719_468
    return Int64((days * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000_000 + microseconds)
  }
}
