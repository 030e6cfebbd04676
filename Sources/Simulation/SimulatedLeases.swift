internal import FlashSale
internal import Lane

extension SimulatedStore {
  /// A worker shows that it is alive.
  mutating func showLife(_ id: WorkerID, in session: Session, at now: Int64) {
    let row = workers[id]
    let goesOn = row.map { $0.session == session && now - $0.lastSeen < Limits.lease } ?? false
    workers[id] = Worker(lastSeen: now, session: session, aliveSince: goesOn ? row?.aliveSince ?? now : now)
  }

  /// Deletes the row of a worker.
  mutating func forget(_ id: WorkerID) { workers[id] = nil }

  /// Whether a worker's lease held all the time, as everyone could see.
  func hasLived(_ id: WorkerID, in time: ClosedRange<Int64>) -> Bool {
    guard let row = workers[id] else { return false }
    return isOpen(row.session) && row.aliveSince <= time.lowerBound && row.lastSeen > time.upperBound - Limits.lease
  }

  /// Who works, and who has what.
  func leases(at now: Int64) -> LeaseView {
    LeaseView(
      now: .microseconds(now), serverAge: .microseconds(now - startedAt), partitions: progress.count,
      leases: Dictionary(
        uniqueKeysWithValues: progress.enumerated().map { index, row in
          let hasSession = row.owner.map(isOpen) ?? false
          return (
            Partition(Int32(index)),
            LeaseView.Lease(
              epoch: row.epoch, owner: row.ownerID, hasSession: hasSession, haltedReason: row.haltedReason)
          )
        }),
      workers: workers.sorted { $0.key < $1.key }.map { id, row in
        LeaseView.Worker(
          id: id, name: "worker \(id)", lanesMax: Limits.lanesMax, isDraining: false,
          lastSeen: .microseconds(row.lastSeen), hasSession: isOpen(row.session))
      })
  }
}
