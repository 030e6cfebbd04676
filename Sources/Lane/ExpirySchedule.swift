public import FlashSale
public import Time

/// Which orders whose time is over are told so in the log, and when to look again. A value that reads and writes
/// nothing itself.
///
/// (1) An order is not told again before its record is decided; one whose record may be in the log or not, after
///     `Limits.expiryRepeat`. Being told twice is harmless: the lane decides by the order's state and due.
/// (2) What it keeps is bounded: it asks for at most `Limits.expiryBatch` more of each partition than are under way.
///     Once `Limits.expiriesUnderWay` are, it does so only where fewer than a batch are: a lane that is far behind
///     holds up no other.
/// (3) A partition that is no longer this worker's is forgotten: its new owner looks by itself.
/// (4) While records of a partition are under way, a look goes on behind the last hold that was found there, so that
///     the store need not find them again. After `Limits.expiryRepeat` a look starts anew: a record may be lost, and
///     a hold may be there by now whose due is earlier.
public struct ExpirySchedule: Sendable {
  /// What is looked for.
  public enum Kind: Sendable {
    case holds
    /// Orders that wait in a sale that is over.
    case waits
  }

  /// A hold, in the order in which they are due.
  public struct Place: Hashable, Sendable {
    public let due: Timestamp
    public let order: OrderID

    /// Creates a place.
    public init(due: Timestamp, order: OrderID) {
      self.due = due
      self.order = order
    }
  }

  /// What to ask of one partition.
  public struct Ask: Hashable, Sendable {
    /// How many holds at most.
    public let most: Int

    /// Only those behind this one; `nil`: all.
    public let after: Place?
  }

  private struct UnderWay {
    let partition: Partition
    /// `nil`: it is being written, or whether the log has it is not known.
    var offset: Offset?
    var since: Timestamp
    let due: Timestamp
  }

  /// How far looks have come in a partition, and when they started anew.
  private struct Found {
    let last: Place
    let since: Timestamp
  }

  private var underWay: [OrderID: UnderWay] = [:]
  private var count: [Partition: Int] = [:]
  private var found: [Partition: Found] = [:]
  private var writing: Set<Partition> = []

  /// Those of which the last look may not have found all.
  private var unfinished: [Kind: Set<Partition>] = [:]

  /// Nothing is under way.
  public init() {}

  /// Takes note of the partitions that this worker has, and how far each is decided: read before the store is asked.
  public mutating func have(_ next: [Partition: Offset], now: Timestamp) {
    unfinished = unfinished.mapValues { $0.intersection(next.keys) }
    guard !underWay.isEmpty else {
      count = next.mapValues { _ in 0 }
      found = [:]
      return
    }
    var lost: Set<Partition> = []
    underWay = underWay.filter { _, record in
      guard let decided = next[record.partition] else { return false }
      if let offset = record.offset { return offset >= decided }
      if writing.contains(record.partition) || Self.isRecent(record.since, now) { return true }
      lost.insert(record.partition)
      return false
    }
    count = next.mapValues { _ in 0 }
    for record in underWay.values { count[record.partition, default: 0] += 1 }
    found = found.filter { partition, found in
      count[partition] ?? 0 > 0 && !lost.contains(partition) && Self.isRecent(found.since, now)
    }
  }

  /// A clock that was set back makes nothing last.
  private static func isRecent(_ time: Timestamp, _ now: Timestamp) -> Bool {
    (0..<Limits.expiryRepeat.wholeMicroseconds).contains(now.microseconds(since: time))
  }

  /// How many orders to ask for, of each partition, where those that are under way are found again.
  public var wanted: [Partition: Int] {
    let room = Limits.expiriesUnderWay - underWay.count
    return count.reduce(into: [:]) { wanted, item in
      let more = min(Limits.expiryBatch, max(room, Limits.expiryBatch - item.value))
      if more > 0, !writing.contains(item.key) { wanted[item.key] = more + item.value }
    }
  }

  /// Which holds to ask for.
  public var asks: [Partition: Ask] {
    var asks: [Partition: Ask] = [:]
    for (partition, most) in wanted {
      let last = found[partition]?.last
      asks[partition] = Ask(most: last == nil ? most : most - (count[partition] ?? 0), after: last)
    }
    return asks
  }

  /// Takes note of the last hold that an answer has of a partition.
  public mutating func saw(_ last: Place, in partition: Partition, now: Timestamp) {
    found[partition] = Found(last: last, since: found[partition]?.since ?? now)
  }

  /// Takes note of how many a look found of each partition, and how many it asked for. One that finds so many in all
  /// may have left any of them out.
  public mutating func looked(for kind: Kind, most: [Partition: Int], found: [Partition: Int]) {
    let isCut = found.values.reduce(0, +) >= most.values.reduce(0, +)
    let full = most.filter { partition, most in isCut || found[partition] ?? 0 >= most }
    unfinished[kind] = (unfinished[kind] ?? []).subtracting(most.keys).union(full.keys)
  }

  /// When the first of the orders that are under way was due; `nil`: none is.
  public var firstDue: Timestamp? { underWay.values.lazy.map(\.due).min() }

  /// Whether an order that was found is to be told that its time is over.
  public func isNew(_ order: OrderID) -> Bool { underWay[order] == nil }

  /// Takes note of orders of a partition that are being told so, with what was due when.
  public mutating func begin(_ orders: [(order: OrderID, due: Timestamp)], in partition: Partition, now: Timestamp) {
    writing.insert(partition)
    for (order, due) in orders {
      underWay[order] = UnderWay(partition: partition, offset: nil, since: now, due: due)
    }
  }

  /// Takes note of what became of it: each record is in the log, or may be (`nil`).
  public mutating func end(_ orders: [(order: OrderID, offset: Offset?)], in partition: Partition, now: Timestamp) {
    writing.remove(partition)
    for (order, offset) in orders {
      underWay[order]?.offset = offset
      underWay[order]?.since = now
    }
  }

  /// How long to wait before the next look.
  ///
  /// - Parameter nextDue: of the partitions that were asked for; `nil`: none.
  public func pause(nextDue: Timestamp?, now: Timestamp) -> Duration {
    if hasMore(.holds) || hasMore(.waits) { return .zero }
    guard let nextDue else { return Limits.expiryIdle }
    let rest = Duration.microseconds(nextDue.microseconds(since: now))
    return min(max(rest, Limits.expiryPause), Limits.expiryIdle)
  }

  /// How long to wait at most after a write has ended: no look has seen what is due next in its partition.
  public var pauseAfterWrite: Duration { hasMore(.holds) || hasMore(.waits) ? .zero : Limits.expiryPause }

  /// Whether there may be more whose time is over already, and that can be asked for.
  public func hasMore(_ kind: Kind) -> Bool { !(unfinished[kind] ?? []).isDisjoint(with: wanted.keys) }
}
