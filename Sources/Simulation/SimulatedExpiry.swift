internal import FlashSale
internal import Lane
internal import Time

// The schedulers of workers, as `ExpiryScheduler` performs what the real `ExpirySchedule` says.

extension World {
  /// After each step: schedulers hear when lives that changed will be over.
  mutating func planExpiries() {
    guard !store.changedHolds.isEmpty else { return }
    let changed = store.changedHolds
    store.changedHolds = []
    for order in changed {
      guard let hold = store.lives.holds[order], let due = end(of: hold) else { continue }
      for worker in workers.indices { planLook(of: worker, at: due + random.number(in: Limits.expiryDelay)) }
      // A record that comes too early, as from a clock that is ahead, does nothing.
      if random.happens(perMille: Limits.earlyExpiryPerMille) { expire(hold) }
    }
  }

  private mutating func planLook(of worker: Int, at time: Int64) {
    guard time < workers[worker].nextExpiryLook else { return }
    workers[worker].nextExpiryLook = time
    scheduler.after(time - scheduler.now, .expiry(worker, run: workers[worker].run))
  }

  /// When a life is over in virtual time: a hold when it is due, a place among those who wait with the sale.
  private func end(of hold: Hold) -> Int64? {
    let end: Timestamp? =
      switch hold.state {
      case .reserved: hold.due
      case .waiting: store.stock[hold.stock]?.level.rules.endsAt
      default: nil
      }
    return end.map { ($0.microseconds - Shop.epoch.microseconds + shop.pace - 1) / shop.pace }
  }

  /// A scheduler looks at the partitions of its worker.
  mutating func lookAtExpiries(_ worker: Int, run: Int) {
    guard workers[worker].run == run, scheduler.now >= workers[worker].nextExpiryLook else { return }
    workers[worker].nextExpiryLook = .max
    let now = shop.clock(at: scheduler.now)
    var next: [Partition: Offset] = [:]
    for lane in lanes.indices where lanes[lane].isOf(worker, run) && !lanes[lane].isEnded {
      next[lanes[lane].partition] = max(next[lanes[lane].partition] ?? Offset(0), lanes[lane].core.next)
    }
    workers[worker].expiry.have(next, now: now)
    let asks = workers[worker].expiry.asks
    var over: [Partition: [Hold]] = [:]
    let ends = store.lives.holds.compactMap { order, hold in end(of: hold).map { (end: $0, order: order) } }
    for (_, order) in ends.filter({ $0.end <= scheduler.now }).sorted(by: { ($0.end, $0.order) < ($1.end, $1.order) }) {
      guard store.isReachable, let hold = store.lives.holds[order] else { continue }
      let partition = partition(of: hold.stock)
      guard let ask = asks[partition] else { continue }
      if let place = hold.place {
        // The bug: a look never starts anew.
        let after = bug == .lookGoesOn ? workers[worker].lastHolds[partition] : ask.after
        if let after, (place.due, place.order) <= (after.due, after.order) { continue }
        workers[worker].expiry.saw(place, in: partition, now: now)
        workers[worker].lastHolds[partition] = place
      }
      if workers[worker].expiry.isNew(hold.order) { over[partition, default: []].append(hold) }
    }
    for (partition, holds) in over.sorted(by: { $0.key < $1.key }) { write(holds, of: partition, by: worker) }
    if let first = ends.map(\.end).min() {
      let pause = random.number(in: Limits.expiryDelay)
      planLook(of: worker, at: max(first, scheduler.now + 1) + pause)
    }
  }

  /// Writes that lives are over. It takes a moment, or as long as a partition has no leader, to know what became of it.
  private mutating func write(_ holds: [Hold], of partition: Partition, by worker: Int) {
    let now = shop.clock(at: scheduler.now)
    workers[worker].expiry.begin(holds.map { ($0.order, $0.due ?? now) }, in: partition, now: now)
    let offsets = holds.map { (order: $0.order, offset: expire($0)) }
    let pause = random.happens(perMille: faults.deliveryLate) ? Limits.slowNetwork : Limits.network
    after(pause, .expiriesWritten(worker, run: workers[worker].run, partition, offsets))
  }

  /// The scheduler hears what became of the records.
  mutating func expiriesWritten(_ worker: Int, run: Int, _ partition: Partition, _ orders: [(OrderID, Offset?)]) {
    guard workers[worker].run == run else { return }
    // The bug: only a write that did what it should has ended.
    if bug == .lostWriteGoesOn, orders.contains(where: { $0.1 == nil }) { return }
    // The bug: what may be in the log is taken to be there, at some offset to come.
    let known = orders.map { ($0, bug == .expiryForgotten ? $1 ?? Offset(.max) : $1) }
    workers[worker].expiry.end(known, in: partition, now: shop.clock(at: scheduler.now))
  }

  /// Writes that a life is over. The record can be lost, or it is not known whether the log has it.
  ///
  /// - Returns: where it is, as far as is known.
  @discardableResult
  private mutating func expire(_ hold: Hold) -> Offset? {
    var offset: Offset?
    if !random.happens(perMille: faults.sendLost) {
      let command = try? OrderCommand(
        order: hold.order, stock: hold.stock, at: shop.clock(at: scheduler.now), action: .expire, by: .scheduler)
      guard let command else { return nil }
      offset = write(.order(command), under: hold.stock, "the end of \(hold.order)")
    }
    return random.happens(perMille: faults.acknowledgementLost) ? nil : offset
  }

  private func partition(of stock: StockKey) -> Partition {
    RecordKey(sale: shop[stock.sale].sale, sku: stock.sku).partition(of: shop.partitions)
  }
}

extension Hold {
  /// Among those that are due; `nil`: it waits.
  fileprivate var place: ExpirySchedule.Place? { due.map { ExpirySchedule.Place(due: $0, order: order) } }
}
