import Foundation
import Kafka
import Glibc
import Synchronization
import TestSupport
import Time

/// Customers at a set rate, over all open intakes. They send again with the same key until they know the outcome.
final class Crowd: Sendable {
  /// How customers come.
  enum Pace: Sendable {
    /// So many at once, each with its next order when the one before is done: the rate is a ceiling, and no burst
    /// follows an outage.
    case patient
    /// Each at its time, whatever becomes of the others.
    case steady
  }

  /// One try of an order, as the customer saw it.
  struct Sight: Sendable {
    let sent: ContinuousClock.Instant
    let took: Duration
    /// The status, and the code if it has one; status 0: no answer.
    let word: String
    /// Where the order goes, if it is of those that are spread over the partitions.
    let partition: Partition?
  }

  let journal: Journal
  /// The first 202s, by partition.
  let accepted = Pulse()
  private let goods: Goods
  private let pace: Pace
  private let rate: Double
  private let seed: UInt64
  private let doors = Mutex<[UInt16]>([])
  private let next = Mutex<(number: Int, turn: Int, dice: Dice, start: ContinuousClock.Instant?)>(
    (0, 0, Dice(seed: 0), nil))
  private let isOver = Atomic(false)
  private let atHome = Mutex(0)
  private let sights = Mutex<[Sight]>([])
  private let load = Mutex<OpenLoad<Errand>?>(nil)

  init(journal: Journal, goods: Goods, seed: UInt64, rate: Double, pace: Pace) {
    (self.journal, self.goods, self.seed, self.rate, self.pace) = (journal, goods, seed, rate, pace)
    next.withLock { $0.dice = Dice(seed: seed) }
  }

  /// Opens and closes the doors that new attempts choose from.
  func open(_ port: UInt16) { doors.withLock { $0.append(port) } }
  func close(_ port: UInt16) { doors.withLock { $0.removeAll { $0 == port } } }

  /// What customers of a steady crowd saw since this moment.
  func sights(since begin: ContinuousClock.Instant) -> [Sight] { sights.withLock { $0.filter { $0.sent >= begin } } }

  /// By how much a customer of a steady crowd came late, at most.
  var latest: Duration { load.withLock { $0 }?.latest ?? .zero }

  /// Sends everybody off.
  func start() {
    accepted.reset()
    switch pace {
    case .patient: startPatient()
    case .steady: startSteady()
    }
  }

  /// Begins no new order, and waits until the last customer knows its outcome, or gave up.
  func stop() async throws {
    isOver.store(true, ordering: .releasing)
    switch pace {
    case .patient: _ = try await eventually(within: .seconds(120)) { atHome.withLock { $0 == Limits.customers } }
    case .steady: try await load.withLock { $0 }?.stop(within: .seconds(120))
    }
  }
}

// MARK: - One order

extension Crowd {
  /// An order on its way, over all its tries.
  struct Errand: Sendable {
    let order: Order
    let first: Int
    var tries = 0
    var id: String?
    /// Whether this is the one more time that an accepted order is sent.
    var isRepeat = false
  }

  private enum Fate {
    case accepted, over
    case again(after: Duration)
  }

  /// Sends an order once.
  private func attempt(_ errand: inout Errand, _ line: inout HTTPLine?, _ dice: inout Dice) -> Fate {
    errand.tries += 1
    let order = errand.order
    guard let door = doors.withLock({ $0.randomElement(using: &dice) }) else { return .again(after: .milliseconds(50)) }
    let sent = ContinuousClock.now
    if line?.port != door { line = HTTPLine(to: door, patience: Limits.answerSeconds) }
    let answer = line?.exchange(order.request(port: door))
    if answer == nil || answer?.head.lowercased().contains("connection: close") == true { line = nil }
    let code = answer?.field("code") ?? ""
    let word = "\(answer?.status ?? 0) \(code)"
    if pace == .steady {
      let sight = Sight(sent: sent, took: .now - sent, word: word, partition: goods.partition(of: order))
      sights.withLock { $0.append(sight) }
    }
    switch answer?.status {
    case 202:
      guard let id = answer?.field("order_id"), let ticket = answer?.field("ticket") else {
        journal.unexpected("a 202 without an id or a ticket")
        return .over
      }
      goods.partition(of: order).map { accepted.beat($0) }
      journal.accepted(order, id: id, ticket: ticket, sent: errand.first)
      return .accepted
    case 200:
      // A repeat that was decided before it came: the order was accepted, whatever its first answer was.
      guard let id = answer?.field("order_id") else {
        journal.unexpected("a 200 without an id")
        return .over
      }
      journal.accepted(order, id: id, ticket: "", sent: errand.first)
      return .accepted
    case 403, 409, 410, 429:
      journal.refused(word)
      return .over
    case nil, 503:
      errand.id = answer?.field("order_id") ?? errand.id
      journal.retried(word)
      let asked = (answer?.retryAfter).map { $0 * 1_000 } ?? 0
      let (least, most) = (Limits.retryPauseMilliseconds.lowerBound, Limits.retryPauseMilliseconds.upperBound)
      let impatient = max(least, min(asked, dice.number(in: least...most)))
      // A steady crowd has those who wait beside it, and would be a flood if they did not do as they are told.
      return .again(after: .milliseconds(pace == .steady ? max(asked, impatient) : impatient))
    default:
      journal.unexpected("\(word) \(answer?.body ?? "")")
      return .over
    }
  }
}

// MARK: - So many at once

extension Crowd {
  private func startPatient() {
    isOver.store(false, ordering: .releasing)
    atHome.withLock { $0 = 0 }
    next.withLock { $0.start = nil }
    for customer in 0..<Limits.customers {
      Loopback.onThread("customer") { [self] in
        shop(customer)
        atHome.withLock { $0 += 1 }
      }
    }
  }

  /// The next order and the moment at which it is due.
  private func nextOrder() -> (Order, ContinuousClock.Instant) {
    next.withLock { state in
      let start = state.start ?? .now
      let order = goods.order(state.number, turn: &state.turn, &state.dice)
      // Late customers do not hurry: the rate is a ceiling, and no burst follows an outage.
      let due = max(start, .now)
      state.number += 1
      state.start = due + .microseconds(Int(1_000_000 / rate))
      return (order, due)
    }
  }

  private func shop(_ customer: Int) {
    var dice = Dice(seed: seed &+ UInt64(customer) &* 7_919)
    var line: HTTPLine?
    while !isOver.load(ordering: .acquiring) {
      let (order, due) = nextOrder()
      let wait = due - .now
      if wait > .zero { usleep(useconds_t(wait.wholeMicroseconds)) }
      guard !isOver.load(ordering: .acquiring) else { return }
      journal.intend(order)
      send(order, &line, &dice)
      if dice.happens(perMille: Limits.repeatPerMille) { send(order, &line, &dice) }
    }
  }

  /// Sends an order until its fate is known.
  private func send(_ order: Order, _ line: inout HTTPLine?, _ dice: inout Dice) {
    var errand = Errand(order: order, first: journal.now)
    while errand.tries < Limits.tries {
      guard case .again(let pause) = attempt(&errand, &line, &dice) else { return }
      usleep(useconds_t(pause.wholeMicroseconds))
    }
    journal.gaveUp(order, id: errand.id, sent: errand.first)
  }
}

// MARK: - Each at its time

extension Crowd {
  private func startSteady() {
    let load = load.withLock { load in
      let open = load ?? OpenLoad(threads: Limits.steadyCustomers) { [unowned self] in serve($0, &$1) }
      load = open
      return open
    }
    load.start(every: .microseconds(Int(1_000_000 / rate))) { [self] in
      let order = next.withLock { state in
        defer { state.number += 1 }
        return goods.order(state.number, turn: &state.turn, &state.dice)
      }
      journal.intend(order)
      return Errand(order: order, first: journal.now)
    }
  }

  /// One try; what follows from it is another errand.
  private func serve(_ errand: Errand, _ line: inout HTTPLine?) -> OpenLoad<Errand>.Item? {
    var (errand, dice) = (errand, Dice(seed: seed &+ UInt64(errand.order.number) &* 7_919 &+ UInt64(errand.tries)))
    switch attempt(&errand, &line, &dice) {
    case .accepted where !errand.isRepeat && dice.happens(perMille: Limits.repeatPerMille):
      let again = Errand(order: errand.order, first: journal.now, isRepeat: true)
      return OpenLoad.Item(due: .now, errand: again)
    case .accepted, .over: return nil
    case .again(let pause):
      guard errand.tries < Limits.tries else {
        journal.gaveUp(errand.order, id: errand.id, sent: errand.first)
        return nil
      }
      return OpenLoad.Item(due: .now + pause, errand: errand)
    }
  }
}
