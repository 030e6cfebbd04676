internal import FlashSale
internal import Time

extension RelayWorld {
  /// A request that is on its way to an endpoint, or its answer to the relay.
  struct Attempt {
    let relay: Int
    let run: Int
    let runNumber: Int
    let delivery: SimulatedOutbox.Delivery
    let began: Int64
  }

  /// What a shop's receiver does with what it gets.
  enum Mode: CaseIterable {
    case takes
    case answers500, answers429, answers410
    /// Nobody listens.
    case refuses
    /// It takes nothing, and answers nothing.
    case hangs
    /// It does any of these, and takes some of which it does not answer.
    case fails
  }

  struct Receiver {
    var mode = Mode.takes
    /// Since when its endpoint is on.
    var onSince: Int64
  }

  // MARK: The dispatcher

  mutating func sendWebhooks(_ relay: Int, if isWanted: Bool) {
    if !isWanted, !relays[relay].runs.isEmpty { cancelAll(relay) }
    relays[relay].sendsWebhooks = isWanted
    guard isWanted else { return }
    for endpoint in outbox.endpoints { plan(relay, endpoint.id, at: scheduler.now) }
  }

  private mutating func cancelAll(_ relay: Int) {
    if relays[relay].runs.values.contains(where: { !$0.underway.isEmpty }) { met(.cancelled) }
    relays[relay].runs = [:]
  }

  /// Something may be due for an endpoint.
  mutating func poke(_ endpoint: Int32) {
    for relay in relays.indices where relays[relay].sendsWebhooks && relays[relay].isUp {
      plan(relay, endpoint, at: scheduler.now)
    }
  }

  /// Has a relay look at what is due for an endpoint, if it does not sooner.
  private mutating func plan(_ relay: Int, _ endpoint: Int32, at time: Int64) {
    if relays[relay].runs[endpoint] == nil {
      runNumbers += 1
      relays[relay].runs[endpoint] = Run(number: runNumbers)
    }
    let time = max(time, scheduler.now + 1)
    if let planned = relays[relay].runs[endpoint]?.nextTick, planned <= time, planned > scheduler.now { return }
    relays[relay].runs[endpoint]?.nextTick = time
    scheduler.after(time - scheduler.now, .tick(relay, run: relays[relay].run, endpoint))
  }

  mutating func tick(_ relay: Int, _ id: Int32) {
    guard relays[relay].sendsWebhooks, var run = relays[relay].runs[id] else { return }
    if let planned = run.nextTick, planned > scheduler.now { return }
    run.nextTick = nil
    guard let endpoint = outbox[id], !endpoint.isOff else {
      if !run.underway.isEmpty { met(.cancelled) }
      relays[relay].runs[id] = nil
      return
    }
    let now = clock(relays[relay].clock)
    let limit = bug == .limitIgnored ? .max : endpoint.concurrency
    let due = outbox.due(id, at: now, limit: Self.duePage)
    let taken = run.plan.take(due.compactMap(\.waiting), now: now, atOnce: limit)
    if run.plan.count == Int(endpoint.concurrency), due.count > run.plan.count { met(.full) }
    for delivery in due where taken.contains(delivery.id) {
      run.underway.insert(delivery.event.order)
      send(delivery, by: relay, run, to: endpoint)
    }
    relays[relay].runs[id] = run
    // While something is on its way.
    if !taken.isEmpty, !isHealed, random.happens(perMille: trouble / 3) { freeze(relay) }
    guard run.plan.count < Int(limit), let next = outbox.nextDue(id, without: run.underway) else { return }
    let pause = max(200_000, next.microseconds(since: now))
    plan(relay, id, at: scheduler.now + pause)
  }

  /// More than any world has.
  private static let duePage: Int32 = 100

  private mutating func send(
    _ delivery: SimulatedOutbox.Delivery, by relay: Int, _ run: Run, to endpoint: SimulatedOutbox.Endpoint
  ) {
    let senders = relays.count { $0.isUp && $0.sendsWebhooks }
    if senders > 1 { met(.twoSend) }
    if outbox.hasBehind(delivery) { met(.heldBack) }
    note("relay \(relay)", "sends delivery \(delivery.id) to webhook \(endpoint.id)")
    checks.began(
      delivery.id, at: scheduler.now, underway: run.underway.count, of: endpoint.concurrency, isAlone: senders == 1)
    attempts.append(
      Attempt(
        relay: relay, run: relays[relay].run, runNumber: run.number, delivery: delivery, began: scheduler.now))
    after(1_000...200_000, .arrives(attempts.count - 1))
  }

  mutating func ended(_ index: Int, isDelivered: Bool) {
    let attempt = attempts[index]
    let (relay, delivery) = (attempt.relay, attempt.delivery)
    let endpoint = delivery.endpoint
    guard isRunning(relay, attempt.run), relays[relay].runs[endpoint]?.number == attempt.runNumber else { return }
    // An answer that came while its process slept, and the end of its time, wake together.
    let isLate = scheduler.now - attempt.began > RelayLimits.attempt + RelayLimits.second
    if isLate { met(.lateAnswer) }
    if isDelivered && !(isLate && random.happens(perMille: 500)) {
      met(.delivered)
      checks.noted(success: delivery.id)
      outbox.delivered(delivery.id, to: endpoint)
      checks.checkStore(outbox.deliveries)
    } else if !goesOn(behindFailureOf: attempt) {
      if (relays[relay].runs[endpoint]?.underway.count ?? 0) > 1 { met(.cancelled) }
      relays[relay].runs[endpoint] = nil
      return
    }
    relays[relay].runs[endpoint]?.plan.ended(delivery.event.order)
    relays[relay].runs[endpoint]?.underway.remove(delivery.event.order)
    plan(relay, endpoint, at: scheduler.now)
  }

  /// Notes a failure.
  ///
  /// - Returns: whether the endpoint is on, and there.
  private mutating func goesOn(behindFailureOf attempt: Attempt) -> Bool {
    guard let waiting = attempt.delivery.waiting else { return true }
    let (id, endpoint, clockOffset) = (attempt.delivery.id, attempt.delivery.endpoint, relays[attempt.relay].clock)
    let wasOff = outbox[endpoint]?.isOff == true
    let spread = Double(random.number(in: 0...1_000)) / 1_000
    let began = Timestamp(microseconds: Self.start.microseconds + attempt.began + clockOffset)
    let answer = outbox.failed(
      waiting, to: endpoint, began: began, now: clock(clockOffset), spread: spread, read: attempt.delivery)
    switch answer {
    case .gone:
      met(.goneFailure)
      return false
    case .settled:
      met(.settledFailure)
      return true
    case .noted(let failure):
      met(.failed)
      let isOff = outbox[endpoint]?.isOff == true
      let isDead = outbox.delivery(id).map { $0.nextAt == nil } ?? true
      note("store", "delivery \(id) has failed \(failure.record.attempts) times\(isDead ? " and is given up" : "")")
      if isDead { met(.dead) }
      if failure.switchesOff { met(.switchedOff) }
      checks.noted(failure: id, at: scheduler.now, isDead: isDead, isSwitchedOff: isOff && !wasOff)
      checks.checkStore(outbox.deliveries)
      return !isOff
    }
  }

  // MARK: The receivers

  mutating func addEndpoint() {
    let id = Int32(receivers.count + 1)
    let kinds: [Set<OrderEvent.Kind>] = [[], [], [.paid, .refundDue], [.reserved, .expired, .cancelled]]
    outbox.endpoints.append(
      SimulatedOutbox.Endpoint(
        id: id, kinds: kinds[random.index(below: kinds.count)], concurrency: Int32(random.number(in: 1...3))))
    receivers[id] = Receiver(onSince: scheduler.now)
    after(0...(faultyTime / 4), .receiverTurns(id))
  }

  mutating func receiverTurns(_ endpoint: Int32) {
    guard !isHealed else { return }
    let isUp = receivers[endpoint]?.mode == .takes
    let mode = isUp ? Mode.allCases[random.number(in: 1...(Mode.allCases.count - 1))] : .takes
    receivers[endpoint]?.mode = mode
    let hour = 3_600 * RelayLimits.second
    let lasts =
      hasLongFaults && isUp && random.happens(perMille: 500)
      ? random.number(in: RelayLimits.day...(2 * RelayLimits.day)) : random.number(in: hour / 60...hour * 3 / 2)
    if isUp, lasts >= hour { met(lasts >= RelayLimits.day ? .awayForADay : .awayForAnHour) }
    note("webhook \(endpoint)", "\(mode) for \(lasts / RelayLimits.second) s")
    scheduler.after(lasts, .receiverTurns(endpoint))
  }

  mutating func arrives(_ index: Int) {
    let delivery = attempts[index].delivery
    guard let receiver = receivers[delivery.endpoint] else { return }
    switch receiver.mode {
    case .takes: answer(index, takes: true, .delivered)
    case .answers500: answer(index, takes: false, .answers500)
    case .answers429: answer(index, takes: false, .answers429)
    case .answers410: answer(index, takes: false, .answers410)
    case .refuses: answer(index, takes: false, .refuses)
    case .hangs: answer(index, takes: false, .hangs, isAnswered: false)
    case .fails:
      switch random.number(in: 0...3) {
      case 0: answer(index, takes: true, .delivered)
      case 1: answer(index, takes: true, .answerLost, isAnswered: false)
      case 2: answer(index, takes: false, .hangs, isAnswered: false)
      default: answer(index, takes: false, .answers500)
      }
    }
  }

  private mutating func answer(_ index: Int, takes: Bool, _ course: RelayCourse, isAnswered: Bool = true) {
    let delivery = attempts[index].delivery
    if course != .delivered { met(course) }
    if takes {
      note("webhook \(delivery.endpoint)", "takes \(delivery.event.id), delivery \(delivery.id)")
      if checks.accepted(delivery.id) { met(.acceptedTwice) }
    }
    let time = isAnswered ? 1_000...300_000 : RelayLimits.attempt...(RelayLimits.attempt + 100_000)
    after(time, .ended(index, isDelivered: takes && isAnswered))
  }
}

extension SimulatedOutbox {
  /// Whether something later of a delivery's order waits for it.
  fileprivate func hasBehind(_ delivery: Delivery) -> Bool {
    deliveries.contains {
      $0.endpoint == delivery.endpoint && $0.event.order == delivery.event.order && $0.id > delivery.id
    }
  }
}
