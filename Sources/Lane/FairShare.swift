package import FlashSale

/// Which worker each partition is meant for.
///
/// (1) Everyone who sees the same workers and owners computes the same.
/// (2) It is balanced to one partition, as far as the workers' bounds allow.
/// (3) A worker keeps what it has, up to its share. So a join or a leave moves no more than it has to, and a move that
///     is half done changes nothing for the rest: what was given back goes to whom it was meant for before.
/// (4) What moves goes to the worker with the highest score for it among those that have room (rendezvous hashing with
///     bounded load: Thaler and Ravishankar 1998; Mirrokni, Thorup and Zadimoghaddam 2018).
package struct FairShare: Sendable, Hashable {
  /// Who takes part, and how many partitions at most.
  package struct Member: Sendable, Hashable {
    let id: WorkerID
    let room: Int

    /// A worker with room for no partition keeps none.
    package init(id: WorkerID, room: Int) {
      self.id = id
      self.room = room
    }
  }

  /// Those that somebody has room for.
  package let workers: [Partition: WorkerID]

  /// - Parameters:
  ///   - owners: who has what now; owners that are no members count for nothing.
  package init(of partitions: [Partition], among members: [Member], owners: [Partition: WorkerID]) {
    var shares = members.sorted { $0.id < $1.id }.map { Share(of: $0) }
    var extras = Self.fill(&shares, with: partitions.count)
    var assigned: [Partition: WorkerID] = [:]

    // One more than the rest is kept by those that have it, so that it need not move. How much more they have does not
    // count: it changes while they give it up.
    let owned = Dictionary(grouping: partitions.filter { owners[$0] != nil }) { owners[$0]! }
    let hasMore = shares.map { (owned[$0.id]?.count ?? 0) > $0.base }
    let byNeed = shares.indices.filter { hasMore[$0] } + shares.indices.filter { !hasMore[$0] }
    for index in byNeed {
      let id = shares[index].id
      for partition in (owned[id] ?? []).sorted(by: { Score(id, $0) > Score(id, $1) }) {
        guard shares[index].take(&extras) else { break }
        assigned[partition] = id
      }
    }

    let moving = partitions.filter { assigned[$0] == nil }
    let offers = moving.flatMap { partition in
      shares.indices.map { (score: Score(shares[$0].id, partition), partition: partition, share: $0) }
    }
    for offer in offers.sorted(by: { $0.score > $1.score }) where assigned[offer.partition] == nil {
      if shares[offer.share].take(&extras) { assigned[offer.partition] = shares[offer.share].id }
    }
    workers = assigned
  }

  /// What one member takes.
  private struct Share {
    let id: WorkerID
    let room: Int
    /// What it gets in any case, and whether it may get one more.
    var base = 0
    var canHaveExtra = false
    var count = 0

    init(of member: Member) {
      id = member.id
      room = max(0, member.room)
    }

    mutating func take(_ extras: inout Int) -> Bool {
      if count < base {
        count += 1
        return true
      }
      guard count == base, canHaveExtra, extras > 0 else { return false }
      extras -= 1
      count += 1
      return true
    }
  }

  /// Raises all bases evenly while there is something for everyone who has room.
  ///
  /// - Returns: how many members get one more.
  private static func fill(_ shares: inout [Share], with count: Int) -> Int {
    var left = count
    while true {
      let open = shares.indices.filter { shares[$0].base < shares[$0].room }
      guard !open.isEmpty else { return 0 }
      guard left >= open.count else {
        for index in open { shares[index].canHaveExtra = true }
        return left
      }
      let step = min(left / open.count, open.map { shares[$0].room - shares[$0].base }.min() ?? 0)
      for index in open { shares[index].base += step }
      left -= step * open.count
    }
  }

  /// How much a worker is wanted for a partition. No two are equal in practice; if they are, ids and numbers decide.
  private struct Score: Comparable {
    let hash: UInt64
    let worker: WorkerID
    let partition: Partition

    init(_ worker: WorkerID, _ partition: Partition) {
      self.worker = worker
      self.partition = partition
      hash = Self.mix(UInt64(bitPattern: worker.rawValue) ^ Self.mix(UInt64(UInt32(bitPattern: partition.rawValue))))
    }

    /// SplitMix64's step (Steele, Lea and Flood 2014): every bit of the result depends on every bit of the number.
    private static func mix(_ number: UInt64) -> UInt64 {
      var z = number &+ 0x9e37_79b9_7f4a_7c15
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }

    static func < (a: Self, b: Self) -> Bool {
      (a.hash, a.worker, a.partition) < (b.hash, b.worker, b.partition)
    }
  }
}
