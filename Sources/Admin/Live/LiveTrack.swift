internal import FlashSale
internal import SaleStore
internal import Time

/// Makes of one look after another what a person sees: rates from what two looks differ by, and for how long nothing
/// has moved. Pure: what it is told is all it knows.
///
/// (1) Numbers are of the last look at which the store answered, and say so.
/// (2) A counter that fell was set back: its rate is 0, never below.
struct LiveTrack: Sendable {
  /// What is remembered of a look.
  private struct Look {
    let at: Timestamp
    let accepted: Int64
    let requests: [Partition: Int64]
    let repeats: Int64
    let door: [String: Int64]
    let heads: [Partition: Offset]
    let admitted: Int

    /// First decisions.
    var decided: Int64 { requests.values.reduce(0, +) - repeats }
  }

  /// Since when a partition's head stands where it stands, while records wait behind it.
  private struct Standing {
    var head: Offset
    var since: Timestamp
  }

  private let began: Timestamp
  private var looks: [Look] = []
  private var reading: LiveReading?
  private var readAt: Timestamp?
  private var ends: [Partition: Offset]?
  private var endsAt: Timestamp?
  private var room: RoomCounts?
  private var standings: [Partition: Standing] = [:]

  init(at time: Timestamp) { began = time }

  /// Takes note of a look.
  ///
  /// - Returns: what is to be seen; `nil` while the store has not answered yet.
  mutating func observe(_ moment: LiveMoment) -> LiveView? {
    if let ends = moment.ends { (self.ends, endsAt) = (ends, moment.at) }
    room = moment.room
    if let reading = moment.reading {
      (self.reading, readAt) = (reading, moment.at)
      remember(reading, at: moment.at)
    }
    guard let reading, let readAt else { return nil }
    return view(of: reading, readAt, at: moment.at)
  }

  private mutating func remember(_ reading: LiveReading, at time: Timestamp) {
    looks.append(
      Look(
        at: time, accepted: reading.accepted, requests: reading.requests, repeats: reading.repeats, door: reading.door,
        heads: Dictionary(reading.progress.map { ($0.partition, $0.nextOffset) }, uniquingKeysWith: { $1 }),
        admitted: room?.admitted ?? 0))
    let oldest = time.microseconds - Limits.liveMinute.wholeMicroseconds - 1_500_000
    looks.removeAll { $0.at.microseconds < oldest }
    for progress in reading.progress {
      let waits = ends?[progress.partition].map { $0 > progress.nextOffset } ?? false
      let standing = standings[progress.partition]
      if standing == nil || standing?.head != progress.nextOffset || !waits {
        standings[progress.partition] = Standing(head: progress.nextOffset, since: time)
      }
    }
  }

  // MARK: Rates

  /// The look that rates are compared with: the newest that is `Limits.liveRateSpan` old, or the oldest there is.
  private var base: Look? {
    guard let last = looks.last else { return nil }
    let since = last.at.microseconds - Limits.liveRateSpan.wholeMicroseconds
    return looks.last { $0.at.microseconds <= since } ?? looks.first
  }

  private func rate(_ count: (Look) -> Int64) -> Double {
    guard let base, let last = looks.last else { return 0 }
    let span = Double(last.at.microseconds(since: base.at)) / 1_000_000
    return span > 0 ? max(0, Double(count(last) - count(base)) / span) : 0
  }

  private func flow(_ inAll: Int64, _ count: (Look) -> Int64) -> LiveView.Flow {
    LiveView.Flow(perSecond: rate(count), inAll: inAll)
  }

  private func refused(_ reading: LiveReading) -> [LiveView.Refusal] {
    reading.door.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { code, count in
      LiveView.Refusal(code: code, flow: flow(count) { $0.door[code] ?? 0 })
    }
  }

  private var seconds: [LiveView.Second] {
    zip(looks, looks.dropFirst()).map { before, after in
      func more(_ count: (Look) -> Int64) -> Int64 { max(0, count(after) - count(before)) }
      return LiveView.Second(
        at: after.at, accepted: more(\.accepted), decided: more(\.decided), repeated: more(\.repeats),
        refused: more { $0.door.values.reduce(0, +) })
    }
  }

  // MARK: The view

  private func view(of reading: LiveReading, _ readAt: Timestamp, at time: Timestamp) -> LiveView {
    let sale = reading.sale.sale
    let status = reading.sale.status(at: time)
    let rows = partitions(reading, at: time)
    let own = rows.filter(\.isOfSale)
    let backlog = own.allSatisfy { $0.lag != nil } ? own.reduce(0) { $0 + ($1.lag ?? 0) } : nil
    let stock = sale.items.map { item in
      let level = reading.sale.stock[item.sku]
      let (left, held) = (Int64(level?.left.rawValue ?? item.stock.rawValue), Int64(level?.reserved.rawValue ?? 0))
      return LiveView.Stock(
        sku: item.sku, putUp: Int64(item.stock.rawValue), left: left, held: held,
        sold: max(0, Int64(item.stock.rawValue) - left - held), isClosed: level?.isClosed ?? false)
    }
    let facts = LiveAlert.Facts(
      storeSilentMilliseconds: silence(since: readAt, time), logSilentMilliseconds: silence(since: endsAt, time),
      partitions: rows, commitMilliseconds: reading.commitMilliseconds, stock: stock, room: room,
      quarantined: reading.quarantined, deadLetters: reading.deadLetters,
      failingEndpoints: reading.failingEndpoints)
    return LiveView(
      sale: sale.id, name: sale.name, status: status, next: Self.next(sale, status), at: time, asOf: readAt,
      accepted: flow(reading.accepted, \.accepted), refused: refused(reading),
      decided: flow(looks.last?.decided ?? 0, \.decided), repeats: flow(reading.repeats, \.repeats), seconds: seconds,
      backlog: backlog,
      drainMilliseconds: Self.drain(own), sellsByHolds: sale.holds != nil, stock: stock, recent: reading.recent,
      room: room, admittedPerSecond: rate { Int64($0.admitted) }, partitions: rows, quarantined: reading.quarantined,
      alerts: LiveAlert.all(of: facts))
  }

  private func silence(since last: Timestamp?, _ time: Timestamp) -> Int64 {
    max(0, time.microseconds(since: last ?? began) / 1_000)
  }

  private static func next(_ sale: Sale, _ status: SaleStatus) -> LiveView.Next {
    switch status {
    case .upcoming: .opens(sale.startsAt)
    case .open: .ends(sale.endsAt)
    case .ended, .closed: .over
    }
  }

  /// How long the slowest partition takes to decide what waits; `nil`: one of them does not move, or is not known.
  private static func drain(_ rows: [LiveView.PartitionRow]) -> Int64? {
    var longest: Int64 = 0
    for row in rows {
      guard let lag = row.lag else { return nil }
      guard lag > 0 else { continue }
      guard row.perSecond > 0 else { return nil }
      longest = max(longest, Int64(min(Double(lag) / row.perSecond * 1_000, 1e12)))
    }
    return longest
  }

  private func partitions(_ reading: LiveReading, at time: Timestamp) -> [LiveView.PartitionRow] {
    let sale = reading.sale.sale
    let own =
      reading.partitions > 0
      ? Set(sale.items.map { RecordKey(sale: sale, sku: $0.sku).partition(of: reading.partitions) }) : []
    let known = Dictionary(reading.progress.map { ($0.partition, $0) }, uniquingKeysWith: { $1 })
    return Set(known.keys).union(own).union(ends.map { Set($0.keys) } ?? []).sorted().map { partition in
      let progress = known[partition]
      let head = progress?.nextOffset ?? Offset(0)
      let lag = ends?[partition].map { max(0, $0.rawValue - head.rawValue) }
      let standing = standings[partition]
      let waits = lag ?? 0 > 0
      return LiveView.PartitionRow(
        partition: partition, isOfSale: own.contains(partition), owner: progress?.owner,
        leaseMilliseconds: progress?.leaseAgeMilliseconds, head: head, lag: lag,
        stuckMilliseconds: waits && standing?.head == head ? silence(since: standing?.since, time) : 0,
        perSecond: rate { $0.heads[partition]?.rawValue ?? 0 },
        state: Self.state(of: progress, waits: waits, reading.liveWorkers))
    }
  }

  private static func state(
    of progress: PartitionProgress?, waits: Bool, _ live: Set<Int64>
  ) -> LiveView.PartitionState {
    if let reason = progress?.haltedReason { return .halted(reason: reason) }
    guard let progress, let owner = progress.ownerID, live.contains(owner) else { return .unowned }
    if progress.isOwnerSilent { return .silent }
    return waits ? .working : .idle
  }
}
