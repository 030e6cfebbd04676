internal import NIOCore

/// One order from its 202 on, and what its buyer does about it. Decides what is next, and sends nothing itself.
///
/// (1) At most one thing is under way for it.
/// (2) What was not answered, or not decided yet, is sent again as it was.
/// (3) It does what its intent says and no more; what the order's state no longer allows is left out.
struct Purchase: Sendable {
  /// What is sent for it next.
  enum Next: Equatable, Sendable {
    case look(after: TimeAmount)
    case pay(after: TimeAmount)
    case cancel(after: TimeAmount)
    /// Nothing more.
    case end
  }

  /// What a command was answered.
  enum Reply: Equatable, Sendable {
    /// With what it did: `applied` or `refund_due` of a payment.
    case done(String)
    /// Nobody knows yet what it did.
    case open
    case refused(String)
  }

  /// The place of its receipt.
  let receipt: Int
  let request: Mix.Request
  private(set) var deeds: [Deed]
  private(set) var notices: [Provider.Notice] = []
  /// Of the first of them.
  private var deliveries = 0
  /// What the payment's captures were answered, by id.
  private var results: [String: String] = [:]
  private let provider: Provider
  private let draw: UInt64
  private let payment: String
  private let pause: TimeAmount
  /// The last that was told of it.
  private(set) var sight: OrderSight?
  private(set) var story = Story()

  /// What is remembered of it.
  struct Story: Equatable, Sendable {
    var waited = false
    var offered = false
    var reserved = false
    var isPaid = false
    var cancelledUnits = 0
    var mood: Provider.Mood?
    /// What was captured and answered with *applied* or *refund due*, in minor units by currency.
    var captured: [String: Int] = [:]
    /// What went wrong, in words.
    var violations: [String] = []
  }

  /// - Parameters:
  ///   - payment: what the ids of its captures begin with: no other order's do.
  ///   - pause: before each deed, and before a payment.
  ///   - draw: of its request.
  init(
    receipt: Int, request: Mix.Request, intent: Intent, provider: Provider, payment: String, pause: TimeAmount,
    draw: UInt64
  ) {
    (self.receipt, self.request, self.provider, self.payment) = (receipt, request, provider, payment)
    (self.pause, self.draw) = (pause, draw)
    deeds = intent.deeds
  }

  /// How many units the next cancellation is for; `nil`: all.
  var cancelledUnits: Int? {
    guard case .cancel(inPart: true) = deeds.first, let units = sight?.units, units > 1 else { return nil }
    return units / 2
  }

  // MARK: What it hears

  /// Its status was asked for.
  ///
  /// - Parameter now: `nil`: there was no answer that says it.
  mutating func told(_ now: OrderSight?) -> Next {
    guard let now else { return .look(after: Limits.nextLook) }
    note(now)
    switch now.state {
    case .queued: return .look(after: Limits.nextLook)
    case .waiting: return .look(after: Limits.waitingLook)
    case .reserved: return deed(now) ?? .look(after: max(remaining(now), .zero) + Limits.lookAfterDue)
    case .paid, .fulfilled:
      if deeds.first == .pay { deeds.removeFirst() }
      return deed(now) ?? .end
    case .confirmed, .released, .expired, .cancelled, .lapsed, .refunded, .refundDue, .rejected, .quarantined:
      deeds = []
      return .end
    }
  }

  /// A notice was delivered. There must be one.
  mutating func paid(_ reply: Reply) -> Next {
    guard let notice = notices.first else { return .look(after: .zero) }
    switch reply {
    case .open: return .pay(after: Limits.commandPause)
    case .refused(let code):
      // Money is never a no-op (I13).
      story.violations.append("the payment \(notice.payment) was refused: \(code)")
      deliveries = notice.deliveries
    case .done(let result):
      if let first = results[notice.payment] {
        if first != result {
          story.violations.append("the payment \(notice.payment) was \(first), and told again \(result)")
        }
      } else {
        results[notice.payment] = result
        story.captured[notice.currency, default: 0] += notice.minor
      }
      deliveries += 1
    }
    if deliveries < notice.deliveries { return .pay(after: Limits.deliveryPause) }
    notices.removeFirst()
    deliveries = 0
    if let next = notices.first { return .pay(after: next.pause) }
    if deeds.first == .pay { deeds.removeFirst() }
    return .look(after: .zero)
  }

  /// A cancellation was answered. It must have been the next deed.
  mutating func cancelled(_ reply: Reply) -> Next {
    switch reply {
    case .open: return .cancel(after: Limits.commandPause)
    case .refused: break
    case .done: story.cancelledUnits += cancelledUnits ?? sight?.units ?? 0
    }
    if !deeds.isEmpty { deeds.removeFirst() }
    return .look(after: .zero)
  }

  // MARK: What it does

  /// The next deed that the order's state allows.
  private mutating func deed(_ now: OrderSight) -> Next? {
    switch deeds.first {
    case nil: return nil
    case .cancel: return .cancel(after: pause)
    case .pay:
      let mood = provider.mood(draw)
      story.mood = mood
      notices = provider.notices(
        mood, payment: payment, minor: now.minor, currency: now.currency, remaining: remaining(now), bits: draw >> 8)
      return .pay(
        after: mood == .late ? notices[0].pause : min(pause, .nanoseconds(remaining(now).nanoseconds / 3 * 2)))
    }
  }

  private func remaining(_ now: OrderSight) -> TimeAmount {
    guard let due = now.due, let time = now.serverTime else { return .zero }
    return .microseconds(due - time)
  }

  private mutating func note(_ now: OrderSight) {
    // No hold is over before its time, by the server's own clock.
    if now.state == .expired, let due = sight?.due, let time = now.serverTime, time < due {
      story.violations.append("\(now.id) expired \((due - time) / 1_000) ms early")
    }
    if now.state == .waiting { story.waited = true }
    if now.state == .reserved {
      story.offered = story.offered || story.waited
      story.reserved = true
    }
    if now.state == .paid { story.isPaid = true }
    sight = now
  }
}
