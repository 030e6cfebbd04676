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
      if random.happens(perMille: Limits.earlyExpiryPerMille) { expire(hold, by: nil) }
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
      if workers[worker].expiry.isNew(hold.order) { expire(hold, by: worker) }
    }
    if let first = ends.map(\.end).min() {
      let pause = random.number(in: Limits.expiryDelay)
      planLook(of: worker, at: max(first, scheduler.now + 1) + pause)
    }
  }

  /// Writes that a life is over. The record can be lost, or it is not known whether the log has it.
  private mutating func expire(_ hold: Hold, by worker: Int?) {
    let now = shop.clock(at: scheduler.now)
    let partition = partition(of: hold.stock)
    var offset: Offset?
    if !random.happens(perMille: faults.sendLost) {
      let command = try? OrderCommand(
        order: hold.order, stock: hold.stock, at: now, action: .expire, by: .scheduler)
      guard let command else { return }
      offset = write(.order(command), under: hold.stock, "the end of \(hold.order)")
    }
    if random.happens(perMille: faults.acknowledgementLost) { offset = nil }
    guard let worker else { return }
    // The bug: what may be in the log is taken to be there, at some offset to come.
    let known = bug == .expiryForgotten ? offset ?? Offset(.max) : offset
    workers[worker].expiry.told(hold.order, due: hold.due, in: partition, at: known, now: now)
  }

  private func partition(of stock: StockKey) -> Partition {
    RecordKey(sale: shop[stock.sale].sale, sku: stock.sku).partition(of: shop.partitions)
  }
}

extension Hold {
  /// Among those that are due; `nil`: it waits.
  fileprivate var place: ExpirySchedule.Place? { due.map { ExpirySchedule.Place(due: $0, order: order) } }
}
