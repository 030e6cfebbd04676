internal import HeapModule
internal import NIOCore

/// Sends one event loop's share of the schedule and counts what comes back.
///
/// (1) A request leaves at its scheduled time, or as soon after it as a connection is free; never because another was
///     answered. Another try leaves likewise, at the time that ``Retries`` sets.
/// (2) Nothing is kept for a request but while it is on its way or waits for another try, except a receipt for each 202
///     and unknown, and in a run that is followed only.
/// (3) A request of a dripping group is skipped when all of the group's connections drip: it holds up nobody else.
/// (4) It is finished when every request was sent and ended, and every accepted order is over for its buyer, or when,
///     past the schedule's end, nothing has been answered for a whole timeout.
final class Generator: Requester {
  let stripe: Stripe
  let requests: RequestBytes
  let mix: Mix
  let payments: Payments?
  let epoch: Epoch
  let slots: SlotClock
  private let timeout: TimeAmount
  private let scheduleLasts: TimeAmount
  private let finished: EventLoopPromise<Void>
  private let isFollowed: Bool
  private let start: NIODeadline
  private let absent: Set<Int>
  private var visits: Visits
  /// `nil`: nobody does anything about what was accepted.
  var purchases: Purchases?
  /// What is sent for them, over connections of their own: a crowd that comes late keeps nobody from paying.
  var errands = Heap<Attempt>()
  let errandPool: Int
  var course: Course
  var pen: LedgerPen?
  private var lastAnswer = NIODeadline.uptimeNanoseconds(0)
  /// When the next look is.
  private var wakesAt: NIODeadline?
  private var isFinished = false
  private var processorTimeBefore = TimeAmount.zero
  var result: LoadResult
  var receipts = Receipts()

  /// - Parameter start: The time that the schedule counts from.
  init(stripe: Stripe, plan: Plan, cursor: Schedule.Cursor, start: NIODeadline, ledger: Ledger?) {
    self.stripe = stripe
    self.requests = plan.requests
    self.mix = plan.mix
    self.timeout = plan.timeout
    self.scheduleLasts = plan.schedule.duration
    self.start = start
    isFollowed = plan.isFollowed
    absent = plan.absent
    payments = plan.isFollowed ? plan.payments : nil
    errandPool = plan.errandPool
    epoch = plan.epoch
    slots = SlotClock(
      start: plan.epoch.microseconds(at: start), timeline: Timeline(duration: plan.schedule.duration))
    visits = Visits(plan.mix.crowd)
    purchases = payments.map {
      Purchases($0, mix: plan.mix, start: start, duration: plan.schedule.duration)
    }
    course = Course(cursor, retries: Retries(plan.mix.crowd), start: start)
    pen = ledger.map { LedgerPen(ledger: $0, epoch: plan.epoch, skus: plan.skus, mix: plan.mix) }
    finished = stripe.loop.makePromise()
    result = LoadResult(plan)
  }

  var loop: any EventLoop { stripe.loop }
  var retryCount: Retries.Count { course.retryCount }
  var waitingRetries: Int { course.waitingRetries }

  var connections: LoadResult.Connections { .init(stripe) }

  /// Begins. The future succeeds when it is finished; it never fails.
  ///
  /// - Parameter opensConnections: When the schedule starts; otherwise they are open.
  func run(opensConnections: Bool) -> EventLoopFuture<Void> {
    lastAnswer = start + scheduleLasts
    stripe.requester = self
    processorTimeBefore = threadProcessorTime()
    if opensConnections {
      stripe.loop.assumeIsolated().scheduleTask(deadline: start) { _ = self.stripe.openAll() }
    }
    look(at: .now())
    return finished.futureResult
  }

  /// Sends nothing more, and waits for the requests in flight. Orders that are not over stay as they are.
  func stop() {
    course.stop()
    errands = Heap()
    purchases = nil
    finishIfDone()
  }

  // MARK: Sending

  /// Sends all that is due and has a connection, and comes back when the next is due.
  private func look(at now: NIODeadline) {
    guard !isFinished else { return }
    sendErrands(at: now)
    result.lateness.beginLook(at: now)
    var clock = now
    var canSend = stripe.hasFree()
    while canSend, let time = course.next, time <= clock {
      send(course.take(), at: clock)
      canSend = stripe.hasFree()
      // The time of the next one; not used while there is no connection for it.
      if canSend { clock = .now() }
    }
    let next = course.next
    let isSaturated = next.map { $0 <= clock } ?? false
    result.lateness.endLook(isSaturated: isSaturated)
    // While none is free the next answer calls; otherwise the clock must.
    if !isSaturated, let next { wake(at: max(next, now + Limits.paceQuantum)) }
    if let errand = errands.min, errand.time > now { wake(at: max(errand.time, now + Limits.paceQuantum)) }
  }

  private func send(_ attempt: Attempt, at clock: NIODeadline) {
    let request = mix.request(attempt.number, attempt: attempt.attempt)
    if !absent.isEmpty, absent.contains(request.group) {
      result.absent += 1
      return
    }
    let pool = mix.crowd.pool(ofGroup: request.group)
    guard pool == 0 || stripe.hasFree(pool: pool) else {
      result.groups[request.group].skipped += 1
      return
    }
    let step = attempt.step ?? (mix.crowd.groups[request.group].entersRoom && attempt.attempt == 0 ? .join : .order)
    let flight = Flight(
      number: attempt.number, attempt: attempt.attempt, group: request.group, step: step, isLater: attempt.step != nil,
      scheduled: attempt.time, sent: clock)
    if attempt.attempt > 0 { course.retryLeft() }
    result.left(flight, after: clock - start)
    let drip = pool == 0 ? nil : mix.crowd.groups[request.group].drip
    guard step == .order else {
      return stripe.send(flight) { requests.room(buyer: request.buyer, joins: step == .join, into: &$0) }
    }
    let token = visits.token(of: attempt.number)
    stripe.send(flight, pool: pool, drip: drip) { requests.order(request, token: token, into: &$0) }
  }

  private func wake(at time: NIODeadline) {
    if let wakesAt, wakesAt <= time { return }
    wakesAt = time
    stripe.loop.assumeIsolated().scheduleTask(deadline: time) {
      if self.wakesAt == time { self.wakesAt = nil }
      self.look(at: .now())
    }
  }

  func connectionIsFree(at now: NIODeadline) {
    look(at: now)
    finishIfDone()
  }

  func swept(at now: NIODeadline) {
    if let next = course.next, min(now - next, now - lastAnswer) > timeout, now > start + scheduleLasts { stop() }
    finishIfDone()
  }

  private func finishIfDone() {
    guard !isFinished, course.next == nil, errands.isEmpty, stripe.inFlight == 0 else { return }
    isFinished = true
    pen?.flush()
    result.connections = connections
    result.retries = course.retryCount
    result.room = visits.sight
    result.lasted = NIODeadline.now() - start
    result.busy = (threadProcessorTime() - processorTimeBefore).seconds / max(result.lasted.seconds, 1e-9)
    finished.succeed()
  }

  // MARK: Answers

  func answered(_ flight: Flight, _ answer: AnswerHead, body: borrowing Span<UInt8>, at now: NIODeadline) {
    lastAnswer = max(lastAnswer, now)
    guard !flight.step.isLife else { return answeredLife(flight, answer, body, at: now) }
    guard flight.step == .order else { return visited(flight, answer, body, at: now) }
    // 200: a retry of an order that has its outcome already. It was accepted, and is followed like the others.
    if answer.status == 202 || answer.status == 200 {
      result.ended(flight, status: answer.status, code: body.extracting(0..<0), at: now, after: now - start)
      if isFollowed { accepted(flight, body, hasTicket: answer.status == 202, at: now) }
      return
    }
    let code = FlatJSON.string("code", in: body) ?? 0..<0
    result.ended(flight, status: answer.status, code: body.extracting(code), at: now, after: now - start)
    course.ended(flight, answer, at: now)
    guard isFollowed else { return }
    if answer.status == 409, body.holds("sold_out", at: code) {
      result.refusedSoldOut[mix.request(flight.number).sku] = true
    } else if answer.status >= 500, body.holds("outcome_unknown", at: code) {
      unknown(flight, body, at: now)
    }
  }

  func unanswered(_ flight: Flight, _ why: Unanswered, at now: NIODeadline) {
    guard !flight.step.isLife else { return unansweredLife(flight, why, at: now) }
    let reason = Array(why.rawValue.utf8)
    result.ended(flight, status: 0, code: reason.span, at: now, after: now - start)
    guard flight.step == .order else { return visit(flight, nil, reason.span.extracting(0..<0), at: now) }
    course.ended(flight, nil, at: now)
    guard isFollowed else { return }
    result.withoutId.append(.init(number: flight.number, attempt: flight.attempt))
    pen?.note(nil, ticket: reason.span.extracting(0..<0), flight, at: now, status: "unknown")
  }

  /// An answer in the waiting room. It counts under the buyer's status there, or the problem's code.
  private func visited(_ flight: Flight, _ answer: AnswerHead, _ body: borrowing Span<UInt8>, at now: NIODeadline) {
    let word = FlatJSON.string(answer.status == 200 ? "status" : "code", in: body) ?? 0..<0
    result.ended(flight, status: answer.status, code: body.extracting(word), at: now, after: now - start)
    visit(flight, answer, body, at: now)
  }

  private func visit(_ flight: Flight, _ answer: AnswerHead?, _ body: borrowing Span<UInt8>, at now: NIODeadline) {
    let buyer = mix.request(flight.number).buyer
    func later(_ step: Flight.Step, _ pause: TimeAmount) {
      course.later(Attempt(number: flight.number, attempt: 0, step: step, time: now + pause))
    }
    switch visits.ended(flight, buyer: buyer, answer, body: body, at: now) {
    case .order: later(.order, .zero)
    case .look(let pause): later(.look, pause)
    case .join(let pause): later(.join, pause)
    case .leave: break
    }
  }

  private func accepted(_ flight: Flight, _ body: borrowing Span<UInt8>, hasTicket: Bool, at now: NIODeadline) {
    let ticket = hasTicket ? FlatJSON.string("ticket", in: body) ?? 0..<0 : 0..<0
    guard let range = FlatJSON.string("order_id", in: body), let id = OrderID(body, range),
      !hasTicket || (1...Limits.ticketBytes).contains(ticket.count)
    else {
      // A promise that nobody can follow: a failed check, and nothing known about the order.
      result.unusable += 1
      result.withoutId.append(.init(number: flight.number, attempt: flight.attempt))
      pen?.note(nil, ticket: body.extracting(0..<0), flight, at: now, status: "accepted")
      return
    }
    receipts.add(id, ticket: body.extracting(ticket), flight, isPromise: true)
    pen?.note(id, ticket: body.extracting(ticket), flight, at: now, status: "accepted")
    begin(flight, isDecided: !hasTicket, at: now)
  }

  private func unknown(_ flight: Flight, _ body: borrowing Span<UInt8>, at now: NIODeadline) {
    guard let range = FlatJSON.string("order_id", in: body), let id = OrderID(body, range) else {
      result.withoutId.append(.init(number: flight.number, attempt: flight.attempt))
      pen?.note(nil, ticket: body.extracting(0..<0), flight, at: now, status: "unknown")
      return
    }
    receipts.add(id, ticket: body.extracting(0..<0), flight, isPromise: false)
    pen?.note(id, ticket: body.extracting(0..<0), flight, at: now, status: "unknown")
  }
}
