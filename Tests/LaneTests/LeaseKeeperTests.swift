import FlashSale
import Testing

@testable import Lane

/// What a worker claims and gives up, one view after another.
@Suite struct LeaseKeeperTests {
  private static let lease = Duration.seconds(3)
  private let me = WorkerID(rawValue: 1)
  private let other = WorkerID(rawValue: 2)

  private func worker(
    _ id: WorkerID, seen: Duration, room: Int = 32, isDraining: Bool = false, hasSession: Bool = true
  ) -> LeaseView.Worker {
    LeaseView.Worker(
      id: id, name: "worker \(id)", lanesMax: room, isDraining: isDraining, lastSeen: seen, hasSession: hasSession)
  }

  private func lease(
    _ owner: WorkerID?, _ epoch: Int64 = 1, hasSession: Bool = true, halted: String? = nil
  ) -> LeaseView.Lease {
    LeaseView.Lease(epoch: Epoch(rawValue: epoch), owner: owner, hasSession: hasSession, haltedReason: halted)
  }

  private func view(
    at now: Duration = .seconds(100), partitions: Int = 1, serverAge: Duration = .seconds(1_000),
    _ workers: [LeaseView.Worker], _ leases: [Int32: LeaseView.Lease] = [:]
  ) -> LeaseView {
    LeaseView(
      now: now, serverAge: serverAge, partitions: partitions,
      leases: Dictionary(uniqueKeysWithValues: leases.map { (Partition($0.key), $0.value) }), workers: workers)
  }

  private func keeper() -> LeaseKeeper { LeaseKeeper(me, lease: Self.lease) }

  private func claim(_ epoch: Int64, _ seen: Duration? = nil) -> LeaseKeeper.Action {
    .claim(Partition(0), Vacancy(epoch: Epoch(rawValue: epoch), ownerLastSeen: seen))
  }

  @Test func `what nobody has is claimed, once`() {
    var keeper = keeper()
    let alone = view([worker(me, seen: .seconds(100))])
    #expect(keeper.saw(alone) == [claim(0)])
    #expect(keeper.saw(alone) == [])
    #expect(keeper.claimed(Partition(0), Epoch(rawValue: 1)) == [])
    #expect(keeper.saw(alone) == [])
  }

  @Test func `an owner that is alive keeps what it has, whatever the shares say`() {
    var keeper = keeper()
    let now = Duration.seconds(100)
    let draining = view(
      [worker(me, seen: now), worker(other, seen: now, isDraining: true)], [0: lease(other)])
    #expect(keeper.saw(draining) == [.prepare(Partition(0))])
    #expect(keeper.saw(draining) == [])
    #expect(keeper.meant == [Partition(0)])
    // Somebody else's again.
    #expect(
      keeper.saw(view([worker(me, seen: now), worker(other, seen: now)], [0: lease(other)])) == [.dismiss(Partition(0))]
    )
  }

  @Test func `a partition is free when its owner's sessions are gone, at once`() {
    var keeper = keeper()
    let now = Duration.seconds(100)
    let seen = now - .milliseconds(100)
    let dead = view(
      [worker(me, seen: now), worker(other, seen: seen, hasSession: false)], [0: lease(other, hasSession: false)])
    #expect(keeper.saw(dead) == [claim(1, seen)])
  }

  @Test func `a worker that lost only the session of its lane keeps the partition`() {
    var keeper = keeper()
    let now = Duration.seconds(100)
    let cut = view([worker(me, seen: now), worker(other, seen: now)], [0: lease(other, hasSession: false)])
    #expect(keeper.saw(cut) == [])
  }

  @Test func `a partition is free when its owner was silent for the lease, and not before`() {
    var keeper = keeper()
    let seen = Duration.seconds(100)
    func silent(for time: Duration) -> LeaseView {
      view(at: seen + time, [worker(me, seen: seen + time), worker(other, seen: seen)], [0: lease(other)])
    }
    #expect(keeper.saw(silent(for: Self.lease - .milliseconds(1))) == [])
    #expect(keeper.saw(silent(for: Self.lease)) == [claim(1, seen)])
  }

  @Test func `an owner that never existed, or whose row was deleted, has the lease to show up`() {
    var keeper = keeper()
    func missing(at now: Duration, hasSession: Bool = true) -> LeaseView {
      view(at: now, [worker(me, seen: now)], [0: lease(WorkerID(rawValue: 77), hasSession: hasSession)])
    }
    #expect(keeper.saw(missing(at: .seconds(100))) == [.prepare(Partition(0))])
    #expect(keeper.saw(missing(at: .seconds(102))) == [])
    #expect(keeper.saw(missing(at: .seconds(103))) == [claim(1, .zero)])
    var another = self.keeper()
    #expect(another.saw(missing(at: .seconds(100), hasSession: false)) == [claim(1, .zero)])
  }

  @Test func `a partition is given up as soon as the one whom it is meant for is ready, whichever is heard first`() {
    let now = Duration.seconds(100)
    let alone = view([worker(me, seen: now)])
    let drained = view([worker(me, seen: now, isDraining: true), worker(other, seen: now)], [0: lease(me)])
    var keeper = keeper()
    #expect(keeper.isReady(other, for: Partition(0)) == [])
    #expect(keeper.saw(alone) == [claim(0)])
    _ = keeper.claimed(Partition(0), Epoch(rawValue: 1))
    var another = keeper
    // Nobody has a use for what is not meant for them.
    #expect(keeper.isReady(WorkerID(rawValue: 3), for: Partition(0)) == [])
    #expect(keeper.saw(drained) == [])
    #expect(keeper.isReady(other, for: Partition(0)) == [.giveUp(Partition(0))])
    #expect(keeper.isReady(other, for: Partition(0)) == [])

    #expect(another.isReady(other, for: Partition(0)) == [])
    #expect(another.saw(drained) == [.giveUp(Partition(0))])
  }

  @Test func `what nobody has room for is given up at once`() {
    let now = Duration.seconds(100)
    var keeper = keeper()
    #expect(keeper.saw(view([worker(me, seen: now)])) == [claim(0)])
    _ = keeper.claimed(Partition(0), Epoch(rawValue: 1))
    #expect(keeper.saw(view([worker(me, seen: now, isDraining: true)], [0: lease(me)])) == [.giveUp(Partition(0))])
  }

  @Test func `what is meant for another is given up, and claimed again only after the lane has ended`() {
    var keeper = keeper()
    let now = Duration.seconds(100)
    #expect(keeper.saw(view([worker(me, seen: now)])) == [claim(0)])
    _ = keeper.claimed(Partition(0), Epoch(rawValue: 1))
    func drained(at now: Duration) -> LeaseView {
      view(at: now, [worker(me, seen: now, isDraining: true), worker(other, seen: now)], [0: lease(me)])
    }
    // The other one has some time to prepare.
    #expect(keeper.saw(drained(at: now)) == [])
    #expect(keeper.saw(drained(at: now + Limits.handoverPatience - .milliseconds(1))) == [])
    #expect(keeper.saw(drained(at: now + Limits.handoverPatience)) == [.giveUp(Partition(0))])
    #expect(keeper.saw(drained(at: now + Limits.handoverPatience)) == [])
    // Meant for this worker again meanwhile.
    let back = view([worker(me, seen: now)], [0: lease(nil, 1)])
    #expect(keeper.saw(back) == [])
    #expect(keeper.isEnding(Partition(0)))
    #expect(keeper.ended(Partition(0), .settled) == [])
    #expect(keeper.saw(back) == [claim(1)])
  }

  @Test func `a lane whose partition another has taken ends, also when it has nothing to write`() {
    var keeper = keeper()
    let now = Duration.seconds(100)
    _ = keeper.saw(view([worker(me, seen: now)]))
    _ = keeper.claimed(Partition(0), Epoch(rawValue: 5))
    // A view from before the claim.
    #expect(keeper.saw(view([worker(me, seen: now)], [0: lease(other, 4)])) == [])
    #expect(keeper.saw(view([worker(me, seen: now)], [0: lease(other, 6)])) == [.giveUp(Partition(0))])
  }

  @Test func `after it has lost touch, a worker takes nothing from others until they could come back`() {
    var keeper = keeper()
    let now = Duration.seconds(200)
    func allGone(at now: Duration) -> LeaseView {
      view(
        at: now, [worker(me, seen: now), worker(other, seen: .seconds(100), hasSession: false)],
        [0: lease(other, hasSession: false)])
    }
    keeper.lostTouch()
    #expect(keeper.saw(allGone(at: now)) == [])
    #expect(keeper.saw(allGone(at: now + Limits.returnGrace - .milliseconds(1))) == [])
    #expect(keeper.saw(allGone(at: now + Limits.returnGrace)) == [claim(1, .seconds(100))])
    // What is its own, it takes at once.
    var owner = self.keeper()
    owner.lostTouch()
    #expect(owner.saw(view([worker(me, seen: .seconds(100))], [0: lease(me, hasSession: false)])) == [claim(1)])
  }

  @Test func `nor from the owners of before the server started`() {
    var keeper = keeper()
    let now = Duration.seconds(200)
    func started(_ age: Duration) -> LeaseView {
      view(
        at: now + age, serverAge: age,
        [worker(me, seen: now + age), worker(other, seen: .seconds(190), hasSession: false)],
        [0: lease(other, hasSession: false)])
    }
    #expect(keeper.saw(started(.milliseconds(300))) == [])
    #expect(keeper.saw(started(Limits.returnGrace)) == [claim(1, .seconds(190))])
  }

  @Test(arguments: [Duration.seconds(600), .seconds(3), .milliseconds(400)])
  func `after it has lost touch, a worker gives nothing up for one that is not back`(silence: Duration) {
    var keeper = keeper()
    let now = Duration.seconds(1_000)
    func seen(at now: Duration, _ owner: WorkerID?) -> LeaseView {
      let ghost = worker(other, seen: .seconds(1_000) - silence, hasSession: false)
      let row = lease(owner, owner == nil ? 0 : 1)
      return view(at: now, partitions: 4, [worker(me, seen: now), ghost], [0: row, 1: row, 2: row, 3: row])
    }
    #expect(keeper.saw(seen(at: now, nil)).count == 4)
    for partition in 0..<4 as Range<Int32> { _ = keeper.claimed(Partition(partition), Epoch(rawValue: 1)) }
    keeper.lostTouch()
    // Longer than the patience with a successor that lives, and than others have to come back.
    for pause in stride(from: 0, through: 3_000, by: 100) {
      #expect(keeper.saw(seen(at: now + .milliseconds(100 + pause), me)) == [])
    }
    #expect(keeper.meant.count == 4)
  }

  @Test func `who was dead before it lost touch is not waited for`() {
    var keeper = keeper()
    let now = Duration.seconds(1_000)
    func seen(at now: Duration) -> LeaseView {
      view(
        at: now, [worker(me, seen: now), worker(other, seen: .seconds(400), hasSession: false)],
        [0: lease(other, hasSession: false, halted: now == .seconds(1_000) ? "truncated" : nil)])
    }
    #expect(keeper.saw(seen(at: now)) == [])
    keeper.lostTouch()
    // A person has cleared the halt meanwhile.
    #expect(keeper.saw(seen(at: now + .milliseconds(100))) == [claim(1, .seconds(400))])
  }

  @Test func `whom it waits for is the same when it loses touch again`() {
    var keeper = keeper()
    let seen = Duration.seconds(100)
    func away(at now: Duration, hasSession: Bool = false) -> LeaseView {
      view(
        at: now, [worker(me, seen: now), worker(other, seen: seen, hasSession: hasSession)],
        [0: lease(other, hasSession: hasSession)])
    }
    #expect(keeper.saw(away(at: seen, hasSession: true)) == [])
    // The server was away for longer than a lease, and goes once more.
    for now in [Duration.seconds(130), .seconds(131)] {
      keeper.lostTouch()
      #expect(keeper.saw(away(at: now)) == [])
    }
    #expect(keeper.saw(away(at: .seconds(131) + Limits.returnGrace)) == [claim(1, seen)])
  }

  @Test func `when the clock steps back, a silent owner's partition is free after the lease all the same`() {
    var keeper = keeper()
    let seen = Duration.seconds(10_000)
    func silent(at now: Duration) -> LeaseView {
      view(at: now, [worker(me, seen: now), worker(other, seen: seen)], [0: lease(other)])
    }
    #expect(keeper.saw(silent(at: seen + .seconds(1))) == [])
    let stepped = seen - .seconds(3_600)
    #expect(keeper.saw(silent(at: stepped)) == [])
    #expect(keeper.saw(silent(at: stepped + Self.lease - .milliseconds(1))) == [])
    #expect(keeper.saw(silent(at: stepped + Self.lease)) == [claim(1, seen)])
  }

  @Test func `when the clock steps back, others have as long to come back as otherwise, and no longer`() {
    var keeper = keeper()
    let now = Duration.seconds(10_000)
    func gone(at now: Duration) -> LeaseView {
      view(
        at: now, [worker(me, seen: now), worker(other, seen: .seconds(10_000), hasSession: false)],
        [0: lease(other, hasSession: false)])
    }
    keeper.lostTouch()
    #expect(keeper.saw(gone(at: now)) == [])
    let stepped = now - .seconds(3_600)
    #expect(keeper.saw(gone(at: stepped)) == [])
    #expect(keeper.saw(gone(at: stepped + Limits.returnGrace)) == [claim(1, .seconds(10_000))])
  }

  @Test func `when the clock steps back, what failed is tried again, and what is another's is given up`() {
    var keeper = keeper()
    let now = Duration.seconds(10_000)
    let stepped = now - .seconds(3_600)
    #expect(keeper.saw(view(at: now, [worker(me, seen: now)])) == [claim(0)])
    _ = keeper.ended(Partition(0), .failed(isFirst: false))
    #expect(keeper.saw(view(at: now, [worker(me, seen: now)])) == [])
    #expect(keeper.saw(view(at: stepped, [worker(me, seen: stepped)])) == [claim(0)])

    _ = keeper.claimed(Partition(0), Epoch(rawValue: 1))
    func drained(at now: Duration) -> LeaseView {
      view(at: now, [worker(me, seen: now, isDraining: true), worker(other, seen: now)], [0: lease(me)])
    }
    let again = stepped - .seconds(3_600)
    #expect(keeper.saw(drained(at: stepped)) == [])
    #expect(keeper.saw(drained(at: again)) == [])
    #expect(keeper.saw(drained(at: again + Limits.handoverPatience)) == [.giveUp(Partition(0))])
  }

  @Test func `what is halted is claimed by nobody, and at once when a person has cleared it`() {
    var keeper = keeper()
    let now = Duration.seconds(100)
    #expect(keeper.saw(view([worker(me, seen: now)], [0: lease(me, halted: "truncated")])) == [])
    #expect(keeper.meant == [Partition(0)])
    #expect(keeper.saw(view([worker(me, seen: now)], [0: lease(me, 2)])) == [claim(2)])
  }

  @Test func `a claim that fails is tried again later, and later still`() {
    var keeper = keeper()
    var now = Duration.seconds(100)
    func look(after pause: Duration) -> [LeaseKeeper.Action] {
      now += pause
      return keeper.saw(view(at: now, [worker(me, seen: now)]))
    }
    #expect(look(after: .zero) == [claim(0)])
    for pause in [100, 200, 400, 800, 1_000, 1_000] {
      _ = keeper.ended(Partition(0), .failed(isFirst: false))
      #expect(look(after: .milliseconds(pause - 1)) == [])
      #expect(look(after: .milliseconds(1)) == [claim(0)])
    }
    _ = keeper.ended(Partition(0), .failed(isFirst: true))
    #expect(look(after: .milliseconds(100)) == [claim(0)])
  }

  @Test func `few claims are under way at once`() {
    var keeper = keeper()
    let now = Duration.seconds(100)
    let actions = keeper.saw(view(partitions: 20, [worker(me, seen: now)]))
    #expect(actions.count { if case .claim = $0 { true } else { false } } == Limits.claimsAtOnce)
    #expect(keeper.claimed(Partition(0), Epoch(rawValue: 1)).count == 1)
  }

  @Test func `partitions beyond all room are told`() {
    var keeper = keeper()
    let now = Duration.seconds(100)
    _ = keeper.saw(view(partitions: 1_000, [worker(me, seen: now)]))
    #expect(keeper.meant.count == 32)
    #expect(keeper.unserved.count == 968)
  }

  @Test func `without its own row a worker waits for its next sign of life`() {
    var keeper = keeper()
    let now = Duration.seconds(100)
    _ = keeper.saw(view([worker(me, seen: now)]))
    _ = keeper.claimed(Partition(0), Epoch(rawValue: 1))
    #expect(keeper.saw(view([worker(other, seen: now)], [0: lease(me)])) == [])
  }
}
