internal import FlashSale
internal import Lane

extension SimulatedStore {
  /// A worker shows that it is alive.
  mutating func showLife(_ id: WorkerID, in session: Session, at now: Int64) {
    let place = workers.firstIndex { $0.id >= id } ?? workers.endIndex
    let lastSeen = clock(at: now)
    guard place < workers.endIndex, workers[place].id == id else {
      let row = Worker(id: id, lastSeen: lastSeen, session: session, seenAt: now, aliveSince: now)
      return workers.insert(row, at: place)
    }
    let goesOn = workers[place].session == session && now - workers[place].seenAt < Limits.lease
    if !goesOn { workers[place].aliveSince = now }
    (workers[place].lastSeen, workers[place].seenAt, workers[place].session) = (lastSeen, now, session)
  }

  /// Wants a worker to be empty.
  mutating func drain(_ id: WorkerID) {
    if let place = workers.firstIndex(where: { $0.id == id }) { workers[place].isDraining = true }
  }

  /// The same for an operator, as `SaleStore.drain`: only if others are alive and have room for everything.
  ///
  /// - Returns: whether it is done.
  mutating func drain(_ id: WorkerID, at now: Int64) -> Bool {
    let others = workers.filter { other in
      other.id != id && !other.isDraining && isOpen(other.session)
        && clock(at: now) - other.lastSeen < Limits.lease
    }
    guard others.count * lanesMax >= progress.count else { return false }
    drain(id)
    return true
  }

  /// Deletes the row of a worker.
  mutating func forget(_ id: WorkerID) { workers.removeAll { $0.id == id } }

  /// The row of a worker.
  func worker(_ id: WorkerID) -> Worker? { workers.first { $0.id == id } }

  /// Whether a worker's lease held all the time, as everyone could see.
  func hasLived(_ id: WorkerID, in time: ClosedRange<Int64>) -> Bool {
    guard let row = worker(id) else { return false }
    return isOpen(row.session) && row.aliveSince <= time.lowerBound && row.seenAt > time.upperBound - Limits.lease
  }

  /// Who works, and who has what.
  func leases(at now: Int64) -> LeaseView {
    LeaseView(
      now: .microseconds(clock(at: now)), serverAge: .microseconds(clock(at: now) - startedAt),
      leases: progress.map { row in
        LeaseView.Lease(
          epoch: row.epoch, owner: row.ownerID, hasSession: row.owner.map(isOpen) ?? false,
          haltedReason: row.haltedReason)
      },
      workers: workers.map { row in
        LeaseView.Worker(
          id: row.id, name: "a worker", lanesMax: lanesMax, isDraining: row.isDraining,
          lastSeen: .microseconds(row.lastSeen), hasSession: isOpen(row.session))
      })
  }
}
