internal import NIOCore

/// What one event loop, or all of them together, sent and got.
struct LoadResult: Sendable {
  struct Connections: Sendable {
    var open = 0
    var failures = 0
    var lost = 0
    var inFlight = 0
  }

  /// One group's part.
  struct Group: Sendable {
    /// Tries, the first and all others, and questions in a waiting room.
    var sent = 0
    /// Requests of the schedule, each with its first try.
    var requests = 0
    /// Requests that never left: each connection of the group was still dripping another one.
    var skipped = 0
    var tally = Tally()
  }

  /// A request that may have made an order whose id nobody told.
  struct Unnamed: Equatable, Sendable {
    let number: Int
    let attempt: Int
  }

  /// When the first and last of something happened.
  struct Period: Sendable {
    private(set) var first: NIODeadline?
    private(set) var last: NIODeadline?

    mutating func note(_ time: NIODeadline) {
      if first == nil { first = time }
      last = time
    }

    mutating func merge(_ other: Period) {
      first = [first, other.first].compactMap { $0 }.min()
      last = [last, other.last].compactMap { $0 }.max()
    }
  }

  /// Requests of the schedule, each with its first try.
  var sent = 0
  var tally = Tally()
  var timeline: Timeline
  /// Kept only where the crowd has more than one: a single group's tally is everybody's.
  var groups: [Group]
  var retries = Retries.Count()
  /// Requests of groups that stayed away.
  var absent = 0
  /// What was sent in a waiting room after a tab's first request, and its orders.
  var steps = 0
  var room = RoomSight()
  /// What became of accepted orders, where buyers pay.
  var lives = LifeResult()
  var lateness = Lateness()
  var withoutId: [Unnamed] = []
  /// 202s without a usable order id or ticket.
  var unusable = 0
  /// Whether anybody was told at once, by the intake, that a SKU is sold out.
  var refusedSoldOut: [Bool]
  var connections = Connections()
  /// Tries that left, the first of a request and all others.
  var sends = Period()
  var answers = Period()
  /// From the start to the last answer.
  var lasted = TimeAmount.zero
  /// From the start to the last request that was sent.
  var sending = TimeAmount.zero
  /// The share of a core that the event loop used. Of several, the busiest one's.
  var busy = 0.0

  init(_ plan: Plan) {
    timeline = Timeline(duration: plan.schedule.duration)
    groups = plan.mix.crowd.groups.count > 1 ? plan.mix.crowd.groups.map { _ in Group() } : []
    refusedSoldOut = Array(repeating: false, count: plan.skus.count)
  }

  /// - Parameter parts: Of the same plan.
  init(_ plan: Plan, merging parts: [LoadResult]) {
    self.init(plan)
    for part in parts {
      sent += part.sent
      timeline.merge(part.timeline, kinds: tally.merge(part.tally))
      for group in groups.indices {
        groups[group].sent += part.groups[group].sent
        groups[group].requests += part.groups[group].requests
        groups[group].skipped += part.groups[group].skipped
        groups[group].tally.merge(part.groups[group].tally)
      }
      retries = retries + part.retries
      absent += part.absent
      steps += part.steps
      room.merge(part.room)
      lives.merge(part.lives)
      lateness.merge(part.lateness)
      withoutId += part.withoutId
      unusable += part.unusable
      for sku in refusedSoldOut.indices where part.refusedSoldOut[sku] { refusedSoldOut[sku] = true }
      connections = connections + part.connections
      sends.merge(part.sends)
      answers.merge(part.answers)
      lasted = max(lasted, part.lasted)
      sending = max(sending, part.sending)
      busy = max(busy, part.busy)
    }
  }

  /// A try leaves, so long after the start.
  mutating func left(_ flight: Flight, after elapsed: TimeAmount) {
    let isFirst = flight.attempt == 0 && !flight.isLater
    if isFirst { sent += 1 }
    if flight.isLater { steps += 1 }
    if !groups.isEmpty {
      groups[flight.group].sent += 1
      if isFirst { groups[flight.group].requests += 1 }
    }
    sending = elapsed
    sends.note(flight.sent)
    timeline.sent(at: elapsed)
    lateness.sent(flight)
  }

  /// A try has its answer, or will get none.
  ///
  /// - Parameter status: 0 where there was no answer.
  mutating func ended(
    _ flight: Flight, status: Int, code: borrowing Span<UInt8>, at now: NIODeadline, after elapsed: TimeAmount
  ) {
    if status > 0 { answers.note(now) }
    let (kind, latency) = tally.add(status: status, code: code, flight, at: now)
    timeline.answered(kind: kind, latencyMicroseconds: latency, at: elapsed)
    if !groups.isEmpty { groups[flight.group].tally.add(status: status, code: code, flight, at: now) }
  }

  /// Requests that never left because their group's connections were dripping.
  var skipped: Int { groups.reduce(0) { $0 + $1.skipped } }

  /// All tries that left.
  var tries: Int { sent + retries.sent + steps }
}

extension LoadResult.Connections {
  init(_ stripe: Stripe) {
    self.init(
      open: stripe.open, failures: stripe.connectFailures, lost: stripe.connectionsLost, inFlight: stripe.inFlight)
  }

  static func + (a: Self, b: Self) -> Self {
    Self(
      open: a.open + b.open, failures: a.failures + b.failures, lost: a.lost + b.lost,
      inFlight: a.inFlight + b.inFlight)
  }
}

extension LoadResult {
  /// What each group got, where the crowd has more than one.
  func figures(_ crowd: Crowd, _ units: Units) -> [GroupFigures] {
    var bought = crowd.groups.map { _ in 0 }
    for (buyer, count) in units.byBuyer { bought[crowd.group(ofBuyer: buyer)] += count }
    return zip(crowd.groups, groups).enumerated().map { index, group in
      GroupFigures(
        name: group.0.name, sent: group.1.sent, requests: group.1.requests, accepted: group.1.accepted,
        units: bought[index])
    }
  }
}

extension LoadResult.Group {
  /// Answers to orders that say they are accepted. In a waiting room, 200 has a status of the room as its code.
  fileprivate var accepted: Int {
    tally.kinds.reduce(0) { $0 + (($1.status == 202 || $1.status == 200) && $1.code.isEmpty ? Int($1.count) : 0) }
  }
}
