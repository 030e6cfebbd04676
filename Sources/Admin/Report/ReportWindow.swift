internal import FlashSale
internal import HTTPServing
internal import Time

/// The part of a sale's timeline that a page shows: `?from=…&to=…`, each an RFC 3339 instant.
struct ReportWindow: Equatable {
  let from: Timestamp
  let to: Timestamp

  /// `nil` without the two parameters. Throws a 400 for what is no instant, and for a part that has no length.
  init?(from: String?, to: String?) throws(Problem) {
    guard from != nil || to != nil else { return nil }
    let (first, last) = (try Self.instant(from, "from"), try Self.instant(to, "to"))
    guard first < last else { throw .invalidParameter("to", "must be later than from") }
    (self.from, self.to) = (first, last)
  }

  init(from: Timestamp, to: Timestamp) { (self.from, self.to) = (from, to) }

  private static func instant(_ text: String?, _ name: String) throws(Problem) -> Timestamp {
    guard let text, let instant = Timestamp(rfc3339: text) else {
      throw .invalidParameter(name, "must be an instant, such as 2026-11-11T00:00:00Z")
    }
    return instant
  }

  /// Equal parts of what is shown, for those who zoom by links; none where a part would be a slot or less.
  static func parts(of slots: TimeSlots, count: Int = 4) -> [ReportWindow] {
    guard slots.count >= 2 * count else { return [] }
    return (0..<count).map { part in
      ReportWindow(from: slots[slots.count * part / count], to: slots[slots.count * (part + 1) / count])
    }
  }

  /// As a page's query.
  var query: String { "?from=\(from)&to=\(to)" }
}
