internal import FlashSale
internal import Lane

extension SimulatedStore {
  /// A worker shows that it is alive.
  mutating func showLife(_ id: WorkerID, in session: Session, at now: Int64) {
    let place = workers.firstIndex { $0.id >= id } ?? workers.endIndex
    guard place < workers.endIndex, workers[place].id == id else {
      return workers.insert(Worker(id: id, lastSeen: now, session: session, aliveSince: now), at: place)
    }
    let goesOn = workers[place].session == session && now - workers[place].lastSeen < Limits.lease
    if !goesOn { workers[place].aliveSince = now }
    (workers[place].lastSeen, workers[place].session) = (now, session)
  }

  /// Deletes the row of a worker.
  mutating func forget(_ id: WorkerID) { workers.removeAll { $0.id == id } }

  /// The row of a worker.
  func worker(_ id: WorkerID) -> Worker? { workers.first { $0.id == id } }

  /// Whether a worker's lease held all the time, as everyone could see.
  func hasLived(_ id: WorkerID, in time: ClosedRange<Int64>) -> Bool {
    guard let row = worker(id) else { return false }
    return isOpen(row.session) && row.aliveSince <= time.lowerBound && row.lastSeen > time.upperBound - Limits.lease
  }

  /// Who works, and who has what.
  func leases(at now: Int64) -> LeaseView {
    LeaseView(
      now: .microseconds(now), serverAge: .microseconds(now - startedAt),
      leases: progress.map { row in
        LeaseView.Lease(
          epoch: row.epoch, owner: row.ownerID, hasSession: row.owner.map(isOpen) ?? false,
          haltedReason: row.haltedReason)
      },
      workers: workers.map { row in
        LeaseView.Worker(
          id: row.id, name: "a worker", lanesMax: Limits.lanesMax, isDraining: false,
          lastSeen: .microseconds(row.lastSeen), hasSession: isOpen(row.session))
      })
  }
}
