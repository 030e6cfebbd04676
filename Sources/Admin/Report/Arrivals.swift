internal import FlashSale
internal import SaleStore
internal import Time

/// What came in around a sale's opening, without gaps, in at most so many buckets of equal width.
struct Arrivals {
  /// Milliseconds of one bucket: 100, or more.
  let width: Int64

  /// Ascending, each right behind the one before; empty if nothing came.
  let buckets: [SaleReport.Arrival]

  private static let widths: [Int64] = [100, 200, 500, 1_000, 2_000, 5_000, 10_000]

  init(_ report: SaleReport, atMost count: Int64) {
    guard let first = report.arrivals.first?.at, let last = report.arrivals.last?.at else {
      (width, buckets) = (100, [])
      return
    }
    let (start, end) = (first.microseconds / 1_000, last.microseconds / 1_000)
    let width = Self.widths.first { end / $0 - start / $0 < count } ?? (end - start) / count + 1
    var buckets = (start / width...end / width).map { index in
      SaleReport.Arrival(at: Timestamp(microseconds: index * width * 1_000), accepted: 0, refused: 0)
    }
    for arrival in report.arrivals {
      let index = Int(arrival.at.microseconds / 1_000 / width - start / width)
      buckets[index].accepted += arrival.accepted
      buckets[index].refused += arrival.refused
    }
    (self.width, self.buckets) = (width, buckets)
  }
}

extension Timestamp {
  /// `00:00:00.0`, UTC.
  var timeToTheTenth: String { String(description.dropFirst(11).prefix(10)) }
}
