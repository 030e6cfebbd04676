internal import Foundation
internal import Time

/// The marks of an axis of time: whole times of a zone's clocks, at even distances that people read easily. Where the
/// clocks are changed in between, those behind it are as much beside whole times.
struct TimeTicks {
  struct Tick: Equatable {
    let at: Timestamp
    /// With as much of the date and of the fraction as it takes to tell it from the others.
    let label: String
  }

  let ticks: [Tick]

  /// Seconds are in tenths here, the finest that is drawn.
  private static let second: Int64 = 10
  private static let minute = 60 * second
  private static let hour = 60 * minute
  private static let day = 24 * hour

  private static let steps: [Int64] =
    [1, 2, 5, second, 2 * second, 5 * second, 10 * second, 15 * second, 30 * second]
    + [1, 2, 5, 10, 15, 30].map { $0 * minute } + [1, 2, 3, 6, 12].map { $0 * hour }
    + [1, 2, 5, 10, 30, 100, 365, 1_000, 3_650, 36_500, 365_000].map { $0 * day }

  /// - Parameters:
  ///   - window: what the axis shows; its upper bound is its end.
  ///   - zone: whose clocks the labels tell.
  ///   - count: at most so many marks; at least 1. There is none where no whole time is inside.
  init(in window: Range<Timestamp>, _ zone: TimeZone, atMost count: Int) {
    let ahead = window.lowerBound.wall(in: zone).microseconds(since: window.lowerBound)
    func tenths(_ instant: Timestamp) -> Int64 { (instant.microseconds + ahead) / 100_000 }
    let (start, end) = (tenths(window.lowerBound), tenths(max(window.upperBound, window.lowerBound)))
    let step = Self.steps.first { end / $0 - (start - 1) / $0 <= Int64(count) } ?? Self.steps[Self.steps.count - 1]
    let first = (start + step - 1) / step * step
    let marks = stride(from: first, through: end, by: Int64.Stride(step)).prefix(count)
    let isOneDay = start / Self.day == end / Self.day
    ticks = marks.map { tenths in
      let at = Timestamp(microseconds: tenths * 100_000 - ahead)
      return Tick(at: at, label: Self.label(at.wall(in: zone), step: step, isOneDay: isOneDay))
    }
  }

  private static func label(_ at: Timestamp, step: Int64, isOneDay: Bool) -> String {
    if step >= day { return at.day }
    let time = String(at.description.dropFirst(11).prefix(step < second ? 10 : step < minute ? 8 : 5))
    return isOneDay ? time : "\(at.day.dropFirst(5)) \(time)"
  }
}
