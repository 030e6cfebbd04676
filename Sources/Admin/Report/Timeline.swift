internal import FlashSale
internal import SaleStore
internal import Time

/// A report's timeline without gaps, in at most so many buckets of equal width: what a chart or a table shows.
struct Timeline {
  /// Minutes of one bucket.
  let width: Int64

  /// Ascending, each right behind the one before; empty without any decision.
  let buckets: [SaleReport.Moment]

  /// Widths that people read easily; past a day, whole days.
  private static let widths: [Int64] = [1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1_440]

  init(_ report: SaleReport, atMost count: Int64) {
    guard let first = report.timeline.first?.minute, let last = report.timeline.last?.minute else {
      (width, buckets) = (1, [])
      return
    }
    // A report whose own buckets are wider than a minute has no finer ones.
    let least = Int64(report.timelineBucketMinutes)
    let (start, end) = (Self.minutes(first), Self.minutes(last))
    let days = ((end - start) / count / 1_440 + 1) * 1_440
    let width = Self.widths.first { $0 >= least && end / $0 - start / $0 < count } ?? max(days, least)
    var buckets = (start / width...end / width).map { index in
      let minute = Timestamp(microseconds: index * width * 60_000_000)
      return SaleReport.Moment(minute: minute, confirmed: 0, waitlisted: 0, rejected: 0, quarantined: 0)
    }
    for moment in report.timeline {
      let index = Int(Self.minutes(moment.minute) / width - start / width)
      buckets[index].confirmed += moment.confirmed
      buckets[index].waitlisted += moment.waitlisted
      buckets[index].rejected += moment.rejected
      buckets[index].quarantined += moment.quarantined
    }
    (self.width, self.buckets) = (width, buckets)
  }

  /// The width's name in a title: `minute`, `5 minutes`, `2 hours`, `day`.
  var widthName: String {
    let (count, unit) =
      switch width {
      case 1_440...: (width / 1_440, "day")
      case 60...: (width / 60, "hour")
      default: (width, "minute")
      }
    return count == 1 ? unit : "\(count) \(unit)s"
  }

  private static func minutes(_ time: Timestamp) -> Int64 { time.microseconds / 60_000_000 }
}

extension SaleReport.Moment {
  /// All decisions of the bucket.
  var total: Int64 { confirmed + waitlisted + rejected + quarantined }
}

extension Timestamp {
  /// `2026-11-11 00:00:00`, UTC.
  var dateAndTime: String { "\(day) \(description.dropFirst(11).prefix(8))" }

  /// `2026-11-11 00:00`, UTC.
  var dateAndMinute: String { "\(day) \(hourAndMinute)" }

  /// `2026-11-11`, UTC.
  var day: String { String(description.prefix(10)) }

  /// `00:00`, UTC.
  var hourAndMinute: String { String(description.dropFirst(11).prefix(5)) }
}
