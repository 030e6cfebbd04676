public import FlashSale
import Postgres
public import Time

/// A sale's decisions over time, as a chart wants them.
public struct SaleDecisions: Sendable, Hashable {
  /// Upper bounds of the classes of times to a decision, in milliseconds; the last class has none.
  public static let delayBounds: [Double] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000,
  ]

  /// By slot, ascending; slots without a decision are omitted.
  public let slots: [Slot]

  /// Orders by the class of their time to the decision: the n-th (from 0) is below the n-th bound.
  public let delays: [Int: Int64]

  /// What was decided within one slot.
  public struct Slot: Sendable, Hashable {
    public let start: Timestamp
    public let confirmed: Int64
    public let waitlisted: Int64
    public let rejected: Int64
    public let quarantined: Int64

    public init(start: Timestamp, confirmed: Int64, waitlisted: Int64, rejected: Int64, quarantined: Int64) {
      self.start = start
      self.confirmed = confirmed
      self.waitlisted = waitlisted
      self.rejected = rejected
      self.quarantined = quarantined
    }
  }

  public init(slots: [Slot], delays: [Int: Int64]) {
    self.slots = slots
    self.delays = delays
  }
}

extension SaleStore {
  /// A sale's decisions over the part of time that is shown.
  ///
  /// Takes what was counted before, and adds what has come since. For parts that are finer than what is kept, reads
  /// every order of the sale.
  ///
  /// - Parameters:
  ///   - asOf: only what was decided before this vector, of which every order is read; `nil`: all.
  ///   - shown: from the span from the first to the last decision, what is shown: the start of the first slot, the end
  ///     of the last one, and milliseconds of a slot, above 0.
  /// - Returns: that span with the decisions, in slots that begin at the start; `nil` while nothing is decided.
  public func decisions(
    of sale: StoredSale, topic: String, asOf: OffsetVector? = nil,
    in shown: @Sendable (ClosedRange<Timestamp>) -> (window: Range<Timestamp>, slotMilliseconds: Int64)
  ) async throws -> (whole: ClosedRange<Timestamp>, decisions: SaleDecisions)? {
    try await counted(sale, topic: topic) { counts, transaction in
      guard let asOf else { return try counts.decisions(of: sale, topic: topic, in: shown, transaction) }
      return try SaleCounts(counts, asOf: asOf, of: sale, topic: topic, in: transaction)
        .decisions(of: sale, topic: topic, in: shown, transaction)
    }
  }
}

extension SaleCounts {
  fileprivate func decisions(
    of sale: StoredSale, topic: String,
    in shown: (ClosedRange<Timestamp>) -> (window: Range<Timestamp>, slotMilliseconds: Int64),
    _ transaction: borrowing Transaction
  ) throws -> (whole: ClosedRange<Timestamp>, decisions: SaleDecisions)? {
    let span = try transaction.query(
      """
      SELECT min(quarantined_at), max(quarantined_at) FROM quarantined_records
      WHERE topic = $1 AND sale = $2
        AND ($3::int8[] IS NULL OR log_offset < coalesce(($3::int8[])[partition + 1], 0))
      """, topic, sale.number.rawValue, asOf?.dense
    ).single()
    var ends = try [span.optional(0, as: Timestamp.self), span.optional(1, as: Timestamp.self)].compactMap(\.self)
    ends += orders.window.map { [$0.lowerBound, $0.upperBound] } ?? []
    guard let first = ends.min(), let last = ends.max() else { return nil }
    let (window, width) = shown(first...last)
    let cells: DecisionCells
    if orders.decisions.canTell(window, slotMilliseconds: width) {
      cells = orders.decisions
    } else {
      cells = try DecisionCells(
        of: sale.number, in: window.lowerBound...Timestamp(microseconds: window.upperBound.microseconds - 1),
        before: asOf, slotMilliseconds: width, transaction)
    }
    let quarantined = try transaction.query(
      """
      SELECT quarantined_at FROM quarantined_records
      WHERE topic = $1 AND sale = $2 AND quarantined_at >= $3 AND quarantined_at < $4
        AND ($5::int8[] IS NULL OR log_offset < coalesce(($5::int8[])[partition + 1], 0))
      """, topic, sale.number.rawValue, window.lowerBound, window.upperBound, asOf?.dense)
    return (
      first...last,
      cells.decisions(
        in: window, slotMilliseconds: width, quarantined: try quarantined.map { try $0.timestamp(0) })
    )
  }
}
