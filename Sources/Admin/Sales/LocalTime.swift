internal import Foundation
internal import Time

/// A wall clock's time in a zone, as a form has it: `2026-11-11T00:00` or with seconds.
///
/// (1) A time that the clock skips (a gap) is no instant. (2) A time that the clock shows twice (an overlap) is two,
/// and somebody has to choose. (3) Every other time is one.
struct LocalTime {
  /// Which of the two instants of an overlap is meant.
  enum Choice: String, CaseIterable { case earlier, later }

  enum Fault: Error, Equatable {
    case form
    case gap
    /// Both instants.
    case overlap(Timestamp, Timestamp)
  }

  /// The zone of a name of the tz database, as `Asia/Shanghai`; `nil` if there is none.
  static func zone(_ name: String) -> TimeZone? {
    guard name.utf8.count <= 64, name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    return TimeZone(identifier: name)
  }

  /// The instant of a text in a zone.
  static func instant(_ text: String, in zone: TimeZone, choosing choice: Choice?) throws(Fault) -> Timestamp {
    let whole = text.utf8.count == 16 ? "\(text):00" : text
    guard let wall = Timestamp(rfc3339: "\(whole)Z") else { throw .form }
    let found = instants(of: wall) { Int64(zone.secondsFromGMT(for: $0.date)) }
    switch (found.count, choice) {
    case (0, _): throw .gap
    case (1, _), (_, .earlier): return found[0]
    case (_, .later): return found[found.count - 1]
    case (_, nil): throw .overlap(found[0], found[found.count - 1])
    }
  }

  /// All instants at which clocks show `wall`, which is written as if it were UTC.
  ///
  /// - Parameter offset: seconds east of UTC at an instant.
  static func instants(of wall: Timestamp, offset: (Timestamp) -> Int64) -> [Timestamp] {
    // No zone changes its clock twice within a day, so one of the offsets around it counts at it.
    let around = [-86_400, 86_400].map { offset(wall.after(.seconds($0))) }
    let found = Set(around).map { Timestamp(microseconds: wall.microseconds - $0 * 1_000_000) }
    return found.filter { offset($0) * 1_000_000 == wall.microseconds(since: $0) }.sorted()
  }

  /// An instant as far from `new` as it was from `old`, by the clocks of a zone: what was at six the evening before
  /// stays so. Where the clocks skip that time, it is as much later as they skip.
  static func moved(_ instant: Timestamp, from old: Timestamp, to new: Timestamp, in zone: TimeZone) -> Timestamp {
    let target = new.wall(in: zone).after(.microseconds(instant.wall(in: zone).microseconds(since: old.wall(in: zone))))
    let found = instants(of: target) { Int64(zone.secondsFromGMT(for: $0.date)) }
    let before = zone.secondsFromGMT(for: target.after(.seconds(-86_400)).date)
    return found.first ?? target.after(.seconds(-before))
  }

  /// What clocks of the zone show at an instant, fit for a form: `2026-11-11T00:00:00`.
  static func text(_ instant: Timestamp, in zone: TimeZone) -> String {
    String(instant.wall(in: zone).description.prefix(19))
  }

  /// How much of an instant people are told.
  enum Precision { case minute, second, millisecond }

  /// The same for people, with UTC beside: `2026-11-11 00:00:00 +08:00 (2026-11-10 16:00:00 UTC)`.
  static func both(_ instant: Timestamp, in zone: TimeZone, _ precision: Precision = .second) -> String {
    let utc =
      switch precision {
      case .minute: "\(instant.dateAndMinute) UTC"
      case .second: "\(instant.dateAndTime) UTC"
      case .millisecond: instant.description
      }
    return zone.secondsFromGMT(for: instant.date) == 0 ? utc : "\(words(instant, in: zone, precision)) (\(utc))"
  }

  /// The same for people, with the offset: `2026-11-11 00:00:00 +08:00`.
  static func words(_ instant: Timestamp, in zone: TimeZone, _ precision: Precision = .second) -> String {
    let seconds = zone.secondsFromGMT(for: instant.date)
    let minutes = abs(seconds) / 60
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let sign = seconds < 0 ? "−" : "+"
    let clock = text(instant, in: zone).prefix(precision == .minute ? 16 : 19).replacing("T", with: " ")
    let fraction = precision == .millisecond ? instant.description.dropFirst(19).prefix(4) : ""
    return "\(clock)\(fraction) \(sign)\(two(minutes / 60)):\(two(minutes % 60))"
  }

  /// The time of day alone, with the offset: `00:00:00 +08:00`, or `16:00:00 UTC`.
  static func clock(_ instant: Timestamp, in zone: TimeZone, _ precision: Precision = .second) -> String {
    let clock = words(instant, in: zone, precision).dropFirst(11)
    return zone.secondsFromGMT(for: instant.date) == 0 ? "\(clock.prefix { $0 != " " }) UTC" : String(clock)
  }
}

extension Timestamp {
  /// What clocks of the zone show at this instant, as if it were UTC.
  func wall(in zone: TimeZone) -> Timestamp { after(.seconds(zone.secondsFromGMT(for: date))) }

  fileprivate var date: Date { Date(timeIntervalSince1970: Double(microseconds / 1_000_000)) }
}
