internal import FlashSale
internal import NIOCore

/// What one event loop owns. Touched on that loop only, so nothing here needs a lock.
final class LoopState {
  let index: Int

  /// The sales as this loop knows them.
  var catalog = Catalog()

  /// The value of the `Date` header (RFC 9110 §6.6.1), renewed with each tick.
  private(set) var date = ""

  /// Answers since the last tick.
  var tally = AnswerTally()

  private let acknowledgementDeadline: TimeAmount
  private var waiting = SlotTable<OrderSubmissionHandler>(limit: Limits.waitingPerLoop)
  private var connections: [ObjectIdentifier: OrderSubmissionHandler] = [:]

  init(index: Int, acknowledgementDeadline: TimeAmount) {
    self.index = index
    self.acknowledgementDeadline = acknowledgementDeadline
    renewDate()
  }

  // MARK: Connections

  func opened(_ handler: OrderSubmissionHandler) { connections[ObjectIdentifier(handler)] = handler }

  func closed(_ handler: OrderSubmissionHandler) { connections[ObjectIdentifier(handler)] = nil }

  /// Closes every connection as it is.
  func closeConnections() {
    for handler in Array(connections.values) { handler.close() }
  }

  // MARK: Orders in flight

  /// Begins to wait for an acknowledgement; `nil` if too many wait.
  func wait(_ handler: OrderSubmissionHandler) -> SlotID? {
    waiting.insert(handler, until: .now() + acknowledgementDeadline)
  }

  /// Ends a wait that nobody needs any more; whatever the log says later is ignored.
  func forget(_ slot: SlotID) { _ = waiting.take(slot) }

  /// Answers those who wait for these. A late one finds nobody. Each connection is flushed once.
  func deliver(_ acknowledgements: [Acknowledgement]) {
    var answered: [OrderSubmissionHandler] = []
    answered.reserveCapacity(acknowledgements.count)
    for acknowledgement in acknowledgements {
      guard let handler = waiting.take(acknowledgement.tag.slot) else { continue }
      handler.complete(acknowledgement.fate)
      answered.append(handler)
    }
    for handler in answered { handler.flush() }
  }

  /// Tells everyone whose order is in flight that its outcome is unknown (I12).
  func abandonWaiting() { expire(at: .distantFuture) }

  // MARK: Time

  /// Called every `Limits.tick`.
  func tick() {
    expire(at: .now())
    renewDate()
    tally.publish()
  }

  private func expire(at now: NIODeadline) {
    while let handler = waiting.expire(at: now) {
      handler.complete(.unknown)
      handler.flush()
    }
  }

  private var dateSecond: Int64 = -1

  private func renewDate() {
    let second = Timestamp.now.microseconds / 1_000_000
    guard second != dateSecond else { return }
    dateSecond = second
    date = HTTPDate.text(secondsSince1970: second)
  }
}
