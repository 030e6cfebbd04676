internal import FlashSale
internal import NIOCore

/// A connection as its event loop knows it.
protocol LoopConnection: AnyObject {
  /// The log's word on the order at hand, or `unknown` when its deadline passed. Answers, and flushes.
  func complete(_ fate: Acknowledgement.Fate)

  /// Closes the connection as it is.
  func close()
}

/// What one event loop owns. Touched on that loop only, so nothing here needs a lock.
final class LoopState {
  let index: Int

  /// The sales as this loop knows them.
  var catalog = Catalog()

  /// Writes the answers; its date is renewed with each tick.
  var answers = AnswerWriter()

  /// Answers since the last tick.
  var tally = AnswerTally()

  /// For the ids of orders without a key.
  var random = BufferedRandom()

  private let acknowledgementDeadline: TimeAmount
  private var waiting = SlotTable<any LoopConnection>(limit: Limits.waitingPerLoop)
  private var connections: [ObjectIdentifier: any LoopConnection] = [:]

  init(index: Int, acknowledgementDeadline: TimeAmount) {
    self.index = index
    self.acknowledgementDeadline = acknowledgementDeadline
    renewDate()
  }

  // MARK: Connections

  func opened(_ connection: any LoopConnection) { connections[ObjectIdentifier(connection)] = connection }

  func closed(_ connection: any LoopConnection) { connections[ObjectIdentifier(connection)] = nil }

  /// Closes every connection as it is.
  func closeConnections() {
    for connection in Array(connections.values) { connection.close() }
  }

  // MARK: Orders in flight

  /// Begins to wait for an acknowledgement; `nil` if too many wait.
  func wait(_ connection: any LoopConnection) -> SlotID? {
    waiting.insert(connection, until: .now() + acknowledgementDeadline)
  }

  /// Ends a wait that nobody needs any more; whatever the log says later is ignored.
  func forget(_ slot: SlotID) { _ = waiting.take(slot) }

  /// Answers those who wait for these. A late one finds nobody.
  func deliver(_ acknowledgements: [Acknowledgement]) {
    for acknowledgement in acknowledgements {
      waiting.take(acknowledgement.tag.slot)?.complete(acknowledgement.fate)
    }
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
    while let connection = waiting.expire(at: now) { connection.complete(.unknown) }
  }

  private var dateSecond: Int64 = -1

  private func renewDate() {
    let second = Timestamp.now.microseconds / 1_000_000
    guard second != dateSecond else { return }
    dateSecond = second
    answers.date = HTTPDate.text(secondsSince1970: second)
  }
}
