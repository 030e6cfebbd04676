internal import HeapModule
internal import NIOCore

// What becomes of orders that were accepted, where the sale holds what is won: asked for, paid and cancelled beside
// the crowd, over connections of their own.

extension Flight.Step {
  /// Whether it is about an order that was accepted.
  var isLife: Bool {
    switch self {
    case .follow, .pay, .cancel: true
    case .order, .join, .look: false
    }
  }
}

extension Generator {
  /// An answer promised an order, whose receipt is the newest.
  func begin(_ flight: Flight, isDecided: Bool, at now: NIODeadline) {
    let next = purchases?.begin(
      Purchases.Key(flight), receipt: receipts.all.count - 1, isDecided: isDecided, at: now)
    go(next, Purchases.Key(flight), at: now)
  }

  /// Sends all errands that are due and have a connection.
  func sendErrands(at now: NIODeadline) {
    while let errand = errands.min, errand.time <= now, stripe.hasFree(pool: errandPool) {
      errands.removeMin()
      if let step = errand.step { send(errand, step, at: now) }
    }
  }

  private func send(_ attempt: Attempt, _ step: Flight.Step, at clock: NIODeadline) {
    let flight = Flight(
      number: attempt.number, attempt: attempt.attempt, step: step, isLater: true, scheduled: attempt.time, sent: clock)
    guard let payments, let purchase = purchases?[Purchases.Key(flight)] else { return }
    let receipt = receipts.all[purchase.receipt]
    let ticket = receipts.ticket(purchase.receipt)
    let buyer = purchase.request.buyer
    switch step {
    case .pay:
      guard let notice = purchase.notices.first else { return }
      let seconds = epoch.microseconds(at: clock) / 1_000_000
      stripe.send(flight, pool: errandPool) {
        payments.requests.payment(notice, of: receipt.id, at: seconds, into: &$0)
      }
    case .cancel:
      let key = cancelKey(purchase)
      stripe.send(flight, pool: errandPool) {
        payments.requests.cancel(
          receipt.id, ticket: ticket, buyer: buyer, key: key, units: purchase.cancelledUnits, into: &$0)
      }
    case .follow, .order, .join, .look:
      stripe.send(flight, pool: errandPool) {
        requests.status(receipt.id, ticket: ticket, buyer: buyer, into: &$0)
      }
    }
  }

  private func cancelKey(_ purchase: Purchase) -> String { mix.key(original: purchase.request.original) + "-cancel" }

  /// A step of a purchase was answered.
  func answeredLife(_ flight: Flight, _ answer: AnswerHead, _ body: borrowing Span<UInt8>, at now: NIODeadline) {
    let isDone = answer.status == 200
    let word = FlatJSON.string(isDone ? flight.step == .follow ? "status" : "result" : "code", in: body) ?? 0..<0
    result.lives.answered(flight, status: answer.status, code: body.extracting(word), at: now)
    let key = Purchases.Key(flight)
    guard flight.step != .follow else {
      var sight = isDone ? OrderSight(body) : nil
      if let told = sight, let purchase = purchases?[key], told.id != receipts.all[purchase.receipt].id { sight = nil }
      return go(purchases?.heard(key, at: now) { $0.told(sight) }, key, at: now)
    }
    let reply: Purchase.Reply =
      switch answer.status {
      case 200: .done(body.text(at: word))
      case 202, 429, 500...: .open
      default: .refused(body.text(at: word))
      }
    note(reply, flight, at: now)
    let isPayment = flight.step == .pay
    go(purchases?.heard(key, at: now) { isPayment ? $0.paid(reply) : $0.cancelled(reply) }, key, at: now)
  }

  /// There will be no answer.
  func unansweredLife(_ flight: Flight, _ why: Unanswered, at now: NIODeadline) {
    let reason = Array(why.rawValue.utf8)
    result.lives.answered(flight, status: 0, code: reason.span, at: now)
    let key = Purchases.Key(flight)
    let next = purchases?.heard(key, at: now) { purchase in
      switch flight.step {
      case .pay: purchase.paid(.open)
      case .cancel: purchase.cancelled(.open)
      case .follow, .order, .join, .look: purchase.told(nil)
      }
    }
    go(next, key, at: now)
  }

  /// Writes what a command is known to have done into the ledger.
  private func note(_ reply: Purchase.Reply, _ flight: Flight, at now: NIODeadline) {
    guard case .done = reply, let purchase = purchases?[Purchases.Key(flight)] else { return }
    let id = receipts.all[purchase.receipt].id
    if flight.step == .pay, let notice = purchase.notices.first {
      pen?.note(id, flight, key: notice.payment, quantity: notice.minor, at: now, status: "captured")
    } else if flight.step == .cancel, let units = purchase.cancelledUnits ?? purchase.sight?.units {
      pen?.note(id, flight, key: cancelKey(purchase), quantity: units, at: now, status: "cancelled")
    }
  }

  private func go(_ next: Purchase.Next?, _ key: Purchases.Key, at now: NIODeadline) {
    func later(_ step: Flight.Step, _ pause: TimeAmount) {
      errands.insert(Attempt(number: key.number, attempt: key.attempt, step: step, time: now + pause))
    }
    switch next {
    case nil: return
    case .look(let pause): later(.follow, pause)
    case .pay(let pause): later(.pay, pause)
    case .cancel(let pause): later(.cancel, pause)
    case .end: end(key, at: now)
    }
  }

  /// An order is over for its buyer. What still waits, or was not decided, is looked at once more when all have ended.
  private func end(_ key: Purchases.Key, at now: NIODeadline) {
    guard let purchase = purchases?.close(key), let sight = purchase.sight else { return }
    result.lives.endings[purchase.request.original] = LifeResult.Ending(sight: sight, story: purchase.story)
    result.lives.decisions.add(sight, slots)
    if sight.state != .waiting, sight.state != .reserved { receipts.settle(purchase.receipt, sight) }
    guard let purchases, purchases.ordersAgain(key, purchase, at: now) else { return }
    course.later(Attempt(number: key.number, attempt: key.attempt + 1, time: now))
  }
}
