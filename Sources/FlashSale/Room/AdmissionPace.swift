internal import Time

/// How many may be let in by now, at a set rate.
///
/// (1) While somebody waits, what is let in over any time of a second or more is what the rate says.
/// (2) Unused admissions are not saved up, except for one. So a buyer who comes to an empty line does not wait.
/// (3) After a standstill it makes up for `Limits.roomCatchUp` at most.
struct AdmissionPace: Sendable {
  /// In millionths of a minute's rate: an admission costs `cost`.
  private var credit: Int64 = 0
  private var earnedUpTo: Timestamp?

  private static let cost: Int64 = 60_000_000

  /// Begins to count.
  ///
  /// - Parameter start: when the last one was let in, perhaps by another owner's clock, so that a change of the owner
  ///   costs nobody time.
  init(from start: Timestamp? = nil) { earnedUpTo = start }

  /// Counts the time up to `now`. A clock that is behind, because it was set back or is another owner's, earns nothing
  /// at that moment and goes on from there: how far it is behind costs nobody time.
  mutating func earn(upTo now: Timestamp, ratePerMinute: Int32) {
    guard let earnedUpTo else {
      (self.earnedUpTo, credit) = (now, Self.cost)
      return
    }
    let elapsed = min(max(0, now.microseconds(since: earnedUpTo)), Limits.roomCatchUp.wholeMicroseconds)
    let most = Int64(ratePerMinute) * Limits.roomCatchUp.wholeMicroseconds + Self.cost
    credit = min(credit + elapsed * Int64(ratePerMinute), most)
    self.earnedUpTo = now
  }

  /// Admissions that are due.
  var due: Int { Int(credit / Self.cost) }

  mutating func spend(_ admissions: Int) { credit -= Int64(admissions) * Self.cost }

  /// Nobody can be let in: nobody waits, or the room is paused or has no slot.
  mutating func idle() { credit = min(credit, Self.cost) }
}
