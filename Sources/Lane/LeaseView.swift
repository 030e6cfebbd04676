package import FlashSale

/// One run of a worker process. Drawn at random when it starts.
package struct WorkerID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Not negative.
  package let rawValue: Int64

  /// Names a worker.
  package init(rawValue: Int64) { self.rawValue = rawValue }

  /// Its digits. `penstock lanes drain` takes them.
  package var description: String { String(rawValue) }

  package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// Who works, and who has which partition, as the store says at one moment. All times are by the database's clock.
package struct LeaseView: Sendable, Hashable {
  /// A row of `workers`.
  package struct Worker: Sendable, Hashable {
    package let id: WorkerID
    package let name: String

    /// Partitions that it takes at most, at least 1.
    package let lanesMax: Int

    /// Somebody wants it to be empty.
    package let isDraining: Bool

    /// Its last sign of life, by the same clock as `now`.
    package let lastSeen: Duration

    /// Whether the session in which it shows its signs of life is open.
    package let hasSession: Bool

    /// Creates a row.
    package init(id: WorkerID, name: String, lanesMax: Int, isDraining: Bool, lastSeen: Duration, hasSession: Bool) {
      self.id = id
      self.name = name
      self.lanesMax = lanesMax
      self.isDraining = isDraining
      self.lastSeen = lastSeen
      self.hasSession = hasSession
    }
  }

  /// A row of `partition_progress`.
  package struct Lease: Sendable, Hashable {
    package let epoch: Epoch

    /// Whose it is; `nil` if it was given back, or never had an owner.
    package let owner: WorkerID?

    /// Whether the session in which the owner claimed it is open.
    package let hasSession: Bool

    /// A person has to look first.
    package let haltedReason: String?

    /// Creates a row.
    package init(epoch: Epoch, owner: WorkerID?, hasSession: Bool, haltedReason: String?) {
      self.epoch = epoch
      self.owner = owner
      self.hasSession = hasSession
      self.haltedReason = haltedReason
    }
  }

  /// When it was made, since 1970.
  package let now: Duration

  /// Since the server started: a younger one has ended all sessions before.
  package let serverAge: Duration

  /// Of each partition of the topic; they are numbered from 0. One that nobody has claimed yet has epoch 0 and no
  /// owner.
  package let leases: [Lease]

  /// In the order of their ids.
  package let workers: [Worker]

  /// Creates a view.
  package init(now: Duration, serverAge: Duration, leases: [Lease], workers: [Worker]) {
    self.now = now
    self.serverAge = serverAge
    self.leases = leases
    self.workers = workers
  }

  /// The same of so many partitions, of which some have a row.
  package init(now: Duration, serverAge: Duration, partitions: Int, leases: [Partition: Lease], workers: [Worker]) {
    self.init(
      now: now, serverAge: serverAge, leases: (0..<partitions).map { leases[Partition(Int32($0))] ?? .unclaimed },
      workers: workers)
  }

  /// The row of a partition; of one that the topic does not have, as if nobody had claimed it.
  package func lease(of partition: Partition) -> Lease {
    let index = Int(partition.rawValue)
    return leases.indices.contains(index) ? leases[index] : .unclaimed
  }

  /// All partitions, in their order.
  package var allPartitions: [Partition] { leases.indices.map { Partition(Int32($0)) } }
}

extension LeaseView.Lease {
  fileprivate static let unclaimed = LeaseView.Lease(
    epoch: Epoch(rawValue: 0), owner: nil, hasSession: false, haltedReason: nil)
}

/// What a claim relies on. If it is no longer so, the claim changes nothing.
package struct Vacancy: Sendable, Hashable {
  /// The partition's; 0 if nobody has claimed it yet.
  package let epoch: Epoch

  /// The last sign of life of an owner that counts as gone, since 1970, and zero if its row is gone; `nil` if there is
  /// no owner, or it is the claimer.
  package let ownerLastSeen: Duration?

  /// Creates what was seen.
  package init(epoch: Epoch, ownerLastSeen: Duration? = nil) {
    self.epoch = epoch
    self.ownerLastSeen = ownerLastSeen
  }
}
