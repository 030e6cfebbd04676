/// Reads a stream of an order's events that has ended (`text/event-stream`).
enum EventBytes {
  /// What a stream told.
  enum Told: Equatable {
    /// Its outcome; where the data lies.
    case outcome(Range<Int>)
    /// Everything but an outcome: it is to be asked again.
    case noOutcome
    /// A place that is larger than the one before, by the watermarks that are the places' ids.
    case backwards
  }

  static func told(_ bytes: borrowing Span<UInt8>) -> Told {
    var (isOutcome, watermark) = (false, 0)
    var told = Told.noOutcome
    var start = 0
    while let end = bytes.first(UInt8(ascii: "\n"), from: start, before: bytes.count) {
      if bytes.holds("event: outcome", at: start..<end) {
        isOutcome = true
      } else if start == end {
        isOutcome = false
      } else if bytes.holds("id: ", at: start..<min(start + 4, end)), let next = bytes.decimal(at: start + 4..<end) {
        guard next >= watermark else { return .backwards }
        watermark = next
      } else if isOutcome, bytes.holds("data: ", at: start..<min(start + 6, end)) {
        told = .outcome(start + 6..<end)
      }
      start = end + 1
    }
    return told
  }
}
