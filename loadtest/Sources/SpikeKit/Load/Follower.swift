internal import NIOCore

/// Follows one event loop's receipts to their outcomes, over the connections that the generator used.
///
/// (1) It asks in rounds, oldest first; what is still queued is asked again in the next, `Limits.followRoundEvery`
///     later.
/// (2) Orders that may not exist are asked for once every promise is settled: by then they are, if they ever will be.
/// (3) A stream of events is an answer that comes whole when it ends, with the outcome. Where streams are refused for
///     now, the status is asked for instead.
/// (4) Past the deadline nothing new is asked; what is open then stays open.
final class Follower: Requester {
  private let stripe: Stripe
  private let requests: RequestBytes
  private let mix: Mix
  private let way: FollowWay
  private let deadline: NIODeadline
  /// Orders whose stream was refused.
  private var refused: Set<Int> = []
  private let clock: SlotClock
  private let finished: EventLoopPromise<Void>
  private var round: [Int] = []
  private var place = 0
  private var nextRound: [Int] = []
  private var roundBegan = NIODeadline.uptimeNanoseconds(0)
  private var askedForUnknown = false
  private var isBetweenRounds = false
  private var isFinished = false
  private(set) var receipts: Receipts
  private(set) var result = FollowResult()

  init(stripe: Stripe, plan: Plan, receipts: Receipts, clock: SlotClock, deadline: NIODeadline) {
    self.stripe = stripe
    self.requests = plan.requests
    self.mix = plan.mix
    way = plan.followWay
    self.deadline = deadline
    self.clock = clock
    finished = stripe.loop.makePromise()
    self.receipts = receipts
  }

  /// Begins. The future succeeds when all is settled or the deadline passed; it never fails.
  func run() -> EventLoopFuture<Void> {
    stripe.requester = self
    begin(round: receipts.all.indices.filter { receipts.all[$0].isPromise && receipts.all[$0].fate == .open })
    return finished.futureResult
  }

  private func begin(round: [Int]) {
    self.round = round
    place = 0
    nextRound = []
    roundBegan = .now()
    look()
  }

  private func look() {
    guard !isFinished, !isBetweenRounds else { return }
    let now = NIODeadline.now()
    while place < round.count, now < deadline, stripe.hasFree() {
      let number = round[place]
      place += 1
      ask(number, at: now)
    }
    guard stripe.inFlight == 0, place == round.count || now >= deadline else { return }
    if now >= deadline || (nextRound.isEmpty && askedForUnknown) {
      isFinished = true
      finished.succeed()
    } else if !nextRound.isEmpty {
      isBetweenRounds = true
      stripe.loop.assumeIsolated().scheduleTask(deadline: roundBegan + Limits.followRoundEvery) {
        self.isBetweenRounds = false
        self.begin(round: self.nextRound)
      }
    } else {
      askedForUnknown = true
      begin(round: receipts.all.indices.filter { !receipts.all[$0].isPromise })
    }
  }

  private func ask(_ number: Int, at now: NIODeadline) {
    let receipt = receipts.all[number]
    let buyer = mix.request(Int(receipt.request), attempt: Int(receipt.attempt)).buyer
    let ticket = receipts.ticket(number)
    stripe.send(Flight(number: number, scheduled: now, sent: now)) {
      requests.status(receipt.id, by: way(of: number), ticket: ticket, buyer: buyer, into: &$0)
    }
  }

  private func way(of number: Int) -> FollowWay { refused.contains(number) ? .status : way }

  func connectionIsFree(at now: NIODeadline) { look() }

  func swept(at now: NIODeadline) { look() }

  func unanswered(_ flight: Flight, _ why: Unanswered, at now: NIODeadline) {
    result.troubles[why.rawValue, default: 0] += 1
    nextRound.append(flight.number)
  }

  func answered(_ flight: Flight, _ answer: AnswerHead, body: borrowing Span<UInt8>, at now: NIODeadline) {
    let receipt = receipts.all[flight.number]
    if answer.status == 404, !receipt.isPromise {
      receipts.settle(flight.number, .absent)
      return
    }
    guard answer.status == 200 else {
      result.troubles["status \(answer.status)", default: 0] += 1
      if answer.status == 503 { refused.insert(flight.number) }
      nextRound.append(flight.number)
      return
    }
    guard way(of: flight.number) == .events else { return take(body, for: flight) }
    switch EventBytes.told(body) {
    case .outcome(let data): take(body.extracting(data), for: flight)
    case .noOutcome:
      result.troubles["a stream without an outcome", default: 0] += 1
      nextRound.append(flight.number)
    case .backwards:
      result.mismatched += 1
      nextRound.append(flight.number)
    }
  }

  /// Takes what is told of an order.
  private func take(_ body: borrowing Span<UInt8>, for flight: Flight) {
    let receipt = receipts.all[flight.number]
    guard let id = FlatJSON.string("order_id", in: body), OrderID(body, id) == receipt.id,
      FlatJSON.string("status", in: body) != nil
    else {
      result.mismatched += 1
      nextRound.append(flight.number)
      return
    }
    guard let sight = OrderSight(body) else {
      result.troubles["status word not known", default: 0] += 1
      nextRound.append(flight.number)
      return
    }
    guard sight.state != .queued else { return nextRound.append(flight.number) }
    result.decisions.add(sight, clock)
    receipts.settle(flight.number, sight)
  }
}

/// What following brought.
struct FollowResult: Sendable {
  /// Answers about another order than the one asked for, or about none; streams in which a place grew.
  var mismatched = 0
  /// Answers that told nothing about the order, by kind. They were asked again. At most one for each HTTP status.
  var troubles: [String: Int] = [:]
  var decisions = Decisions()

  init() {}

  init(merging parts: [FollowResult]) {
    for part in parts {
      mismatched += part.mismatched
      decisions.merge(part.decisions)
      troubles.merge(part.troubles, uniquingKeysWith: +)
    }
  }
}
