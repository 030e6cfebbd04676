internal import NIOCore

/// Sends one event loop's share of the schedule and counts what comes back.
///
/// (1) A request leaves at its scheduled time, or as soon after it as a connection is free; never because another was
///     answered.
/// (2) Nothing is kept for a request but while it is on its way, except a receipt for each 202 and unknown.
/// (3) It is finished when every request was sent and ended, or when, past the schedule's end, nothing has been
///     answered for a whole timeout.
final class Generator: Requester {
  private let stripe: Stripe
  private let requests: RequestBytes
  private let mix: Mix
  private let timeout: TimeAmount
  private let scheduleLasts: TimeAmount
  private let finished: EventLoopPromise<Void>
  private var cursor: Schedule.Cursor
  private var pen: LedgerPen?
  private var start = NIODeadline.uptimeNanoseconds(0)
  private var lastAnswer = NIODeadline.uptimeNanoseconds(0)
  private var isWaitingForTime = false
  private var isFinished = false
  private var processorTimeBefore = TimeAmount.zero
  private(set) var result: LoadResult
  private(set) var receipts = Receipts()

  init(stripe: Stripe, plan: Plan, cursor: Schedule.Cursor, ledger: Ledger?) {
    self.stripe = stripe
    self.requests = plan.requests
    self.mix = plan.mix
    self.timeout = plan.timeout
    self.scheduleLasts = plan.schedule.duration
    self.cursor = cursor
    pen = ledger.map { LedgerPen(ledger: $0, epoch: plan.epoch, skus: plan.skus, mix: plan.mix) }
    finished = stripe.loop.makePromise()
    result = LoadResult(skus: plan.skus.count)
  }

  var connections: LoadResult.Connections { .init(stripe) }

  /// Begins. The future succeeds when it is finished; it never fails.
  ///
  /// - Parameter start: The time that the schedule counts from.
  func run(from start: NIODeadline) -> EventLoopFuture<Void> {
    self.start = start
    lastAnswer = start + scheduleLasts
    stripe.requester = self
    processorTimeBefore = threadProcessorTime()
    look()
    return finished.futureResult
  }

  /// Sends no more than was sent. What is on its way is waited for.
  func stop() {
    cursor = cursor.atEnd()
    finishIfDone()
  }

  // MARK: Sending

  /// Sends all that is due and has a connection, and comes back when the next is due.
  private func look() {
    guard !isFinished else { return }
    let now = NIODeadline.now()
    result.lateness.beginLook(at: now)
    var clock = now
    while let time = cursor.time, start + time <= clock, stripe.hasFree {
      let flight = Flight(number: cursor.index, scheduled: start + time, sent: clock)
      // First move on: sending may fail at once and call back here.
      cursor.advance()
      result.sent += 1
      result.sending = clock - start
      result.lateness.sent(flight)
      stripe.send(flight) { requests.order(mix.request(flight.number), into: &$0) }
      clock = .now()
    }
    let isSaturated = cursor.time.map { start + $0 <= clock } ?? false
    result.lateness.endLook(isSaturated: isSaturated)
    // While none is free the next answer calls; otherwise the clock must.
    if !isSaturated, let next = cursor.time { wake(at: max(start + next, now + Limits.paceQuantum)) }
  }

  private func wake(at time: NIODeadline) {
    guard !isWaitingForTime else { return }
    isWaitingForTime = true
    stripe.loop.assumeIsolated().scheduleTask(deadline: time) {
      self.isWaitingForTime = false
      self.look()
    }
  }

  func connectionIsFree() {
    look()
    finishIfDone()
  }

  func swept(at now: NIODeadline) {
    if cursor.time != nil, now > start + scheduleLasts, now - lastAnswer > timeout { stop() }
    finishIfDone()
  }

  private func finishIfDone() {
    guard !isFinished, cursor.time == nil, stripe.inFlight == 0 else { return }
    isFinished = true
    pen?.flush()
    result.connections = connections
    result.lasted = NIODeadline.now() - start
    result.busy = (threadProcessorTime() - processorTimeBefore).seconds / max(result.lasted.seconds, 1e-9)
    finished.succeed()
  }

  // MARK: Answers

  func answered(_ flight: Flight, status: Int, body: borrowing Span<UInt8>, at now: NIODeadline) {
    lastAnswer = max(lastAnswer, now)
    if status == 202 {
      result.tally.add(status: status, code: body.extracting(0..<0), flight, at: now)
      accepted(flight, body, at: now)
      return
    }
    let code = FlatJSON.string("code", in: body) ?? 0..<0
    result.tally.add(status: status, code: body.extracting(code), flight, at: now)
    if status == 409, body.holds("sold_out", at: code) {
      result.refusedSoldOut[mix.request(flight.number).sku] = true
    } else if status >= 500, body.holds("outcome_unknown", at: code) {
      unknown(flight, body, at: now)
    }
  }

  func unanswered(_ flight: Flight, _ why: Unanswered, at now: NIODeadline) {
    let reason = Array(why.rawValue.utf8)
    result.tally.add(status: 0, code: reason.span, flight, at: now)
    result.withoutId.append(UInt32(flight.number))
    pen?.note(nil, ticket: reason.span.extracting(0..<0), flight, at: now, status: "unknown")
  }

  private func accepted(_ flight: Flight, _ body: borrowing Span<UInt8>, at now: NIODeadline) {
    guard let range = FlatJSON.string("order_id", in: body), let id = OrderID(body, range),
      let ticket = FlatJSON.string("ticket", in: body), (1...Limits.ticketBytes).contains(ticket.count)
    else {
      // A promise that nobody can follow: a failed check, and nothing known about the order.
      result.unusable += 1
      result.withoutId.append(UInt32(flight.number))
      pen?.note(nil, ticket: body.extracting(0..<0), flight, at: now, status: "accepted")
      return
    }
    receipts.add(id, ticket: body.extracting(ticket), request: flight.number, isPromise: true)
    pen?.note(id, ticket: body.extracting(ticket), flight, at: now, status: "accepted")
  }

  private func unknown(_ flight: Flight, _ body: borrowing Span<UInt8>, at now: NIODeadline) {
    guard let range = FlatJSON.string("order_id", in: body), let id = OrderID(body, range) else {
      result.withoutId.append(UInt32(flight.number))
      pen?.note(nil, ticket: body.extracting(0..<0), flight, at: now, status: "unknown")
      return
    }
    receipts.add(id, ticket: body.extracting(0..<0), request: flight.number, isPromise: false)
    pen?.note(id, ticket: body.extracting(0..<0), flight, at: now, status: "unknown")
  }
}
