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

  /// What clocks of the zone show at an instant, fit for a form: `2026-11-11T00:00:00`.
  static func text(_ instant: Timestamp, in zone: TimeZone) -> String {
    String(instant.after(.seconds(zone.secondsFromGMT(for: instant.date))).description.prefix(19))
  }

  /// The same for people, with the offset: `2026-11-11 00:00:00 +08:00`.
  static func words(_ instant: Timestamp, in zone: TimeZone) -> String {
    let seconds = zone.secondsFromGMT(for: instant.date)
    let minutes = abs(seconds) / 60
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let sign = seconds < 0 ? "−" : "+"
    let clock = text(instant, in: zone).replacing("T", with: " ")
    return "\(clock) \(sign)\(two(minutes / 60)):\(two(minutes % 60))"
  }
}

extension Timestamp {
  fileprivate var date: Date { Date(timeIntervalSince1970: Double(microseconds / 1_000_000)) }
}
