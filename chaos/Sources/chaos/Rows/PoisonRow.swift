import FlashSale
import Foundation
import Kafka
import Postgres
import TestSupport
import Time

extension Row {
  static let poisonRows = [poison]

  private static let poison = Row(
    name: "poison", fault: "records that are undecodable, oversized, of a wrong schema version or sale, a tombstone"
  ) { stage in
    _ = try await stage.start("intake")
    _ = try await stage.start("worker")
    let producer = try Producer(cluster: stage.log, topic: stage.topic, logger: quietLogger) { _ in }
    try await stage.underLoad {
      for _ in 0..<5 {
        for value in try records(stage) {
          let partition = Partition(Int32(stage.draw { $0.number(in: 0...(Limits.partitions - 1)) }))
          if case .persisted = await producer.send(partition: partition, key: Array("open/sku1#0".utf8), value: value) {
            stage.inject()
          }
          try await stage.pause(20...200)
        }
      }
    }
    _ = await producer.shutdown(deadline: .seconds(5))
    let set = try await stage.ask { connection in
      try await connection.query("SELECT count(*) FROM quarantined_records").single().int64(0)
    }
    if set != Int64(stage.timesInjected) { stage.violated("\(set) of \(stage.timesInjected) records are quarantined") }
    stage.remark("\(set) records quarantined")
  }

  private static func records(_ stage: Stage) throws -> [[UInt8]] {
    let now = Timestamp.now
    let unknownSale = try PurchaseRequest(
      order: OrderID(randomFor: SaleNumber(rawValue: 999_999)),
      stock: StockKey(sale: SaleNumber(rawValue: 999_999), sku: SKU(unchecked: "nothing")),
      buyer: BuyerID(unchecked: "nobody"), quantity: Units(1), acceptedAt: now)
    let sound = LogRecord.place(unknownSale).encoded()
    let noise = stage.draw { dice in (0..<200).map { _ in UInt8(truncatingIfNeeded: dice.next()) } }
    let large = stage.draw { dice in (0..<600_000).map { _ in UInt8(truncatingIfNeeded: dice.next()) } }
    // Field 1 is the schema's version.
    return [noise, large, [], [0x08, 0x63] + sound.dropFirst(2), sound, Array(sound.dropLast(3))]
  }
}
