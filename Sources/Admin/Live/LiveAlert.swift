internal import FlashSale
internal import SaleStore

/// Something that a person should look at, with its cause and what to do. Which there are is decided from what was seen
/// alone.
enum LiveAlert: Equatable, Sendable {
  /// The store or the log has not answered for so long, in milliseconds.
  case storeAway(milliseconds: Int64)
  case logAway(milliseconds: Int64)
  case halted(Partition, reason: String)
  /// Records wait, and nobody who lives has the partition.
  case unowned(Partition, waiting: Int64)
  /// Records wait, somebody has the partition, and its head has not moved for so long: stock and places are as old.
  case stale(Partition, milliseconds: Int64)
  case commitWaits(milliseconds: Int64)
  /// One of several partitions has most of what waits.
  case hot(Partition, percent: Int64, drainMilliseconds: Int64?)
  case allHeld([SKU])
  case roomPaused(waiting: Int)
  case quarantined(Int64)
  case deadLetters(Int64)
  case endpointsFail(Int64)

  /// Whether buyers feel it now.
  var isUrgent: Bool {
    switch self {
    case .storeAway, .logAway, .halted, .unowned, .stale, .commitWaits: true
    case .hot, .allHeld, .roomPaused, .quarantined, .deadLetters, .endpointsFail: false
    }
  }

  /// What is decided from.
  struct Facts {
    /// Since the store and the log answered last.
    let storeSilentMilliseconds: Int64
    let logSilentMilliseconds: Int64
    let partitions: [LiveView.PartitionRow]
    let commitMilliseconds: Int64?
    let stock: [LiveView.Stock]
    let room: RoomCounts?
    let quarantined: Int64
    let deadLetters: Int64
    let failingEndpoints: Int64
  }

  /// All that the facts call for, the urgent first.
  static func all(of facts: Facts) -> [LiveAlert] {
    var alerts: [LiveAlert] = []
    if facts.storeSilentMilliseconds > Limits.liveFreshMilliseconds {
      alerts.append(.storeAway(milliseconds: facts.storeSilentMilliseconds))
    }
    if facts.logSilentMilliseconds > Limits.liveFreshMilliseconds {
      alerts.append(.logAway(milliseconds: facts.logSilentMilliseconds))
    }
    alerts += facts.partitions.filter(\.isOfSale).compactMap(alert)
    if let commit = facts.commitMilliseconds, commit > Limits.liveCommitMilliseconds {
      alerts.append(.commitWaits(milliseconds: commit))
    }
    if let hot = hot(facts.partitions) { alerts.append(hot) }
    let held = facts.stock.filter { !$0.isClosed && $0.left == 0 && $0.held > 0 }
    if !held.isEmpty { alerts.append(.allHeld(held.map(\.sku))) }
    if let room = facts.room, room.isPaused, room.waiting > 0 { alerts.append(.roomPaused(waiting: room.waiting)) }
    if facts.quarantined > 0 { alerts.append(.quarantined(facts.quarantined)) }
    if facts.deadLetters > 0 { alerts.append(.deadLetters(facts.deadLetters)) }
    if facts.failingEndpoints > 0 { alerts.append(.endpointsFail(facts.failingEndpoints)) }
    return alerts
  }

  private static func alert(_ row: LiveView.PartitionRow) -> LiveAlert? {
    switch row.state {
    case .halted(let reason): .halted(row.partition, reason: reason)
    case .unowned: row.lag ?? 0 > 0 ? .unowned(row.partition, waiting: row.lag ?? 0) : nil
    case .silent, .working, .idle:
      row.stuckMilliseconds > Limits.liveStuckMilliseconds
        ? .stale(row.partition, milliseconds: row.stuckMilliseconds) : nil
    }
  }

  private static func hot(_ partitions: [LiveView.PartitionRow]) -> LiveAlert? {
    let lags = partitions.filter(\.isOfSale).map { ($0, $0.lag ?? 0) }
    let all = lags.reduce(0) { $0 + $1.1 }
    guard lags.count > 1, all >= Limits.liveHotRecords, let (row, lag) = lags.max(by: { $0.1 < $1.1 }) else {
      return nil
    }
    let percent = lag * 100 / all
    guard percent >= Limits.liveHotPercent else { return nil }
    return .hot(
      row.partition, percent: percent,
      drainMilliseconds: row.perSecond > 0 ? Int64(Double(lag) / row.perSecond * 1_000) : nil)
  }
}
