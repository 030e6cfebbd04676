internal import FlashSale
internal import Time

/// What must hold of events and webhooks, reckoned without the rules that a world runs: from what was decided, what is
/// in the topic, what endpoints took, and when each attempt began and ended in true time.
struct RelayChecks {
  private typealias Bounds = RelayLimits

  /// A delivery, from when it was kept.
  private struct Case {
    let event: OrderEvent
    let endpoint: Int32
    var isAccepted = false
    /// The store knows that it was.
    var isNoted = false
    var wasDead = false
    var isDead = false
    /// Since a person had it begin anew: how often it failed, and when the first and the last time.
    var failures = 0
    var firstFailure: Int64?
    var lastFailure: Int64?
  }

  private var outbox: [[OrderEvent]]
  private var topic: Set<EventID> = []
  private var told: [OrderID: Int32] = [:]
  private var cases: [Int64: Case] = [:]
  /// In the order in which they were kept.
  private var order: [Int64] = []
  private var kept: Set<String> = []
  /// Of each endpoint, the first failure since it took something last.
  private var failing: [Int32: Int64] = [:]
  private(set) var violation: Violation?
  let slack: Int64

  /// - Parameter slack: by how much two clocks differ at most.
  init(partitions: Int32, slack: Int64) {
    outbox = Array(repeating: [], count: Int(partitions))
    self.slack = slack
  }

  private mutating func violate(_ invariant: String, _ what: String) {
    violation = violation ?? Violation(invariant: invariant, what: what)
  }

  // MARK: Events

  /// A batch was committed: each order has its events from 1 on.
  mutating func decided(_ batch: OutboxRows) {
    let rows = (batch.first + batch.later).sorted { ($0.offset, $0.place) < ($1.offset, $1.place) }
    outbox[Int(batch.partition.rawValue)] += rows.compactMap(\.event)
  }

  /// The outbox of the whole world: no number of an order is missing.
  mutating func checkOutbox() {
    for events in outbox {
      var last: [OrderID: Int32] = [:]
      for event in events where event.sequence > 0 {
        if event.sequence != last[event.order, default: 0] + 1 {
          violate("outbox", "event \(event.id) of \(event.order) is number \(event.sequence)")
        }
        last[event.order] = event.sequence
      }
    }
  }

  /// An event is in the topic.
  ///
  /// - Returns: whether it was there before.
  mutating func published(_ event: OrderEvent) -> Bool {
    guard topic.insert(event.id).inserted else { return true }
    guard event.sequence > 0 else { return false }
    let before = told[event.order, default: 0]
    if event.sequence != before + 1 {
      violate("sequence", "number \(event.sequence) of \(event.order) is in the topic behind \(before)")
    }
    told[event.order] = event.sequence
    return false
  }

  /// The progress of a partition has moved on.
  ///
  /// - Parameter endpoints: those that were on from the reading of the page to this moment.
  mutating func marked(
    _ partition: Int, from: Offset, to next: Offset, added: [SimulatedOutbox.Delivery],
    on endpoints: [SimulatedOutbox.Endpoint]
  ) {
    for event in outbox[partition] where event.id.position.offset < next && !topic.contains(event.id) {
      violate("published", "p\(partition) is marked up to \(next), and \(event.id) is not in the topic")
    }
    for delivery in added {
      if !kept.insert("\(delivery.endpoint)/\(delivery.event.id)").inserted {
        violate("kept", "\(delivery.event.id) is kept twice for webhook \(delivery.endpoint)")
      }
      cases[delivery.id] = Case(event: delivery.event, endpoint: delivery.endpoint)
      order.append(delivery.id)
    }
    for event in outbox[partition] where from <= event.id.position.offset && event.id.position.offset < next {
      let isRefund = event.money.refundDue > 0
      for endpoint in endpoints
      where endpoint.kinds.isEmpty || endpoint.kinds.contains(event.kind)
        || isRefund && endpoint.kinds.contains(.refundDue)
      {
        if !kept.contains("\(endpoint.id)/\(event.id)") {
          violate("asked", "webhook \(endpoint.id) was on, and \(event.id) is not kept for it")
        }
      }
    }
  }

  // MARK: Webhooks

  /// An attempt begins.
  ///
  /// - Parameters:
  ///   - underway: attempts of this relay at the endpoint, this one included.
  ///   - isAlone: whether no other relay sends, so that nobody else's failure may be unknown to it.
  mutating func began(_ id: Int64, at now: Int64, underway: Int, of limit: Int32, isAlone: Bool) {
    guard let delivery = cases[id] else { return }
    if underway > Int(limit) {
      violate("limit", "\(underway) are on their way to webhook \(delivery.endpoint), which takes \(limit)")
    }
    guard isAlone, delivery.failures > 0, let last = delivery.lastFailure else { return }
    let least = Bounds.leastPause(after: delivery.failures) - slack
    if now - last < least {
      violate("pause", "delivery \(id) is tried \(now - last) µs after its failure \(delivery.failures)")
    }
  }

  /// An endpoint takes a delivery: what came before it of its order was taken, or given up once.
  ///
  /// - Returns: whether it had taken it before.
  mutating func accepted(_ id: Int64) -> Bool {
    guard let delivery = cases[id] else { return false }
    defer { cases[id]?.isAccepted = true }
    guard !delivery.isAccepted else { return true }
    for earlier in order.prefix(while: { $0 < id }) {
      guard let other = cases[earlier], other.endpoint == delivery.endpoint,
        other.event.order == delivery.event.order, !other.isAccepted, !other.wasDead
      else { continue }
      violate("order", "webhook \(delivery.endpoint) has \(delivery.event.id) before \(other.event.id)")
    }
    return false
  }

  /// It is noted that an endpoint took a delivery.
  mutating func noted(success id: Int64) {
    guard let delivery = cases[id] else { return }
    failing[delivery.endpoint] = nil
    cases[id]?.isNoted = true
    if !delivery.isAccepted { violate("dropped", "delivery \(id) counts as taken, and was not") }
  }

  /// It is noted that an attempt has failed.
  mutating func noted(failure id: Int64, at now: Int64, isDead: Bool, isSwitchedOff: Bool) {
    guard let delivery = cases[id] else { return }
    let first = delivery.firstFailure ?? now
    cases[id]?.firstFailure = first
    cases[id]?.lastFailure = now
    cases[id]?.failures += 1
    if isDead {
      cases[id]?.isDead = true
      cases[id]?.wasDead = true
      if now - first < Bounds.day - Bounds.longestPause - slack {
        violate("day", "delivery \(id) is given up \(now - first) µs after its first failure")
      }
    } else if now - first > Bounds.day + slack {
      violate("day", "delivery \(id) is tried again \(now - first) µs after its first failure")
    }
    let since = failing[delivery.endpoint] ?? now
    failing[delivery.endpoint] = since
    if isSwitchedOff, now - since < Bounds.day - slack {
      violate("off", "webhook \(delivery.endpoint) is switched off after \(now - since) µs of failures")
    }
    // Nothing is left to try: it fails no more until something is.
    if isDead, !isAsked(delivery.endpoint) { failing[delivery.endpoint] = nil }
  }

  private func isAsked(_ endpoint: Int32) -> Bool {
    order.contains { id in
      cases[id].map { $0.endpoint == endpoint && !$0.isNoted && !$0.isDead } ?? false
    }
  }

  /// What the store has of deliveries by now: nothing is missing that was not taken.
  mutating func checkStore(_ there: [SimulatedOutbox.Delivery]) {
    let ids = Set(there.map(\.id))
    for id in order where cases[id]?.isAccepted == false && !ids.contains(id) {
      violate("dropped", "delivery \(id) is gone, and nobody has taken it")
    }
  }

  /// A person had deliveries begin anew.
  mutating func begun(_ ids: [Int64]) {
    for id in ids {
      cases[id]?.isDead = false
      cases[id]?.failures = 0
      cases[id]?.firstFailure = nil
      cases[id]?.lastFailure = nil
    }
  }

  /// An endpoint was switched off by hand, or on again with all that waits for it.
  mutating func switched(_ endpoint: Int32, on isOn: Bool) {
    failing[endpoint] = nil
    if isOn { begun(cases.filter { $0.value.endpoint == endpoint && !$0.value.isDead }.map(\.key)) }
  }

  /// An endpoint is gone, with all that it has not got.
  mutating func removed(_ endpoint: Int32) {
    order.removeAll { cases[$0]?.endpoint == endpoint }
    cases = cases.filter { $0.value.endpoint != endpoint }
  }

  // MARK: In the end

  /// Everything works for an hour: what is not given up is taken, where its endpoint is on.
  mutating func checkHealed(off: Set<Int32>) {
    for events in outbox {
      for event in events where !topic.contains(event.id) { violate("liveness", "\(event.id) is not in the topic") }
    }
    for id in order {
      guard let delivery = cases[id], !off.contains(delivery.endpoint) else { continue }
      if !delivery.isAccepted, !delivery.isDead {
        violate("liveness", "delivery \(id) still waits, an hour after its endpoint is back")
      }
    }
  }
}

/// Bounds that are promised, said a second time, in microseconds.
enum RelayLimits {
  static let second: Int64 = 1_000_000
  static let day = 86_400 * second
  static let longestPause = 3_600 * second
  static let attempt = 10 * second
  static let lease = 15 * second

  /// Half of 5 s, doubled from failure to failure, up to half an hour.
  static func leastPause(after failures: Int) -> Int64 {
    var pause = 5 * second
    for _ in 1..<max(2, failures) where failures > 1 { pause = min(pause * 2, longestPause) }
    return pause / 2
  }

  /// Clocks differ by at most this from the database's.
  static let clock: ClosedRange<Int64> = -10 * second...10 * second
}
