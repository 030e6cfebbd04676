internal import NIOCore

/// The orders of one event loop that were accepted, in a sale that holds what is won. Decides what each buyer does
/// next, and sends nothing itself.
///
/// (1) Two answers that name one order are one purchase: the first counts.
/// (2) Who waits leaves when the schedule is over and, for `Limits.waitingCalm`, nothing has happened to anybody else.
/// (3) Everybody leaves when their patience is over.
struct Purchases: Sendable {
  /// What names a purchase in its requests.
  struct Key: Hashable, Sendable {
    let number: Int
    let attempt: Int

    init(_ flight: Flight) { (number, attempt) = (flight.number, flight.attempt) }
    init(number: Int, attempt: Int) { (self.number, self.attempt) = (number, attempt) }
  }

  private let payments: Payments
  private let mix: Mix
  /// When the schedule is over, and when patience is.
  private let over: NIODeadline
  private let end: NIODeadline
  private var open: [Key: Purchase] = [:]
  private var begun: Set<Int> = []
  /// Those of them that were told that they wait, and nothing else since.
  private var waiting: Set<Key> = []
  /// When something has happened to one that does not wait.
  private var moved: NIODeadline

  /// - Parameters:
  ///   - start: of the schedule.
  ///   - duration: of the schedule.
  init(_ payments: Payments, mix: Mix, start: NIODeadline, duration: TimeAmount) {
    (self.payments, self.mix) = (payments, mix)
    over = start + duration
    end = start + duration + payments.patience
    moved = start
  }

  /// How many are not over.
  var count: Int { open.count }

  subscript(key: Key) -> Purchase? { open[key] }

  /// An answer promised an order.
  ///
  /// - Returns: what is next for it; `nil`: another answer named it before.
  mutating func begin(_ key: Key, receipt: Int, isDecided: Bool, at now: NIODeadline) -> Purchase.Next? {
    let request = mix.request(key.number, attempt: key.attempt)
    guard begun.insert(request.original).inserted else { return nil }
    let bits = mix.dice.bits(.conduct, request.original)
    let conduct = mix.crowd.groups[mix.crowd.group(ofBuyer: request.buyer)].conduct
    let intent = Intent(conduct, place: Double(bits >> 11) * 0x1p-53, bits: bits)
    open[key] = Purchase(
      receipt: receipt, request: request, intent: intent, provider: payments.provider,
      payment: mix.key(original: request.original),
      pause: .nanoseconds(payments.within.nanoseconds / 256 * Int64(bits >> 2 & 255)),
      draw: mix.dice.bits(.conduct, request.original + 1) >> 3)
    moved = max(moved, now)
    return .look(after: isDecided ? .zero : Limits.firstLook)
  }

  /// Something was answered.
  ///
  /// - Parameter hear: lets the purchase hear it.
  /// - Returns: what is next for it; `nil`: it is not open.
  mutating func heard(
    _ key: Key, at now: NIODeadline, _ hear: (inout Purchase) -> Purchase.Next
  ) -> Purchase.Next? {
    guard var purchase = open[key] else { return nil }
    let next = hear(&purchase)
    open[key] = purchase
    if purchase.sight?.state == .waiting {
      waiting.insert(key)
      let isCalm = waiting.count == open.count && now > max(over, moved + Limits.waitingCalm)
      if isCalm { return .end }
    } else {
      waiting.remove(key)
      moved = max(moved, now)
    }
    return now > end ? .end : next
  }

  /// It is over for its buyer.
  mutating func close(_ key: Key) -> Purchase? {
    waiting.remove(key)
    return open.removeValue(forKey: key)
  }

  /// Whether its buyer orders once more: with another key, after she let a hold lapse or was refused.
  func ordersAgain(_ key: Key, _ purchase: Purchase, at now: NIODeadline) -> Bool {
    let group = mix.crowd.groups[mix.crowd.group(ofBuyer: purchase.request.buyer)]
    guard group.conduct.ordersAgain, key.attempt + 1 < group.tries, now < over else { return false }
    return purchase.sight?.state == .expired || (purchase.sight?.state == .rejected && !group.believesRefusals)
  }
}
