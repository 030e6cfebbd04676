import FlashSale
import NIOCore
import Testing

@testable import Intake

struct SlotTableTests {
  private final class Owner {}

  private typealias Table = SlotTable<Owner>

  private func begin(_ owner: Owner, in table: inout Table, until deadline: NIODeadline = .now()) throws -> SlotID {
    let slot = table.insert(owner, until: deadline)
    return try #require(slot)
  }

  @Test func `a wait ends once, however often it is answered`() throws {
    var table = SlotTable<Owner>(limit: 4)
    let owner = Owner()
    let slot = try begin(owner, in: &table)
    #expect(table.take(slot) === owner)
    #expect(table.take(slot) == nil)
    #expect(table.count == 0)
  }

  @Test func `a late report does not reach whoever has the slot now`() throws {
    var table = SlotTable<Owner>(limit: 1)
    let late = try begin(Owner(), in: &table, until: .uptimeNanoseconds(1))
    #expect(table.expire(at: .uptimeNanoseconds(1)) != nil)
    let next = Owner()
    let slot = try begin(next, in: &table, until: .uptimeNanoseconds(2))
    #expect(slot.index == late.index)
    #expect(table.take(late) == nil)
    #expect(table.take(slot) === next)
  }

  @Test func `a full table takes no more until a wait ends`() throws {
    var table = SlotTable<Owner>(limit: 2)
    let first = try begin(Owner(), in: &table)
    #expect(table.insert(Owner(), until: .now()) != nil)
    #expect(table.insert(Owner(), until: .now()) == nil)
    #expect(table.take(first) != nil)
    #expect(table.insert(Owner(), until: .now()) != nil)
  }

  @Test func `waits expire in the order in which they began, and only once their deadline has come`() throws {
    var table = SlotTable<Owner>(limit: 100)
    let owners = (0..<100).map { _ in Owner() }
    let slots = try owners.enumerated().map { index, owner in
      try begin(owner, in: &table, until: .uptimeNanoseconds(UInt64(index)))
    }
    // Every third is answered, from the middle, the head and the tail of the list.
    for index in stride(from: 0, to: 100, by: 3) { #expect(table.take(slots[index]) === owners[index]) }
    for index in 0..<50 where index % 3 != 0 {
      #expect(table.expire(at: .uptimeNanoseconds(49)) === owners[index])
    }
    #expect(table.expire(at: .uptimeNanoseconds(49)) == nil)
    #expect(table.count == 100 - 34 - 33)
  }

  @Test func `an id of no slot finds nothing`() {
    var table = SlotTable<Owner>(limit: 1)
    #expect(table.take(SlotID(index: 0, generation: 0)) == nil)
    #expect(table.take(SlotID(index: -1, generation: 0)) == nil)
  }

  @Test func `a tag carries every field at its limits`() {
    for loop in [0, 1, Limits.eventLoops - 1] {
      for partition in [0, 1, Limits.partitions - 1] {
        for slot in [SlotID(index: 0, generation: 0), SlotID(index: (1 << 20) - 1, generation: (1 << 24) - 1)] {
          let tag = RecordTag(loop: loop, partition: Partition(partition), slot: slot)
          #expect(tag.loop == loop)
          #expect(tag.partition == Int(partition))
          #expect(tag.slot == slot)
          // The producer takes no larger one.
          #expect(tag.rawValue <= UInt64.max >> 1)
        }
      }
    }
  }
}
