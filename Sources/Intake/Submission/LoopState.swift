internal import FlashSale
internal import HTTPServing
internal import NIOCore
internal import Time

/// Who waits for the log's word on an order, on an event loop.
protocol OrderWaiter: AnyObject {
  /// The log's word on the order at hand, or `unknown` when its deadline passed.
  func complete(_ fate: Acknowledgement.Fate)
}

/// What one event loop owns. Touched on that loop only, so nothing here needs a lock.
final class LoopState {
  let index: Int

  /// The sales as this loop knows them.
  var catalog = Catalog()

  /// The listener's part of this loop.
  let listener: ListenerLoop

  /// Whose tokens count no more.
  var endedPlaces = EndedPlaces()
  /// Who sends requests, as this loop knows them.
  var recognition: Recognition

  /// What is answered about sales.
  var saleBytes = SaleBytes()

  /// Answers since the last tick.
  var tally = AnswerTally()

  private var door = DoorTally()
  private var accepted = RunTally<SaleNumber>()
  private var durations = DurationTally()

  /// For the ids of orders without a key.
  var random = BufferedRandom()

  /// Those who watch their orders.
  let watchers: LoopWatchers

  private let acknowledgementDeadline: TimeAmount
  private var waiting = SlotTable<any OrderWaiter>(limit: Limits.waitingPerLoop)

  init(
    index: Int, listener: ListenerLoop, identification: Identification, watchers: LoopWatchers,
    acknowledgementDeadline: TimeAmount
  ) {
    self.index = index
    recognition = Recognition(identification)
    self.listener = listener
    self.watchers = watchers
    self.acknowledgementDeadline = acknowledgementDeadline
  }

  /// Counts how long an answer took.
  ///
  /// - Parameter since: when the whole request was at hand.
  func answered(_ endpoint: Endpoint, status: Int, since: NIODeadline, now: NIODeadline = .now()) {
    durations.count(endpoint, StatusClass(status), now - since)
  }

  /// Counts an answer to a request for an order that has not come into the log.
  ///
  /// - Parameter sale: `nil` if there is no such sale.
  func turnedAway(_ answer: AnswerTally.Answer, of sale: SaleNumber?) {
    tally.count(answer)
    if let sale { door.count(answer, of: sale) }
  }

  /// Counts a request for an order that was answered with 202: the log has it.
  func accepted(of sale: SaleNumber) {
    tally.count(.accepted)
    accepted.count(sale)
  }

  /// What one loop has counted of sales.
  struct Counted: Sendable {
    let door: [DoorTally.Key: Int]
    let accepted: [SaleNumber: Int]
  }

  /// What `turnedAway` and `accepted` have counted since the last time.
  func takeCounted() -> Counted { Counted(door: door.take(), accepted: accepted.take()) }

  // MARK: Orders in flight

  /// Places of a waiting room have ended: their tokens count no more.
  func ended(_ record: RoomDesk.Ended, now: Timestamp) {
    // A sale that this loop does not know yet: for as long as a token of any sale.
    let stay = catalog.sale(numbered: record.sale)?.sale.shaping.room?.stay ?? FlashSale.Limits.roomStay
    endedPlaces.end(record.places, of: record.sale, at: record.at, stay: stay, now: now)
  }

  /// Begins to wait for an acknowledgement; `nil` if too many wait.
  func wait(_ waiter: any OrderWaiter) -> SlotID? {
    waiting.insert(waiter, until: .now() + acknowledgementDeadline)
  }

  /// Ends a wait that nobody needs any more; whatever the log says later is ignored.
  func forget(_ slot: SlotID) { _ = waiting.take(slot) }

  /// Answers the connections that wait for these. A late one finds none.
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
    watchers.tick()
    tally.publish()
    door.tick(.now)
    durations.publish()
  }

  private func expire(at now: NIODeadline) {
    while let waiter = waiting.expire(at: now) { waiter.complete(.unknown) }
  }
}
