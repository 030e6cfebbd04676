public import FlashSale
public import Time

/// Which orders whose time is over are told so in the log, and when to look again. A value that reads and writes
/// nothing itself.
///
/// (1) An order is not told again before its record is decided; one whose record may be in the log or not, after
///     `Limits.expiryRepeat`. Being told twice is harmless: the lane decides by the order's state and due.
/// (2) What it keeps is bounded: it asks for at most `Limits.expiryBatch` more of each partition than are under way,
///     and for none once `Limits.expiriesUnderWay` are.
/// (3) A partition that is no longer this worker's is forgotten: its new owner looks by itself.
public struct ExpirySchedule: Sendable {
  private struct UnderWay {
    let partition: Partition
    /// `nil`: whether the log has it is not known.
    let offset: Offset?
    let since: Timestamp
  }

  private var underWay: [OrderID: UnderWay] = [:]
  private var count: [Partition: Int] = [:]

  /// Nothing is under way.
  public init() {}

  /// Takes note of the partitions that this worker has, and how far each is decided: read before the store is asked.
  public mutating func have(_ next: [Partition: Offset], now: Timestamp) {
    guard !underWay.isEmpty else {
      count = next.mapValues { _ in 0 }
      return
    }
    underWay = underWay.filter { _, record in
      guard let decided = next[record.partition] else { return false }
      guard let offset = record.offset else {
        return (0..<Limits.expiryRepeat.wholeMicroseconds).contains(now.microseconds(since: record.since))
      }
      return offset >= decided
    }
    count = next.mapValues { _ in 0 }
    for record in underWay.values { count[record.partition, default: 0] += 1 }
  }

  /// How many orders to ask for, of each partition.
  public var wanted: [Partition: Int] {
    let room = max(0, Limits.expiriesUnderWay - underWay.count)
    return room == 0 ? [:] : count.mapValues { min(Limits.expiryBatch, room) + $0 }
  }

  /// Whether an order that was found is to be told that its time is over.
  public func isNew(_ order: OrderID) -> Bool { underWay[order] == nil }

  /// Takes note of a record that is in the log, or may be (`nil`).
  public mutating func told(_ order: OrderID, in partition: Partition, at offset: Offset?, now: Timestamp) {
    underWay[order] = UnderWay(partition: partition, offset: offset, since: now)
  }

  /// How long to wait before the next look.
  ///
  /// - Parameters:
  ///   - hasMore: whether there may be more that is due already.
  ///   - nextDue: of these partitions; `nil`: none.
  public func pause(hasMore: Bool, nextDue: Timestamp?, now: Timestamp) -> Duration {
    if hasMore { return .zero }
    guard let nextDue else { return Limits.expiryIdle }
    let rest = Duration.microseconds(nextDue.microseconds(since: now))
    return min(max(rest, Limits.expiryPause), Limits.expiryIdle)
  }
}
