internal import FlashSale
internal import Logging
internal import OrderLog
internal import SaleStore
internal import Synchronization
internal import Time

/// Owns the waiting rooms while this worker has their lease: lets buyers in, passes over who is gone, draws lots.
///
/// (1) It decides on what the topic says, up to its own last record.
/// (2) Before it decides anything, it has read its own `own`: whatever an owner before it wrote is behind it by then,
///     or counts for nothing.
/// (3) When it does not know whether what it wrote is in the topic, it takes over anew, and finds out.
struct RoomOwner: Sendable {
  let settings: DatabaseSettings
  let configuration: WorkerConfiguration.Rooms
  let cluster: ClusterSettings
  /// The topic of orders.
  let orders: String
  let name: String
  let board: RoomBoard
  let logger: Logger

  /// Works until the task is cancelled.
  func run() async {
    var failures = 0
    while !Task.isCancelled {
      do {
        let lease = try await RoomLease.connect(settings, topic: configuration.topic, name: name, logger: logger)
        do {
          try await work(lease)
        } catch {
          await lease.close()
          throw error
        }
        await lease.close()
        failures = 0
      } catch is CancellationError {
        return
      } catch {
        failures += 1
        logger.warning("the waiting rooms are not looked after", metadata: ["error": "\(error)"])
        await Backoff(within: Limits.retryPause).wait(beforeAttempt: failures)
      }
    }
  }

  private func work(_ lease: RoomLease) async throws {
    while !Task.isCancelled {
      // Rooms are rare: without one, nobody has to own them.
      let rooms = try await lease.areRooms(within: Limits.roomCare)
      // Nobody waits for an owner who only forgets.
      if !rooms.open { board.looked(areAny: false) }
      if rooms.open || rooms.kept, let epoch = try await lease.claim(silentFor: configuration.lease) {
        defer { board.gaveUp() }
        logger.info("looking after the waiting rooms", metadata: ["epoch": "\(epoch)"])
        let writer = try RoomWriter(cluster: cluster, topic: configuration.topic, logger: logger)
        do {
          try await RoomTenure(owner: self, lease: lease, epoch: epoch, writer: writer).run()
        } catch {
          await writer.shutdown(deadline: Limits.leavePatience)
          try? await lease.giveBack(epoch)
          throw error
        }
        await writer.shutdown(deadline: Limits.leavePatience)
        return
      }
      if rooms.open { board.looked(areAny: true) }
      try await Task.sleep(for: Limits.roomLookInterval)
    }
  }
}

/// What an owner knows of the rooms besides their records.
struct RoomKeepers {
  struct Kept {
    var sale: StoredSale
    var keeper: RoomKeeper

    mutating func follow(_ sale: StoredSale) {
      self.sale = sale
      keeper.follow(sale.sale)
    }
  }

  private(set) var kept: [SaleNumber: Kept] = [:]

  /// Takes note of the sales that have rooms, and of their windows as they are now. A keeper that is there already
  /// stays.
  mutating func learn(_ sales: [StoredSale]) {
    for sale in sales {
      guard let rule = sale.sale.shaping.room else { continue }
      kept[sale.number, default: Kept(sale: sale, keeper: RoomKeeper(rule, of: sale.sale))].follow(sale)
    }
    let numbers = Set(sales.map(\.number))
    kept = kept.filter { numbers.contains($0.key) }
  }

  mutating func note(_ applied: RoomFollower.Applied, now: Timestamp) {
    kept[applied.record.sale]?.keeper.note(applied.record, in: applied.room, now: now)
  }

  /// The sales whose rooms follow the backlog.
  var following: [StoredSale] {
    kept.values.map(\.sale).filter { $0.sale.shaping.room?.backlogMax != nil }
  }

  mutating func decide(_ sale: SaleNumber, _ room: Room, backlog: Int64?, now: Timestamp) -> RoomKeeper.Decision {
    kept[sale]?.keeper.decide(room, backlog: backlog, now: now) ?? RoomKeeper.Decision()
  }
}
