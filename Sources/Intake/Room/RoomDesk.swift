internal import FlashSale
internal import HTTPServing
internal import Logging
internal import NIOCore
internal import OrderLog
internal import SaleStore
internal import Synchronization
internal import Time

/// What buyers do with waiting rooms at this intake: join, ask, leave. Answers come from the topic as it was read.
///
/// It has clients of the log from when the first sale has a room. Without one, nobody pays for rooms: a producer looks
/// for leaders three times a second as long as it lives.
final class RoomDesk: Sendable {
  private let follower: RoomFollower
  private let writer = Mutex<RoomWriter?>(nil)
  private let makeWriter: @Sendable () throws(KafkaError) -> RoomWriter
  private let signer: RoomTokenSigner
  private let logger: Logger
  /// Places that the topic is sure to keep; `nil`: as many as come.
  private let recordsKept: Int64?
  /// Whether any sale has a room.
  private let isNeeded: @Sendable () -> Bool
  private let signs = Mutex(LifeSigns())
  private let joining = Atomic(0)
  private let draws: DrawDesk
  /// What the event loops do not know yet.
  private let newlyEnded = Mutex<[Ended]>([])

  /// Places that a record has ended.
  struct Ended: Sendable {
    let places: [Offset]
    let sale: SaleNumber
    let at: Timestamp
  }

  init(
    _ configuration: IntakeConfiguration.Rooms, signer: RoomTokenSigner, cluster: ClusterSettings,
    tuning: ProducerTuning, store: SaleStore, logger: Logger, isNeeded: @escaping @Sendable () -> Bool
  ) {
    follower = RoomFollower(
      cluster: cluster, topic: configuration.topic, tuning: configuration.tuning, logger: logger)
    makeWriter = { () throws(KafkaError) in
      try RoomWriter(cluster: cluster, topic: configuration.topic, tuning: tuning, logger: logger)
    }
    recordsKept = configuration.recordsKept
    self.signer = signer
    self.isNeeded = isNeeded
    draws = DrawDesk(store: store, logger: logger)
    self.logger = logger
  }

  // MARK: Calls

  /// Gives the buyer a place, or tells the one that she has.
  ///
  /// - Parameter admit: called before anything is written; throws if it may not be.
  func join(
    _ sale: CatalogSale, _ buyer: BuyerID, admit: () throws(Problem) -> Void = {}
  ) async throws(Problem) -> RoomAnswer {
    let rule = try rule(of: sale)
    let now = Timestamp.now
    if let refusal = sale.roomIsOver(at: now) { throw refusal }
    if try hasPlace(sale, buyer) { return try look(sale, buyer) }
    guard recordsKept.map({ kept in follower.withRooms { $0.records } < kept }) ?? true else { throw .roomFull }
    try admit()
    let isLate = rule.opening(of: sale.sale) <= now
    try await write([
      RoomRecord(sale: sale.number, at: now, .join(buyer, byLot: rule.order == .lottery, isLate: isLate))
    ])
    // Meanwhile the room can have become full, or the buyer have been revoked.
    let standing = follower.withRooms { $0[sale.number]?.standing(of: buyer) }
    if try !hasPlace(sale, buyer), standing == nil { throw .roomFull }
    return try look(sale, buyer)
  }

  /// Whether the buyer has a place; throws if she gets none.
  private func hasPlace(_ sale: CatalogSale, _ buyer: BuyerID) throws(Problem) -> Bool {
    let (refusal, standing) = follower.withRooms { rooms in
      (rooms[sale.number]?.refusal(of: buyer), rooms[sale.number]?.standing(of: buyer))
    }
    switch refusal {
    case .revoked: throw .revoked
    case .full: throw .roomFull
    case nil: return standing?.state.isLive ?? false
    }
  }

  /// Tells where the buyer stands. It is a sign of life.
  func look(_ sale: CatalogSale, _ buyer: BuyerID) throws(Problem) -> RoomAnswer {
    let rule = try rule(of: sale)
    let now = Timestamp.now
    guard follower.isReady else { throw .busy("The waiting rooms are not known yet.") }
    let found = follower.withRooms { rooms -> (Room.Standing, RoomAnswer.Surroundings)? in
      guard let room = rooms[sale.number], let standing = room.standing(of: buyer) else { return nil }
      return (standing, surroundings(of: room, rule, sale, now))
    }
    guard let (standing, surroundings) = found else { throw .placeNotFound }
    if standing.state == .waiting || standing.state == .away {
      signs.withLock {
        $0.saw(standing.place, of: sale.number, isAway: standing.state == .away, every: rule.silence / 4, now: now)
      }
    }
    var token: (text: String, expiresAt: Timestamp)?
    let expiresAt = standing.since.after(rule.stay)
    if standing.state == .admitted, now < expiresAt {
      let made = RoomToken(sale: sale.number, place: standing.place, expiresAt: expiresAt)
      token = (signer.sign(made, for: buyer), expiresAt)
    }
    return RoomAnswer(
      standing: standing, surroundings: surroundings, token: token,
      pollAfter: min(rule.silence / 4, Limits.roomPollAfter))
  }

  /// Gives the buyer's place up, or says that she is done.
  ///
  /// - Parameter admit: called before anything is written; throws if it may not be.
  func leave(
    _ sale: CatalogSale, _ buyer: BuyerID, admit: () throws(Problem) -> Void = {}
  ) async throws(Problem) -> RoomAnswer {
    _ = try rule(of: sale)
    let standing = follower.withRooms { $0[sale.number]?.standing(of: buyer) }
    guard let standing else { throw .placeNotFound }
    if standing.state.isLive {
      try admit()
      try await write([RoomRecord(sale: sale.number, at: .now, .leave(buyer))])
    }
    return try look(sale, buyer)
  }

  /// What is published of a lottery.
  func draw(_ sale: CatalogSale) async throws(Problem) -> ByteBuffer {
    guard follower.isReady else { throw .busy("The waiting rooms are not known yet.") }
    return try await draws.bytes(sale) { [follower] in follower.withRooms { $0[sale.number] } }
  }

  private func rule(of sale: CatalogSale) throws(Problem) -> RoomRule {
    guard let rule = sale.sale.shaping.room else { throw .roomNotFound }
    return rule
  }

  private func surroundings(
    of room: Room, _ rule: RoomRule, _ sale: CatalogSale, _ now: Timestamp
  ) -> RoomAnswer.Surroundings {
    let closing = room.drawn == nil ? room.closing : nil
    return RoomAnswer.Surroundings(
      waiting: room.waiting, ratePerMinute: room.ratePerMinute ?? rule.ratePerMinute, isPaused: room.isPaused,
      isFull: rule.slots.map { room.inside >= $0 } ?? false, opensAt: rule.opening(of: sale.sale),
      waitsForBeacon: closing.flatMap { rule.question(after: $0, now: now) }?.beacon.name,
      left: sale.items.reduce(0) { $0 + Int64($1.gauge.level.left.rawValue) }, outlook: sale.outlook(at: now))
  }

  private func write(_ records: [RoomRecord]) async throws(Problem) {
    defer { joining.subtract(1, ordering: .relaxed) }
    guard joining.add(1, ordering: .relaxed).newValue <= Limits.roomCalls else {
      throw .busy("Too many buyers join at once.")
    }
    let writer: RoomWriter
    do throws(KafkaError) { writer = try openWriter() } catch {
      logger.error("the waiting rooms cannot be written", metadata: ["error": "\(error.debugDescription)"])
      throw .busy("The waiting room took nothing: \(error.description).")
    }
    let offset: Offset
    do throws(Unwritten) {
      offset = try await writer.write(records)
    } catch {
      throw error.unknown == 0 ? .busy("The waiting room took nothing: \(error.cause.description).") : .joinUnknown
    }
    guard await follower.reached(offset, within: Limits.acknowledgementDeadline) else { throw .joinUnknown }
  }

  /// The writer, made when it is first asked for.
  private func openWriter() throws(KafkaError) -> RoomWriter {
    try writer.withLock { writer throws(KafkaError) in
      if let writer { return writer }
      let new = try makeWriter()
      writer = new
      return new
    }
  }
}

// MARK: - The topic

extension RoomDesk {
  /// Follows the topic and passes signs of life on, until the task is cancelled.
  ///
  /// - Parameter ended: called with the places whose tokens count no more, each soon after its record has come.
  func run(ended: @escaping @Sendable ([Ended]) -> Void) async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.follow(ended) }
      group.addTask {
        while (try? await Task.sleep(for: Limits.lifeSignInterval)) != nil {
          await self.passOn()
          self.follower.expireWaiters()
          await self.draws.keep(self.follower.withRooms { Set($0.sales) })
        }
      }
    }
  }

  /// If any sale has a room, waits until the topic was read up to where it ended. Before that, a revoked token would
  /// count.
  func ready() async throws {
    while isNeeded(), !follower.isReady { try await Task.sleep(for: Limits.roomReadyPause) }
  }

  private func follow(_ ended: @escaping @Sendable ([Ended]) -> Void) async {
    while !isNeeded() {
      guard (try? await Task.sleep(for: Limits.roomLookPause)) != nil else { return }
    }
    var backoff = Backoff(within: Limits.startPause)
    while !Task.isCancelled {
      do {
        try await follower.run { [self] applied in
          guard !applied.ended.isEmpty else { return }
          let new = Ended(places: applied.ended, sale: applied.record.sale, at: applied.record.at)
          newlyEnded.withLock { $0.append(new) }
        } wakeUp: { [self] in
          let new = newlyEnded.withLock { places in
            defer { places = [] }
            return places
          }
          if !new.isEmpty { ended(new) }
        }
      } catch is CancellationError {
        return
      } catch {
        logger.warning("the waiting rooms cannot be read; trying again", metadata: ["error": "\(error)"])
      }
      try? await Task.sleep(for: backoff.next())
    }
  }

  private func passOn() async {
    let now = Timestamp.now
    let due = signs.withLock { $0.take(now: now) }
    guard !due.isEmpty else { return }
    let records = due.flatMap { sale, places in places.parts.map { RoomRecord(sale: sale, at: now, .alive($0)) } }
    do {
      try await openWriter().write(records)
    } catch {
      // Whoever goes on asking gives further signs of life.
      logger.debug("signs of life could not be written", metadata: ["error": "\(error)"])
    }
  }

  /// Takes no more records.
  func shutdown() async { await writer.withLock { $0 }?.shutdown(deadline: Limits.producerDrainDeadline) }
}

extension CatalogSale {
  /// Why nobody should wait any more; `nil`: something can still be had, or the sale is to come.
  fileprivate func roomIsOver(at now: Timestamp) -> Problem? {
    let moments = items.map { OrderMoment(self, $0, at: now) }
    let isOver = moments.allSatisfy { moment in
      switch moment {
      // What is held can come back.
      case .over(.allHeld), .open, .notStarted: false
      case .over, .ending, .closing: true
      }
    }
    return isOver ? moments.first?.refusal?.problem(nil, in: self) : nil
  }

  /// What those who wait can hope for. As at the door, nobody hears that all is gone while units are held (I2).
  fileprivate func outlook(at now: Timestamp) -> RoomAnswer.Outlook {
    var (areHeld, areLeft, release) = (false, false, Timestamp?.none)
    for item in items {
      switch OrderMoment(self, item, at: now) {
      case .open, .notStarted, .ending, .closing: return .units
      case .over(.soldOut): break
      case .over(.allHeld(let first)):
        areHeld = true
        release = [release, first].compactMap { $0 }.min()
      case .over(.ended):
        let level = item.gauge.level
        areLeft = areLeft || level.left != .zero || level.isHeld
      }
    }
    return areHeld ? .held(until: release) : areLeft ? .units : .nothing
  }
}
