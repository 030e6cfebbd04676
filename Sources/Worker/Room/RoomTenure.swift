internal import FlashSale
internal import Logging
internal import OrderLog
internal import SaleStore
internal import Synchronization
internal import Time

/// One time of owning the rooms, under one epoch.
final class RoomTenure: Sendable {
  private let owner: RoomOwner
  private let lease: RoomLease
  private let epoch: Mutex<Epoch>
  private let writer: RoomWriter
  private let follower: RoomFollower
  private let keepers = Mutex(RoomKeepers())
  private let beacons: BeaconDesk
  private let backlogs: BacklogLook

  /// The rooms have another owner by now.
  private struct Replaced: Error, CustomStringConvertible {
    let description = "another worker looks after the waiting rooms"
  }

  /// The topic did not show what was written into it.
  private struct NotRead: Error, CustomStringConvertible {
    let description = "the waiting rooms' topic does not show what was written into it"
  }

  init(owner: RoomOwner, lease: RoomLease, epoch: Epoch, writer: RoomWriter) throws(KafkaError) {
    self.owner = owner
    self.lease = lease
    self.epoch = Mutex(epoch)
    self.writer = writer
    follower = RoomFollower(
      cluster: owner.cluster, topic: owner.configuration.topic, tuning: owner.configuration.tuning,
      logger: owner.logger)
    backlogs = try BacklogLook(
      lease: lease, cluster: owner.cluster, orders: owner.orders, logger: owner.logger)
    beacons = BeaconDesk(ask: owner.configuration.askBeacon, logger: owner.logger)
  }

  /// Owns them until something fails or the task is cancelled; then gives them back.
  func run() async throws {
    let sales = try await lease.sales()
    keepers.withLock { $0.learn(sales) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      group.addTask { [self] in
        try await follower.run { [self] applied in
          keepers.withLock { $0.note(applied, now: .now) }
        }
        throw CancellationError()
      }
      group.addTask { [self] in
        try await takeOver()
        try await decideAgainAndAgain()
      }
      group.addTask { [self] in
        while true {
          await backlogs.look(at: keepers.withLock { $0.following })
          try await Task.sleep(for: Limits.roomBacklogInterval)
        }
      }
      group.addTask { [follower] in
        while true {
          try await Task.sleep(for: Limits.roomWriteDeadline / 4)
          follower.expireWaiters()
        }
      }
      _ = try await group.next()
    }
  }

  private func takeOver() async throws {
    while true {
      let mine = epoch.withLock { $0 }
      try await write([RoomRecord(sale: SaleNumber(rawValue: 0), at: .now, epoch: mine, .own)])
      let newest = follower.withRooms { $0.epoch }
      if newest == mine { return }
      owner.logger.warning(
        "the waiting rooms' topic has a newer epoch than the database", metadata: ["epoch": "\(newest)"])
      guard let raised = try await lease.raise(mine, above: newest) else { throw Replaced() }
      epoch.withLock { $0 = raised }
    }
  }

  private func decideAgainAndAgain() async throws {
    var (shownAt, learnedAt) = (ContinuousClock.now, ContinuousClock.now)
    while !Task.isCancelled {
      try await decide()
      if .now - shownAt >= Limits.lifeInterval {
        guard try await lease.showLife(epoch.withLock { $0 }) else { throw Replaced() }
        shownAt = .now
      }
      if .now - learnedAt >= Limits.roomSalesInterval {
        try await learn()
        learnedAt = .now
      }
      try await Task.sleep(for: Limits.roomTick)
    }
    throw CancellationError()
  }

  /// Reads the sales anew, and forgets rooms of those that are long over.
  private func learn() async throws {
    let sales = try await lease.sales()
    keepers.withLock { $0.learn(sales) }
    let kept = Set(sales.map(\.number))
    let others = follower.withRooms { rooms in rooms.sales.filter { !kept.contains($0) } }
    guard !others.isEmpty else { return }
    let mine = epoch.withLock { $0 }
    let records = try await lease.over(others, for: FlashSale.Limits.roomKept).map {
      RoomRecord(sale: $0, at: .now, epoch: mine, .forget)
    }
    guard !records.isEmpty else { return }
    let numbers = records.map { "\($0.sale)" }.joined(separator: ", ")
    owner.logger.info("rooms of sales that are long over are forgotten", metadata: ["sales": "\(numbers)"])
    try await write(records)
  }

  /// Decides for each room, writes it, and waits until it has read it itself.
  private func decide() async throws {
    let now = Timestamp.now
    let mine = epoch.withLock { $0 }
    let (decisions, waiting, newest) = follower.withRooms { rooms in
      // No room leaves the lock: it would be copied with the next record.
      let decisions = keepers.withLock { keepers in
        Array(keepers.kept.keys).map { sale in
          let room = rooms[sale] ?? Room(sale: sale)
          return (sale, room.told, keepers.decide(sale, room, backlog: backlogs.backlog(of: sale), now: now))
        }
      }
      let waiting = Dictionary(uniqueKeysWithValues: decisions.map { ($0.0, rooms[$0.0]?.waiting ?? 0) })
      return (decisions, waiting, rooms.epoch)
    }
    guard newest == mine else { throw Replaced() }
    var records: [RoomRecord] = []
    var silent: [SaleNumber: Duration] = [:]
    for (sale, told, decision) in decisions {
      records += decision.commands.map { RoomRecord(sale: sale, at: now, epoch: mine, $0) }
      guard let question = decision.questions.last else { continue }
      if let drawn = try await draw(sale, told, decision.questions, now) {
        records.append(RoomRecord(sale: sale, at: now, epoch: mine, .draw(drawn)))
      } else if question.knownAt <= now {
        silent[sale] = .microseconds(now.microseconds(since: question.knownAt))
      }
    }
    if !records.isEmpty { try await write(records) }
    let admitted = records.reduce(0) { if case .admit(let places) = $1.command { $0 + places.count } else { $0 } }
    owner.board.decided(waiting: waiting, admitted: admitted, beacons: silent)
  }

  /// What a lottery is drawn by, once the beacon has answered.
  private func draw(
    _ sale: SaleNumber, _ told: [Room.Told], _ questions: [RoomKeeper.Question], _ now: Timestamp
  ) async throws -> RoomRecord.Drawn? {
    guard let (question, answer) = beacons.answer(to: questions, told: told, of: sale, now: now) else { return nil }
    guard let secret = try await lease.secret(of: sale) else {
      owner.logger.critical("a lottery cannot be drawn: its secret is not in the store", metadata: ["sale": "\(sale)"])
      return nil
    }
    owner.logger.notice(
      "a lottery is drawn",
      metadata: ["sale": "\(sale)", "beacon": "\(question.beacon.name)", "is_fallback": "\(question.isFallback)"])
    return RoomRecord.Drawn(
      secret: secret, value: answer.value, round: question.round, isFallback: question.isFallback,
      signature: answer.signature)
  }

  private func write(_ records: [RoomRecord]) async throws {
    let offset = try await writer.write(records)
    guard await follower.reached(offset, within: Limits.roomWriteDeadline) else { throw NotRead() }
  }
}
