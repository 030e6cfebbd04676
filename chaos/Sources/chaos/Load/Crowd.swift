import Foundation
import Glibc
import Synchronization
import TestSupport
import Time

/// Customers at a set rate, over all open intakes. They send again with the same key until they know the outcome.
final class Crowd: Sendable {
  let journal: Journal
  private let rate: Double
  private let seed: UInt64
  private let doors = Mutex<[UInt16]>([])
  private let next = Mutex<(number: Int, dice: Dice, start: ContinuousClock.Instant?)>((0, Dice(seed: 0), nil))
  private let isOver = Atomic(false)
  private let atHome = Mutex(0)

  init(journal: Journal, seed: UInt64, rate: Double) {
    (self.journal, self.seed, self.rate) = (journal, seed, rate)
    next.withLock { $0.dice = Dice(seed: seed) }
  }

  /// Opens and closes the doors that new attempts choose from.
  func open(_ port: UInt16) { doors.withLock { $0.append(port) } }
  func close(_ port: UInt16) { doors.withLock { $0.removeAll { $0 == port } } }

  /// Sends everybody off.
  func start() {
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

  /// Begins no new order, and waits until the last customer knows its outcome, or gave up.
  func stop() async throws {
    isOver.store(true, ordering: .releasing)
    _ = try await eventually(within: .seconds(120)) { atHome.withLock { $0 == Limits.customers } }
  }

  /// The next order and the moment at which it is due.
  private func nextOrder() -> (Order, ContinuousClock.Instant) {
    next.withLock { state in
      let start = state.start ?? .now
      if state.start == nil { state = (state.number, state.dice, start) }
      let order = Goods.order(state.number, &state.dice)
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
    var id: String?
    let first = journal.now
    for _ in 0..<Limits.tries {
      guard let door = doors.withLock({ $0.randomElement(using: &dice) }) else {
        usleep(50_000)
        continue
      }
      if line?.port != door { line = HTTPLine(to: door, patience: Limits.answerSeconds) }
      let answer = line?.exchange(order.request(port: door))
      if answer == nil || answer?.head.lowercased().contains("connection: close") == true { line = nil }
      let code = answer?.field("code") ?? ""
      let word = "\(answer?.status ?? 0) \(code)"
      switch answer?.status {
      case 202:
        guard let id = answer?.field("order_id"), let ticket = answer?.field("ticket") else {
          return journal.unexpected("a 202 without an id or a ticket")
        }
        return journal.accepted(order, id: id, ticket: ticket, sent: first)
      case 200:
        // A repeat that was decided before it came: the order was accepted, whatever its first answer was.
        guard let id = answer?.field("order_id") else { return journal.unexpected("a 200 without an id") }
        return journal.accepted(order, id: id, ticket: "", sent: first)
      case 403, 409, 410, 429: return journal.refused(word)
      case nil, 503:
        id = answer?.field("order_id") ?? id
        journal.retried(word)
        let asked = (answer?.retryAfter).map { $0 * 1_000 } ?? 0
        let (least, most) = (Limits.retryPauseMilliseconds.lowerBound, Limits.retryPauseMilliseconds.upperBound)
        usleep(useconds_t(max(least, min(asked, dice.number(in: least...most))) * 1_000))
      default:
        return journal.unexpected("\(word) \(answer?.body ?? "")")
      }
    }
    journal.gaveUp(order, id: id, sent: first)
  }
}
