@testable import Admin
import FlashSale
@testable import SaleStore
import Time

/// Looks at a sale, as a test wants them.
struct LiveSample {
  static let opening: Int64 = 1_762_790_400_000_000

  /// So many seconds behind the opening.
  static func at(_ seconds: Double) -> Timestamp { Timestamp(microseconds: opening + Int64(seconds * 1_000_000)) }

  static let partition = Partition(0)

  /// A look at which everything answers, `seconds` behind the opening: 100 requests of each second are decided.
  static func moment(
    _ seconds: Double, ends: Int64? = nil, room: RoomCounts? = nil,
    _ change: (inout LiveReading) -> Void = { _ in }
  ) throws -> LiveMoment {
    let decided = Int64(seconds * 100)
    let sale = StoredSale(
      number: SaleNumber(rawValue: 1), sale: try .sample(), closedAt: nil,
      stock: [SKU(rawValue: "phone")!: level(left: 400, held: 0)])
    var reading = LiveReading(
      takenAt: at(seconds), sale: sale, partitions: 1, requests: [partition: decided], repeats: 0,
      accepted: decided, door: [:],
      progress: [progress(head: decided)], liveWorkers: [7], recent: nil, quarantined: 0, commitMilliseconds: nil,
      deadLetters: 0, failingEndpoints: 0)
    change(&reading)
    return LiveMoment(
      at: at(seconds), reading: reading, ends: [partition: Offset(ends ?? decided)], room: room)
  }

  static func level(left: Int32, held: Int32) -> StockLevel {
    StockLevel(left: Units(left), reserved: Units(held), isClosed: false, asOf: Offset(0))
  }

  static func progress(
    _ partition: Partition = partition, head: Int64, owner: Int64? = 7, age: Int64 = 100, lease: Int64 = 3_000,
    halted: String? = nil
  ) -> PartitionProgress {
    PartitionProgress(
      partition: partition, epoch: Epoch(rawValue: 1), nextOffset: Offset(head), lastRecord: nil, ownerID: owner,
      leaseAgeMilliseconds: age, leaseMilliseconds: lease, owner: "host/1", claimedAt: nil, haltedAt: nil,
      haltedReason: halted, resumedAt: nil, resumedBecause: nil)
  }
}
