public import Time

/// The stretches of time for which answers at the door are counted: short ones where it matters, and so few in all that
/// a sale's counts have a size.
///
/// From a minute before a sale opens to ten minutes after, a slot is 100 ms: 6,600 slots. Within a day of the opening
/// it is 10 s: 17,214 more. Beyond it is an hour.
public enum DoorSlot {
  /// The length of the shortest slots, in microseconds.
  public static let shortest: Int64 = 100_000

  private static let (tenSeconds, hour): (Int64, Int64) = (10_000_000, 3_600_000_000)

  /// The first instant of the slot of `time`.
  ///
  /// - Parameter opening: when the sale opens.
  public static func start(of time: Timestamp, opening: Timestamp) -> Timestamp {
    let age = time.microseconds(since: opening)
    let length: Int64 =
      switch age {
      case -60_000_000..<600_000_000: shortest
      case -86_400_000_000..<86_400_000_000: tenSeconds
      default: hour
      }
    // Times are not before 1970, so the division rounds down.
    return Timestamp(microseconds: time.microseconds / length * length)
  }
}
