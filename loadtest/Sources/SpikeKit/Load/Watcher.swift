internal import NIOCore

/// Watches the run over a connection of its own: what is left of the stock, and how far the decisions are.
///
/// (1) It asks one thing at a time, every `Limits.watchEvery`: nothing that a server under a spike would notice.
/// (2) An order that it samples is asked for until it is decided. As a lane decides in order, those accepted before it
///     mostly are decided too: an estimate, for the display only.
final class Watcher: Requester {
  /// Its last observation.
  struct Sight: Sendable {
    /// Units left of all SKUs together; `nil` where the server did not say.
    var left: Int?
    /// Orders that are probably decided, of the 202s of the event loop that is sampled.
    var decided = 0
    /// Of the newest sample.
    var delayMicroseconds: Int64?
    /// The last known stock in each slot of the time line.
    var leftBySlot: [Int?] = []
  }

  private enum Question: Int { case stock, order }

  private let stripe: Stripe
  private let plan: Plan
  private let generator: Generator
  private let saleRequest: [UInt8]
  private let clock: SlotClock
  private var ticking: RepeatedTask?
  private var sample: Int?
  private var next = Question.stock
  private(set) var sight = Sight()

  /// - Parameter generator: On the same event loop.
  init(
    _ settings: Settings, plan: Plan, generator: Generator, address: SocketAddress, start: NIODeadline
  ) {
    self.plan = plan
    self.generator = generator
    saleRequest = RequestBytes.sale(settings.sale, target: settings.target)
    stripe = Stripe(loop: generator.loop, address: address, pools: [1], timeout: plan.timeout)
    clock = SlotClock(start: plan.epoch.microseconds(at: start), timeline: generator.result.timeline)
  }

  func begin() {
    stripe.requester = self
    _ = stripe.openAll()
    let bound = NIOLoopBound(self, eventLoop: stripe.loop)
    ticking = stripe.loop.scheduleRepeatedTask(initialDelay: .zero, delay: Limits.watchEvery) { _ in
      bound.value.ask()
    }
  }

  func end() {
    ticking?.cancel()
    stripe.close()
  }

  private func ask() {
    guard stripe.hasFree() else { return }
    let now = NIODeadline.now()
    let question = next
    next = question == .stock ? .order : .stock
    let flight = Flight(number: question.rawValue, scheduled: now, sent: now)
    switch question {
    case .stock:
      stripe.send(flight) { $0.writeBytes(saleRequest) }
    case .order:
      sample = sample ?? generator.receipts.all.lastIndex { $0.isPromise }
      guard let sample else { return }
      let receipt = generator.receipts.all[sample]
      let buyer = plan.mix.request(Int(receipt.request), attempt: Int(receipt.attempt)).buyer
      let ticket = generator.receipts.ticket(sample)
      stripe.send(flight) { plan.requests.status(receipt.id, ticket: ticket, buyer: buyer, into: &$0) }
    }
  }

  func answered(_ flight: Flight, _ answer: AnswerHead, body: borrowing Span<UInt8>, at now: NIODeadline) {
    guard answer.status == 200 else { return }
    if flight.number == Question.stock.rawValue {
      guard let left = FlatJSON.sum(ofMembers: "left", in: body) else { return }
      let slot = clock.slot(at: plan.epoch.microseconds(at: now))
      while sight.leftBySlot.count <= slot { sight.leftBySlot.append(nil) }
      sight.leftBySlot[slot] = left
      sight.left = left
    } else if let accepted = FlatJSON.string("accepted_at", in: body).flatMap({ body.timestamp(at: $0) }),
      let decided = FlatJSON.string("decided_at", in: body).flatMap({ body.timestamp(at: $0) })
    {
      sight.delayMicroseconds = max(decided - accepted, 0)
      sight.decided = max(sight.decided, (sample ?? 0) + 1)
      sample = nil
    }
  }

  func connectionIsFree(at now: NIODeadline) {}

  func unanswered(_ flight: Flight, _ why: Unanswered, at now: NIODeadline) {}

  func swept(at now: NIODeadline) {}
}
