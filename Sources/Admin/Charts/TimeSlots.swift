internal import Foundation
internal import Time

/// Even slots of time that cover a window: as fine as fits.
struct TimeSlots: Equatable {
  /// Milliseconds of a slot: 100 at least.
  let width: Int64

  /// The first slot's start: a whole multiple of the width since 1970.
  let start: Timestamp

  /// How many there are: at least 1.
  let count: Int

  /// Widths that people read easily; past a day, whole days.
  private static let widths: [Int64] =
    [100, 200, 500] + [1, 2, 5, 10, 15, 30].map { $0 * 1_000 } + [1, 2, 5, 10, 15, 30].map { $0 * 60_000 }
    + [1, 2, 4, 6, 12, 24].map { $0 * 3_600_000 }

  private static let day: Int64 = 86_400_000

  /// - Parameters:
  ///   - window: from its first instant to its last.
  ///   - most: slots at most; at least 2.
  init(covering window: ClosedRange<Timestamp>, atMost most: Int64) {
    let (first, last) = (window.lowerBound.milliseconds, window.upperBound.milliseconds)
    let days = ((last - first) / (most - 1) / Self.day + 1) * Self.day
    let width = Self.widths.first { last / $0 - first / $0 < most } ?? days
    self.width = width
    start = Timestamp(microseconds: first / width * width * 1_000)
    count = Int(last / width - first / width) + 1
  }

  /// The instant behind the last slot.
  var end: Timestamp { self[count] }

  /// The first instant of a slot.
  subscript(index: Int) -> Timestamp { Timestamp(microseconds: start.microseconds + Int64(index) * width * 1_000) }

  /// The slot of an instant; `nil` outside.
  func index(of time: Timestamp) -> Int? {
    let behind = time.microseconds - start.microseconds
    guard behind >= 0 else { return nil }
    let index = behind / (width * 1_000)
    return index < Int64(count) ? Int(index) : nil
  }

  /// A slot's name by a zone's clocks: with as much of the date and of the fraction as it takes. A slot of a day or
  /// more is of UTC, and is named by its first instant.
  func label(_ index: Int, in zone: TimeZone) -> String {
    let at = self[index].wall(in: zone)
    if width >= Self.day, at == self[index] { return at.day }
    let time = String(at.description.dropFirst(11).prefix(width < 1_000 ? 10 : 8))
    return start.wall(in: zone).day == self[count - 1].wall(in: zone).day ? time : "\(at.day) \(time)"
  }
}

extension Timestamp {
  fileprivate var milliseconds: Int64 { microseconds / 1_000 }
}
