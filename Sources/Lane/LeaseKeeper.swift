package import FlashSale
internal import Time

/// Decides which partitions one worker claims and which it gives up, from one view of the store to the next. Performs
/// nothing itself. Whatever it decides, only the epoch says who may write (I7): a lease is about who is alive.
///
/// (1) A partition is free when nobody owns it, when its owner's session is gone, or when its owner was silent for the
///     lease. Only what is free, or this worker's own already, is claimed.
/// (2) What is meant for another worker is given up, so that it is free soon; not before the other one is ready to go
///     on, so that it prepares while the lane still works.
/// (3) Who has lost touch with the store himself, or sees a server that has just started, gives those that were alive
///     before as long to come back as he had: all sessions are gone then, and nobody may be dead. What they have is
///     left to them; what they would get is not given up before they are back.
/// (4) A partition has one lane here at a time, and another claim only after that has ended.
/// (5) How long something lasts is told by the database's clock. If that steps back, waiting begins anew: it lasts
///     longer by its own length at most, and not by the step.
package struct LeaseKeeper: Sendable {
  /// What to do about a partition.
  package enum Action: Hashable, Sendable {
    /// Get ready for a claim that will come, unless it is dismissed, and then tell the owner: its `isReady`.
    case prepare(Partition)
    /// The claim that was prepared for will not come.
    case dismiss(Partition)
    /// Claim it, and run its lane: `claimed`, then `ended`; or only `ended`.
    case claim(Partition, Vacancy)
    /// Let the lane finish its batch, end the lane or the claim, and give the partition back: `ended`.
    case giveUp(Partition)
  }

  /// How a lane, or the claim of one, ended.
  package enum End: Sendable {
    /// As it was asked to, or because someone else has the partition.
    case settled
    /// It could not go on; the next attempt waits, and longer each time.
    ///
    /// `isFirst`: what failed before does not count any more.
    case failed(isFirst: Bool)
  }

  private enum Lane: Hashable {
    case claiming
    case running(Epoch)
    case ending
  }

  /// Attempts that failed, one after another.
  private struct Failures {
    let count: Int
    let retryAt: Duration
  }

  /// Whose.
  package let id: WorkerID
  private let lease: Duration
  private let tuning: LeaseTuning
  private var lanes: [Partition: Lane] = [:]
  private var prepared: Set<Partition> = []
  /// Since when partitions with a lane here are meant for another worker.
  private var othersSince: [Partition: Duration] = [:]
  /// Who said last that it is ready to go on with a partition that has a lane here.
  private var ready: [Partition: WorkerID] = [:]
  private var failures: [Partition: Failures] = [:]
  private var view: LeaseView?
  private var share: FairShare?
  /// What the share was reckoned from. Most views are like the one before, and it need not be reckoned anew.
  private var sharedAmong: (members: [FairShare.Member], owners: [WorkerID?]) = ([], [])

  /// Partitions that are meant for this worker by the last view, in their order.
  package private(set) var meant: [Partition] = []

  /// The session with the store was lost, and no view has come since.
  private var isOutOfTouch = false
  /// Until when others may come back that were alive at that time, see (3).
  private var absence: (aliveAt: Duration, until: Duration)?
  /// Since when owners are not among the workers at all, or workers have a sign of life that is yet to come, see (5).
  private var undatedSince: [WorkerID: Duration] = [:]

  /// - Parameter lease: how long an owner may be silent.
  package init(_ id: WorkerID, lease: Duration, tuning: LeaseTuning = LeaseTuning()) {
    self.id = id
    self.lease = lease
    self.tuning = tuning
  }

  /// Partitions that nobody has room for by the last view, in their order.
  package var unserved: [Partition] { view?.allPartitions.filter { share?.workers[$0] == nil } ?? [] }

  /// Whom a partition is meant for by the last view; `nil`: nobody has room for it.
  package func successor(in partition: Partition) -> WorkerID? { share?.workers[partition] }

  /// Whether its lane, or its claim, was told to end and has not yet.
  package func isEnding(_ partition: Partition) -> Bool { lanes[partition] == .ending }

  /// Whether there is any lane, or a claim under way.
  package var hasLanes: Bool { !lanes.isEmpty }

  /// Whether there is a lane, or a claim under way.
  package func hasLane(_ partition: Partition) -> Bool { lanes[partition] != nil }
}

// MARK: - What happens

extension LeaseKeeper {
  /// The session with the store was lost.
  package mutating func lostTouch() { isOutOfTouch = true }

  /// A look at the store.
  package mutating func saw(_ view: LeaseView) -> [Action] {
    if let last = self.view?.now, view.now < last { beginWaitingAnew(at: view.now, after: last) }
    noteAbsence(in: view)
    self.view = view
    let owners = view.leases.map(\.owner)
    noteUndated(owners)
    // Somebody has deleted this worker's row; its next sign of life brings it back.
    guard worker(id) != nil else { return [] }
    reckonShare(of: owners)
    return giveUps() + claims() + preparations()
  }

  /// A claim took effect.
  package mutating func claimed(_ partition: Partition, _ epoch: Epoch) -> [Action] {
    if lanes[partition] == .claiming { lanes[partition] = .running(epoch) }
    return claims()
  }

  /// A worker is ready to go on with a partition. It may be heard before the look that tells that it is meant to.
  package mutating func isReady(_ worker: WorkerID, for partition: Partition) -> [Action] {
    guard hasLane(partition) else { return [] }
    ready[partition] = worker
    return giveUps()
  }

  /// A lane has ended and given its partition back, or a claim has not come to a lane.
  package mutating func ended(_ partition: Partition, _ end: End) -> [Action] {
    lanes[partition] = nil
    ready[partition] = nil
    switch end {
    case .settled: failures[partition] = nil
    case .failed(let isFirst):
      let count = isFirst ? 1 : (failures[partition]?.count ?? 0) + 1
      failures[partition] = Failures(
        count: count, retryAt: (view?.now ?? .zero) + Backoff(within: tuning.claimPause).pause(beforeAttempt: count))
    }
    // What the last view says of this partition is no longer so; the next one tells.
    return []
  }

  /// Gives everything up, for good.
  package mutating func stop() -> [Action] {
    view = nil
    share = nil
    meant = []
    defer { prepared = [] }
    return prepared.sorted().map { .dismiss($0) } + lanes.keys.sorted().compactMap { giveUp($0) }
  }
}

// MARK: - Rules

extension LeaseKeeper {
  /// The clock has stepped back, see (5).
  private mutating func beginWaitingAnew(at now: Duration, after last: Duration) {
    guard !tuning.trustsTheTime else { return }
    failures = failures.mapValues { Failures(count: $0.count, retryAt: now) }
    othersSince = othersSince.mapValues { _ in now }
    undatedSince = undatedSince.mapValues { _ in now }
    absence = absence.flatMap { before in
      last < before.until ? (aliveAt: before.aliveAt, until: now + tuning.returnGrace) : nil
    }
  }

  /// Takes note of whom to wait for, see (3). A new server has ended the sessions of those before, which a worker that
  /// has just started did not see.
  private mutating func noteAbsence(in new: LeaseView) {
    guard isOutOfTouch || (view == nil && new.serverAge < tuning.returnGrace) else { return }
    // Lost again before the others were back: the same are waited for.
    let inTouch = view.map { view in absence.map { view.now < $0.until ? $0.aliveAt : view.now } ?? view.now }
    let lastSeen = new.workers.filter { !$0.hasSession }.map(\.lastSeen).max()
    absence = (
      aliveAt: inTouch ?? lastSeen ?? new.now,
      until: new.now - (isOutOfTouch ? .zero : max(.zero, new.serverAge)) + tuning.returnGrace
    )
    isOutOfTouch = false
  }

  /// Takes note of whose last sign of life has no time, or none that can be.
  private mutating func noteUndated(_ owners: [WorkerID?]) {
    guard let view else { return }
    let missing = owners.compactMap { owner in worker(owner) == nil ? owner : nil }
    let early = tuning.trustsTheTime ? [] : view.workers.filter { $0.lastSeen > view.now }.map(\.id)
    let undated = Set(missing + early)
    if !undatedSince.isEmpty { undatedSince = undatedSince.filter { undated.contains($0.key) } }
    for id in undated where undatedSince[id] == nil { undatedSince[id] = view.now }
  }

  private mutating func reckonShare(of owners: [WorkerID?]) {
    guard let view else { return }
    var members: [FairShare.Member] = []
    for worker in view.workers where takesPart(worker) {
      let isWanted = !worker.isDraining || tuning.staysWhenDrained
      members.append(FairShare.Member(id: worker.id, room: isWanted ? worker.lanesMax : 0))
    }
    guard share == nil || members != sharedAmong.members || owners != sharedAmong.owners else { return }
    sharedAmong = (members, owners)
    let partitions = view.allPartitions
    let known = partitions.enumerated().compactMap { index, partition in owners[index].map { (partition, $0) } }
    let share = FairShare(of: partitions, among: members, owners: Dictionary(uniqueKeysWithValues: known))
    self.share = share
    meant = partitions.filter { share.workers[$0] == id }
  }

  private mutating func giveUps() -> [Action] {
    guard let view, let share else { return [] }
    return lanes.keys.sorted().compactMap { partition in
      let row = view.lease(of: partition)
      if case .running(let epoch) = lanes[partition], row.owner != id, row.epoch > epoch { return giveUp(partition) }
      let successor = share.workers[partition]
      guard successor != id, tuning.givesToTheAbsent || successor.map(isAlive) ?? true else {
        othersSince[partition] = nil
        return nil
      }
      let since = othersSince[partition] ?? view.now
      othersSince[partition] = since
      let isReady = successor == nil || ready[partition] == successor
      return isReady || view.now >= since + tuning.handoverPatience ? giveUp(partition) : nil
    }
  }

  private mutating func giveUp(_ partition: Partition) -> Action? {
    guard let lane = lanes[partition], lane != .ending else { return nil }
    lanes[partition] = .ending
    othersSince[partition] = nil
    return .giveUp(partition)
  }

  private mutating func claims() -> [Action] {
    guard let view else { return [] }
    var room = Limits.claimsAtOnce - lanes.values.count { $0 == .claiming }
    var actions: [Action] = []
    for partition in meant where lanes[partition] == nil && room > 0 {
      let row = view.lease(of: partition)
      guard row.haltedReason == nil, row.owner == id || isFree(row) || tuning.takesFromTheLiving else { continue }
      guard (failures[partition]?.retryAt ?? .zero) <= view.now else { continue }
      lanes[partition] = .claiming
      prepared.remove(partition)
      room -= 1
      // Of an owner whose row is gone, any sign of life is a new one.
      let lastSeen = row.owner.flatMap { $0 == id ? nil : worker($0)?.lastSeen ?? .zero }
      actions.append(.claim(partition, Vacancy(epoch: row.epoch, ownerLastSeen: lastSeen)))
    }
    return actions
  }

  /// What is meant for this worker, and will be given back to it soon.
  private mutating func preparations() -> [Action] {
    let soon = Set(meant.filter { lanes[$0] == nil && view?.lease(of: $0).haltedReason == nil && failures[$0] == nil })
    guard soon != prepared else { return [] }
    let actions: [Action] =
      prepared.subtracting(soon).sorted().map { .dismiss($0) }
      + soon.subtracting(prepared).sorted().map { .prepare($0) }
    prepared = soon
    return actions
  }

  /// Whether a worker counts for the shares.
  private func takesPart(_ worker: LeaseView.Worker) -> Bool { isAlive(worker.id) || mayReturn(worker) }

  private func isFree(_ row: LeaseView.Lease) -> Bool {
    guard let owner = row.owner else { return true }
    guard !mayReturn(worker(owner)) else { return false }
    return !row.hasSession || lastSign(of: owner).map(isSilent) ?? false
  }

  private func worker(_ id: WorkerID?) -> LeaseView.Worker? { view?.workers.first { $0.id == id } }

  private func isAlive(_ id: WorkerID) -> Bool {
    id == self.id || (worker(id)?.hasSession ?? false) && !(lastSign(of: id).map(isSilent) ?? true)
  }

  /// When a worker showed that it is alive, as far as the clock can tell.
  private func lastSign(of id: WorkerID) -> Duration? { undatedSince[id] ?? worker(id)?.lastSeen }

  private func isSilent(since moment: Duration) -> Bool { (view?.now ?? moment) - moment >= lease }

  /// Whether a worker may be about to come back, see (3). One whose row is gone may.
  private func mayReturn(_ worker: LeaseView.Worker?) -> Bool {
    guard let view, let absence, view.now < absence.until else { return false }
    return tuning.givesToTheAbsent || worker.map { absence.aliveAt - $0.lastSeen < lease } ?? true
  }
}

/// What a simulated worker has otherwise: shorter times, and planted bugs.
package struct LeaseTuning: Sendable {
  package var returnGrace = Limits.returnGrace
  package var claimPause = Limits.claimPause
  package var handoverPatience = Limits.handoverPatience

  /// Claims what is meant for it whether it is free or not.
  package var takesFromTheLiving = false

  /// Waits for everyone who ever had a row, and gives partitions up for those too.
  package var givesToTheAbsent = false

  /// Counts a worker that is to be empty like any other.
  package var staysWhenDrained = false

  /// Never lets waiting begin anew.
  package var trustsTheTime = false

  /// Those of a worker.
  package init() {}
}
