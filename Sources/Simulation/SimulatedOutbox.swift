internal import FlashSale
internal import Time

/// PostgreSQL as relays see it: the rows of events, who publishes which partition, and what endpoints have not got.
///
/// It follows the statements of `RelayStore`, `NewDelivery`, `WebhookStore` and `Webhooks.swift`, each of which is one
/// transaction.
struct SimulatedOutbox {
  typealias Seat = Int

  /// A row of `relay_progress`.
  struct Progress {
    var owner: Seat?
    var epoch: Int64 = 0
    var next = Offset(0)
  }

  /// What a relay has read of such a row.
  struct Standing {
    let partition: Int
    let epoch: Int64
    let next: Offset
    let decided: Offset
  }

  /// A row of `webhook_endpoints`.
  struct Endpoint {
    let id: Int32
    let kinds: Set<OrderEvent.Kind>
    let concurrency: Int32
    var failingSince: Timestamp?
    var isOff = false

    /// As a relay reads it.
    var read: WebhookEndpoint {
      WebhookEndpoint(
        id: id, url: "https://shop/\(id)", events: kinds, secrets: [], concurrency: concurrency,
        createdAt: RelayWorld.start, failingSince: failingSince, disabledAt: isOff ? RelayWorld.start : nil,
        disabledReason: isOff ? "off" : nil)
    }
  }

  /// A row of `webhook_deliveries`.
  struct Delivery {
    let id: Int64
    let endpoint: Int32
    let event: OrderEvent
    /// `nil`: it was given up.
    var nextAt: Timestamp?
    var attempts: Int32 = 0
    var firstTriedAt: Timestamp?

    var waiting: DeliveryPlan.Waiting? {
      nextAt.map { DeliveryPlan.Waiting(id: id, order: event.order, nextAt: $0) }
    }
  }

  let bug: RelayBug?
  private var rows: [[[EventPage.Row]]]
  private(set) var decided: [Offset]

  /// Of each partition, and in the end of the webhooks.
  private(set) var progress: [Progress]
  var webhooks: Int { progress.count - 1 }

  /// In the order of their ids.
  var endpoints: [Endpoint] = []
  private(set) var deliveries: [Delivery] = []
  private var lastDelivery: Int64 = 0

  init(partitions: Int32, bug: RelayBug?) {
    self.bug = bug
    rows = Array(repeating: [[], []], count: Int(partitions))
    decided = Array(repeating: Offset(0), count: Int(partitions))
    progress = Array(repeating: Progress(), count: Int(partitions) + 1)
  }

  /// A lane commits a batch.
  mutating func commit(_ batch: OutboxRows) {
    let partition = Int(batch.partition.rawValue)
    rows[partition][0] += batch.first
    rows[partition][1] += batch.later
    decided[partition] = batch.next
  }

  // MARK: `RelayStore`

  /// Takes a fair share of what nobody has, and gives back what is more than that.
  ///
  /// - Returns: how many were taken and given back.
  mutating func share(for seat: Seat, alive: Set<Seat>) -> (taken: Int, givenBack: Int) {
    // The webhooks come first.
    let order = [webhooks] + Array(0..<webhooks)
    let fair = (progress.count + alive.count - 1) / max(1, alive.count)
    let mine = progress.count { $0.owner == seat }
    let free = order.filter { index in
      progress[index].owner.map { $0 != seat && !alive.contains($0) } ?? true
    }
    let taken = free.prefix(max(0, fair - mine))
    for index in taken { (progress[index].owner, progress[index].epoch) = (seat, progress[index].epoch + 1) }
    let surplus = order.reversed().filter { progress[$0].owner == seat }.prefix(max(0, mine + taken.count - fair))
    for index in surplus { progress[index].owner = nil }
    return (taken.count, surplus.count)
  }

  func standings(of seat: Seat) -> [Standing] {
    progress.indices.dropLast().filter { progress[$0].owner == seat && decided[$0] > progress[$0].next }.map {
      Standing(partition: $0, epoch: progress[$0].epoch, next: progress[$0].next, decided: decided[$0])
    }
  }

  /// Reads a page, with all of its first record where that alone has more.
  func page(of standing: Standing, limit: Int) -> EventPage {
    let page = page(standing.partition, from: standing.next, to: standing.decided, limit: limit)
    guard page.next == standing.next else { return page }
    return self.page(standing.partition, from: standing.next, to: standing.next.next, limit: nil)
  }

  private func page(_ partition: Int, from: Offset, to: Offset, limit: Int?) -> EventPage {
    let tables = rows[partition].map { table in
      Array(table.filter { from <= $0.offset && $0.offset < to }.prefix(limit ?? .max))
    }
    if bug == .recordCut, let limit, let last = tables.filter({ $0.count >= limit }).compactMap(\.last?.offset).min() {
      return EventPage(tables, limit: nil, upTo: last.next)
    }
    return EventPage(tables, limit: limit, upTo: to)
  }

  /// Moves the progress of a partition on; false if another relay has it by now.
  mutating func advance(_ standing: Standing, to next: Offset, by seat: Seat) -> Bool {
    let row = progress[standing.partition]
    let isMine = row.owner == seat && row.epoch == standing.epoch && row.next == standing.next
    guard isMine || bug == .markedBlindly else { return false }
    progress[standing.partition].next = next
    return true
  }

  /// Keeps what endpoints are to hear of, in the same transaction.
  mutating func keep(_ events: [OrderEvent], for wanting: [WebhookEndpoint], now: Timestamp) -> [Delivery] {
    var kept: [Delivery] = []
    for event in events {
      for endpoint in wanting where endpoint.wants(event) && self[endpoint.id]?.isOff == false {
        let before = deliveries.filter { $0.endpoint == endpoint.id && $0.event.order == event.order }
        lastDelivery += 1
        let nextAt = bug == .overtaken ? now : max(now, before.compactMap(\.nextAt).max() ?? now)
        let delivery = Delivery(id: lastDelivery, endpoint: endpoint.id, event: event, nextAt: nextAt)
        deliveries.append(delivery)
        kept.append(delivery)
      }
    }
    return kept
  }

  mutating func leave(_ seat: Seat) {
    for index in progress.indices where progress[index].owner == seat { progress[index].owner = nil }
  }

  // MARK: `WebhookStore`

  subscript(endpoint: Int32) -> Endpoint? { endpoints.first { $0.id == endpoint } }

  func delivery(_ id: Int64) -> Delivery? { deliveries.first { $0.id == id } }

  func due(_ endpoint: Int32, at now: Timestamp, limit: Int32) -> [Delivery] {
    var held: Set<OrderID> = []
    let due = deliveries.filter { delivery in
      guard delivery.endpoint == endpoint, let nextAt = delivery.nextAt else { return false }
      let isFirst = held.insert(delivery.event.order).inserted
      return nextAt <= now && (isFirst || bug == .overtaken)
    }
    let inOrder = due.sorted { ($0.nextAt ?? now, $0.id) < ($1.nextAt ?? now, $1.id) }
    return Array(inOrder.prefix(Int(limit)))
  }

  /// When something of an endpoint may be tried next, orders in `underway` left out.
  func nextDue(_ endpoint: Int32, without underway: Set<OrderID>) -> Timestamp? {
    deliveries.lazy.filter { $0.endpoint == endpoint && !underway.contains($0.event.order) }.compactMap(\.nextAt).min()
  }

  mutating func delivered(_ id: Int64, to endpoint: Int32) {
    update(endpoint) { $0.failingSince = nil }
    deliveries.removeAll { $0.id == id }
  }

  enum FailureAnswer {
    case noted(DeliveryRules.Failure)
    case settled
    case gone
  }

  /// - Parameter read: what was read of the delivery before the attempt; only planted bugs look at it.
  mutating func failed(
    _ waiting: DeliveryPlan.Waiting, to endpoint: Int32, began: Timestamp, now: Timestamp, spread: Double,
    read: Delivery
  ) -> FailureAnswer {
    guard let owner = self[endpoint] else { return .gone }
    guard let index = deliveries.firstIndex(where: { $0.id == waiting.id && $0.nextAt != nil }) else {
      return .settled
    }
    let row = bug == .staleFailure ? read : deliveries[index]
    let isAsleep = bug == .sleepCounted
    let record = DeliveryRules.Record(
      attempts: row.attempts, firstTriedAt: row.firstTriedAt ?? (isAsleep ? began : nil),
      failingSince: owner.failingSince ?? (isAsleep ? began : nil),
      isOnly: bug != .failsForEver
        && !deliveries.contains { $0.endpoint == endpoint && $0.nextAt != nil && $0.id != waiting.id })
    let failure = DeliveryRules.failed(record, now: now, spread: spread)
    write(failure, at: index, now: now)
    let switchesOff = failure.switchesOff || bug == .offWithDead && failure.next == .dead
    update(endpoint) { row in
      row.failingSince = failure.record.failingSince
      if switchesOff { row.isOff = true }
    }
    return .noted(failure)
  }

  private mutating func write(_ failure: DeliveryRules.Failure, at index: Int, now: Timestamp) {
    let failed = deliveries[index]
    deliveries[index].attempts = failure.record.attempts
    deliveries[index].firstTriedAt = failure.record.firstTriedAt
    var nextAt: Timestamp? = if case .tryAgain(let at) = failure.next { at } else { nil }
    if bug == .noPause, nextAt != nil { nextAt = now }
    if bug == .triedForever { nextAt = nextAt ?? now.after(.seconds(3_600)) }
    deliveries[index].nextAt = nextAt
    for later in deliveries.indices where deliveries[later].isBehind(failed) {
      guard let at = deliveries[later].nextAt, bug != .overtaken else { continue }
      deliveries[later].nextAt = nextAt.map { max(at, $0) } ?? min(at, now)
    }
    if nextAt == nil, bug == .deadDropped { deliveries.remove(at: index) }
  }

  // MARK: Operators

  mutating func update(_ endpoint: Int32, _ change: (inout Endpoint) -> Void) {
    guard let index = endpoints.firstIndex(where: { $0.id == endpoint }) else { return }
    change(&endpoints[index])
  }

  mutating func `switch`(_ endpoint: Int32, on isOn: Bool, now: Timestamp) {
    update(endpoint) { ($0.failingSince, $0.isOff) = (nil, !isOn) }
    guard isOn else { return }
    for index in deliveries.indices where deliveries[index].endpoint == endpoint && deliveries[index].nextAt != nil {
      begin(index, now)
    }
  }

  mutating func remove(_ endpoint: Int32) {
    endpoints.removeAll { $0.id == endpoint }
    deliveries.removeAll { $0.endpoint == endpoint }
  }

  /// Has dead letters sent again.
  ///
  /// - Parameter delivery: the only one; `nil`: all.
  mutating func resend(of endpoint: Int32, only delivery: Int64?, now: Timestamp) -> [Int64] {
    var sent: [Int64] = []
    for index in deliveries.indices where deliveries[index].endpoint == endpoint && deliveries[index].nextAt == nil {
      guard delivery == nil || deliveries[index].id == delivery else { continue }
      let before = deliveries[index]
      begin(index, now)
      if bug == .dayKept {
        (deliveries[index].attempts, deliveries[index].firstTriedAt) = (before.attempts, before.firstTriedAt)
      }
      sent.append(before.id)
    }
    return sent
  }

  private mutating func begin(_ index: Int, _ now: Timestamp) {
    (deliveries[index].nextAt, deliveries[index].attempts, deliveries[index].firstTriedAt) = (now, 0, nil)
  }
}

extension SimulatedOutbox.Delivery {
  fileprivate func isBehind(_ other: Self) -> Bool {
    endpoint == other.endpoint && event.order == other.event.order && id > other.id
  }
}
