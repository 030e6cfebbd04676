internal import FlashSale
internal import Time

/// Relays that publish what a world's lanes have left in their store, and tell endpoints of it: in virtual time, over
/// days. Real are `EventPage`, `EventRounds`, `Publication`, `DeliveryPlan`, `DeliveryRules`, what an endpoint wants,
/// and all that made the events.
///
/// A relay looks when there is something to see, and not ten times a second.
struct RelayWorld {
  static let start = Timestamp(microseconds: 1_800_000_000_000_000)

  enum Task {
    case decided(Int)
    case start(Int)
    case wakeAll
    case look(Int, run: Int)
    case step(Int, run: Int)
    case written(Int, run: Int, isWhole: Bool)
    indirect case append([OrderEvent])
    case tick(Int, run: Int, Int32)
    case arrives(Int)
    case ended(Int, isDelivered: Bool)
    case receiverTurns(Int32)
    case strike
    case operate
    case heal
    case checkHealed
    case beginAnew
    case end
  }

  /// A page on its way to the topic.
  struct Sheet {
    let standing: SimulatedOutbox.Standing
    let page: EventPage
    let readAt: Int64
  }

  /// What a relay does for one endpoint (`EndpointRun`).
  struct Run {
    let number: Int
    var plan = DeliveryPlan()
    /// Orders that have an attempt on its way.
    var underway: Set<OrderID> = []
    var nextTick: Int64?
  }

  struct Relay {
    /// The process, and who it is for the store.
    var run = 0
    var seat: SimulatedOutbox.Seat = 0
    var isUp = false
    /// Off the database's.
    var clock: Int64 = 0
    var frozenAt: Int64 = 0
    var frozenUntil: Int64 = 0
    /// Whether it looks, or publishes: else it waits until there is something to see.
    var isBusy = false
    var sheets: [Sheet] = []
    var publication: Publication?
    var sendsWebhooks = false
    var runs: [Int32: Run] = [:]
  }

  let bug: RelayBug?
  let history: HistoryWriter
  let batches: [OutboxRows]
  let pageLimit: Int
  var random: SeededGenerator
  var scheduler = Scheduler<Task>()
  var outbox: SimulatedOutbox
  var checks: RelayChecks
  var relays: [Relay]
  var seats = 0
  var runNumbers = 0
  var attempts: [Attempt] = []
  var receivers: [Int32: Receiver] = [:]
  private(set) var courses: [RelayCourse: Int] = [:]
  var violation: Violation?

  /// Until when things fail, and how often.
  let faultyTime: Int64
  let logTrouble: Int
  let trouble: Int
  /// Whether relays freeze, and receivers are away, for more than a day.
  let hasLongFaults: Bool
  var isHealed = false

  init(seed: UInt64, bug: RelayBug?, keepsHistory: Bool) throws {
    self.bug = bug
    history = HistoryWriter(isWanted: keepsHistory)
    random = SeededGenerator(seed: seed)
    let (partitions, batches) = try World.outbox(seed: seed)
    self.batches = batches
    let clocks = RelayLimits.clock
    checks = RelayChecks(partitions: partitions, slack: clocks.upperBound - clocks.lowerBound)
    outbox = SimulatedOutbox(partitions: partitions, bug: bug)
    pageLimit = random.number(in: 2...5)
    hasLongFaults = random.happens(perMille: 300)
    faultyTime = RelayLimits.second * (hasLongFaults ? 250_000 : random.number(in: 600...30_000))
    logTrouble = [0, 100, 400][random.index(below: 3)]
    trouble = [0, 30, 150][random.index(below: 3)]
    relays = Array(repeating: Relay(), count: random.number(in: 1...3))
    for _ in 0..<random.number(in: 1...2) { addEndpoint() }
  }

  /// Lives until nothing is left to happen, or something does not hold.
  ///
  /// - Returns: how many tasks were performed.
  mutating func run() -> Int {
    for relay in relays.indices { after(0...RelayLimits.second, .start(relay)) }
    var at: Int64 = 0
    let pause = random.happens(perMille: 500) ? RelayLimits.second : faultyTime / Int64(max(1, batches.count))
    for index in batches.indices {
      scheduler.after(at, .decided(index))
      at = min(at + random.number(in: 0...pause), faultyTime)
    }
    after(0...(faultyTime / 20), .strike)
    after(0...(faultyTime / 10), .operate)
    scheduler.after(faultyTime, .heal)
    var steps = 0
    while violation == nil, let task = scheduler.next() {
      steps += 1
      perform(task)
      violation = violation ?? checks.violation
      if steps >= Self.stepsMost { violate("liveness", "the world is still busy after \(steps) steps") }
    }
    if let violation { note("check", "violated: \(violation)") }
    return steps
  }

  /// A world has a few thousand; one that has no end has more.
  private static let stepsMost = 200_000

  private mutating func perform(_ task: Task) {
    if let relay = owner(of: task), relays[relay].frozenUntil > scheduler.now {
      return scheduler.after(relays[relay].frozenUntil - scheduler.now, task)
    }
    switch task {
    case .decided(let batch): decided(batches[batch])
    case .start(let relay): start(relay)
    case .wakeAll: wakeAll()
    case .look(let relay, let run): if isRunning(relay, run) { look(relay) }
    case .step(let relay, let run): if isRunning(relay, run) { step(relay) }
    case .written(let relay, let run, let isWhole): if isRunning(relay, run) { written(relay, isWhole: isWhole) }
    case .append(let events):
      met(.writtenLate)
      append(events)
    case .tick(let relay, let run, let endpoint): if isRunning(relay, run) { tick(relay, endpoint) }
    case .arrives(let attempt): arrives(attempt)
    case .ended(let attempt, let isDelivered): ended(attempt, isDelivered: isDelivered)
    case .receiverTurns(let endpoint): receiverTurns(endpoint)
    case .strike: strike()
    case .operate: operate()
    case .heal: heal()
    case .checkHealed: checkHealed()
    case .beginAnew: beginAnew()
    case .end: checks.checkHealed(off: [])
    }
  }

  /// The process that has to be awake for this task.
  private func owner(of task: Task) -> Int? {
    switch task {
    case .look(let relay, _), .step(let relay, _), .written(let relay, _, _), .tick(let relay, _, _): relay
    case .ended(let attempt, _):
      isRunning(attempts[attempt].relay, attempts[attempt].run) ? attempts[attempt].relay : nil
    default: nil
    }
  }

  func isRunning(_ relay: Int, _ run: Int) -> Bool { relays[relay].isUp && relays[relay].run == run }

  // MARK: Relays publish

  private mutating func decided(_ batch: OutboxRows) {
    outbox.commit(batch)
    checks.decided(batch)
    wakeAll()
  }

  mutating func wakeAll() { for relay in relays.indices { wake(relay) } }

  private mutating func wake(_ relay: Int) {
    guard relays[relay].isUp, !relays[relay].isBusy else { return }
    relays[relay].isBusy = true
    after(1_000...100_000, .look(relay, run: relays[relay].run))
  }

  /// Those who have shown life within the lease, in a session that is there.
  private var alive: Set<SimulatedOutbox.Seat> {
    let now = scheduler.now
    return Set(
      relays.filter { relay in
        relay.isUp && !(relay.frozenUntil > now && now - relay.frozenAt > RelayLimits.lease)
      }.map(\.seat))
  }

  private mutating func look(_ relay: Int) {
    let seat = relays[relay].seat
    let shared = outbox.share(for: seat, alive: alive)
    if shared.taken > 0 { met(.tookOver) }
    if shared.givenBack > 0 {
      met(.gaveBack)
      after(0...1_000, .wakeAll)
    }
    sendWebhooks(relay, if: outbox.progress[outbox.webhooks].owner == seat)
    let now = scheduler.now
    relays[relay].sheets = outbox.standings(of: seat).map { standing in
      let page = outbox.page(of: standing, limit: pageLimit)
      if page.next < standing.decided { met(.cutPage) }
      if page.events.count >= pageLimit, page.next == standing.next.next { met(.wholeRecord) }
      return Sheet(standing: standing, page: page, readAt: now)
    }
    let sheets = relays[relay].sheets
    guard !sheets.isEmpty else {
      relays[relay].isBusy = false
      return
    }
    relays[relay].publication = Publication(sheets.map(\.page))
    if bug == .markedFirst { for sheet in sheets { mark(sheet, by: relay) } }
    after(500...5_000, .step(relay, run: relays[relay].run))
  }

  private mutating func step(_ relay: Int) {
    let run = relays[relay].run
    var publication = relays[relay].publication
    let step = publication?.next()
    if isStruck(relay) {
      if case .mark = step, !relays[relay].isUp { met(.diedBeforeMark) }
      if case .publish = step, !relays[relay].isUp { met(.diedBeforeRound) }
      // One that froze does the same when it wakes.
      return scheduler.after(0, .step(relay, run: run))
    }
    relays[relay].publication = publication
    switch step {
    case nil: after(1_000...100_000, .look(relay, run: run))
    case .mark(let pages):
      for page in pages where bug != .markedFirst { mark(relays[relay].sheets[page], by: relay) }
      after(500...5_000, .step(relay, run: run))
    case .publish(let events): publish(events, by: relay)
    }
  }

  private mutating func publish(_ events: [OrderEvent], by relay: Int) {
    let events = bug == .roundsIgnored ? events + rest(of: relay) : events
    var written: [OrderEvent] = []
    var late: [OrderEvent] = []
    let fails = !isHealed && random.happens(perMille: logTrouble)
    for event in events.shuffled(by: &random) {
      if !fails || random.happens(perMille: 500) {
        written.append(event)
      } else if random.happens(perMille: 300) {
        late.append(event)
      }
    }
    append(written)
    if !late.isEmpty { after(100_000...(30 * RelayLimits.second), .append(late)) }
    if fails { met(written.isEmpty ? .unwritten : .partlyWritten) }
    after(1_000...50_000, .written(relay, run: relays[relay].run, isWhole: written.count == events.count))
  }

  /// The planted bug: all rounds at once.
  private mutating func rest(of relay: Int) -> [OrderEvent] {
    var events: [OrderEvent] = []
    while case .publish(let more) = relays[relay].publication?.skippingMarks() { events += more }
    relays[relay].publication = Publication(
      relays[relay].sheets.map { EventPage([], limit: nil, upTo: $0.page.next) })
    return events
  }

  private mutating func append(_ events: [OrderEvent]) {
    for event in events {
      note("topic", "\(event.id): number \(event.sequence) of \(event.order)")
      met(checks.published(event) ? .toldAgain : .published)
    }
  }

  private mutating func written(_ relay: Int, isWhole: Bool) {
    let run = relays[relay].run
    if isWhole {
      after(500...5_000, .step(relay, run: run))
    } else {
      after(100_000...(5 * RelayLimits.second), .look(relay, run: run))
    }
  }

  private mutating func mark(_ sheet: Sheet, by relay: Int) {
    guard outbox.advance(sheet.standing, to: sheet.page.next, by: relays[relay].seat) else {
      note("relay \(relay)", "p\(sheet.standing.partition) is another's by now")
      return met(.fenced)
    }
    met(.marked)
    note("relay \(relay)", "marks p\(sheet.standing.partition) up to \(sheet.page.next)")
    let wanting = outbox.endpoints.map(\.read)
    let isLost = bug == .keptApart && isStruck(relay)
    let kept = isLost ? [] : outbox.keep(sheet.page.events, for: wanting, now: clock(0))
    noteKept(kept, of: sheet.page.events)
    checks.marked(
      sheet.standing.partition, from: sheet.standing.next, to: sheet.page.next, added: kept,
      on: outbox.endpoints.filter { receivers[$0.id].map { $0.onSince <= sheet.readAt } == true && !$0.isOff })
    for endpoint in Set(kept.map(\.endpoint)).sorted() { poke(endpoint) }
  }

  private mutating func noteKept(_ kept: [SimulatedOutbox.Delivery], of events: [OrderEvent]) {
    if !kept.isEmpty { met(.kept) }
    if kept.count < events.count * outbox.endpoints.count { met(.unwanted) }
    if !events.isEmpty, outbox.endpoints.contains(where: \.isOff) { met(.keptWhileOff) }
    for delivery in kept {
      note("store", "delivery \(delivery.id) of \(delivery.event.id) to webhook \(delivery.endpoint)")
    }
  }

  // MARK: For the parts

  /// What a clock shows that is so much off the database's.
  func clock(_ offset: Int64) -> Timestamp {
    Timestamp(microseconds: Self.start.microseconds + scheduler.now + offset)
  }

  mutating func after(_ range: ClosedRange<Int64>, _ task: Task) { scheduler.after(random.number(in: range), task) }

  mutating func met(_ course: RelayCourse) { courses[course, default: 0] += 1 }

  mutating func violate(_ invariant: String, _ what: String) {
    violation = violation ?? Violation(invariant: invariant, what: what)
  }

  func note(_ actor: @autoclosure () -> String, _ event: @autoclosure () -> String) {
    history.note(scheduler.now, actor, event)
  }
}

extension Publication {
  /// The next step that publishes something.
  fileprivate mutating func skippingMarks() -> Step? {
    while let step = next() { if case .publish = step { return step } }
    return nil
  }
}

extension [OrderEvent] {
  fileprivate func shuffled(by random: inout SeededGenerator) -> Self {
    var rest = self
    return indices.map { _ in rest.remove(at: random.index(below: rest.count)) }
  }
}
