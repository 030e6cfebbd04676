import FlashSale
import Testing

@testable import Lane

/// Who gets which partition.
@Suite struct FairShareTests {
  private func partitions(_ count: Int) -> [Partition] { (0..<count).map { Partition(Int32($0)) } }

  private func share(
    _ count: Int, _ rooms: [Int64: Int], owners: [Partition: WorkerID] = [:]
  ) -> [Partition: WorkerID] {
    let members = rooms.map { FairShare.Member(id: WorkerID(rawValue: $0.key), room: $0.value) }
    return FairShare(of: partitions(count), among: members.shuffled(), owners: owners).workers
  }

  private func counts(_ share: [Partition: WorkerID]) -> [Int64: Int] {
    Dictionary(grouping: share.values) { $0.rawValue }.mapValues(\.count)
  }

  private func moved(_ before: [Partition: WorkerID], _ after: [Partition: WorkerID]) -> Int {
    before.count { after[$0.key] != $0.value }
  }

  @Test(arguments: [(12, 1), (12, 5), (64, 8), (64, 7), (3, 8), (1_000, 13), (1, 1)])
  func `every partition has a worker, and the load is even to one`(partitions: Int, workers: Int) {
    let ids = (0..<workers).map { _ in Int64.random(in: 0...Int64.max) }
    let share = share(partitions, Dictionary(uniqueKeysWithValues: ids.map { ($0, 1_000) }))
    #expect(share.count == partitions)
    let counts = ids.map { self.counts(share)[$0] ?? 0 }
    #expect(counts.max()! - counts.min()! <= 1)
  }

  @Test func `the bounds of workers are kept, and the rest is meant for nobody`() {
    let few = share(10, [1: 2, 2: 100, 3: 3])
    #expect(counts(few) == [1: 2, 2: 5, 3: 3])
    let tooMany = share(1_000, [1: 32])
    #expect(counts(tooMany) == [1: 32])
    #expect(share(4, [1: 0]).isEmpty)
    #expect(share(4, [:]).isEmpty)
    #expect(share(0, [1: 32]).isEmpty)
  }

  @Test func `a join moves only what the new worker gets`() {
    var owners = share(64, [1: 100, 2: 100, 3: 100])
    for worker in Int64(4)...8 {
      let after = share(
        64, Dictionary(uniqueKeysWithValues: (1...worker).map { ($0, 100) }), owners: owners)
      #expect(moved(owners, after) == counts(after)[worker])
      owners = after
    }
  }

  @Test func `a leave moves only what the worker had`() {
    var members = Dictionary(uniqueKeysWithValues: (Int64(1)...8).map { ($0, 100) })
    var owners = share(64, members)
    for worker in Int64(1)...7 {
      members[worker] = nil
      let had = counts(owners)[worker]
      let after = share(64, members, owners: owners)
      #expect(moved(owners, after) == had)
      owners = after
    }
  }

  @Test func `a move that is half done changes nothing for the rest`() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let count = Int.random(in: 1...40, using: &random)
      var owners = share(count, Dictionary(uniqueKeysWithValues: (0..<Int64.random(in: 1...5)).map { ($0, 50) }))
      let members = Dictionary(uniqueKeysWithValues: (0..<Int64.random(in: 1...8)).map { ($0 * 3, 50) })
      let goal = share(count, members, owners: owners)
      // In any order: given back, and then claimed.
      for partition in goal.keys.filter({ owners[$0] != goal[$0] }).shuffled() {
        owners[partition] = nil
        #expect(share(count, members, owners: owners) == goal)
        owners[partition] = goal[partition]
        #expect(share(count, members, owners: owners) == goal)
      }
      #expect(owners == goal)
    }
  }

  @Test func `a worker that was already there before a crowd keeps what it may`() {
    let owners = Dictionary(uniqueKeysWithValues: partitions(10).map { ($0, WorkerID(rawValue: 5)) })
    let after = share(10, [5: 100, 6: 100, 7: 100], owners: owners)
    #expect(counts(after)[5] == 4)
    #expect(moved(owners, after) == 6)
  }
}
