import FlashSale
import Kafka
import Logging
import SaleStore

/// The end of the log, after the store's progress: the accepted requests that are not decided yet.
struct LogTail: Sendable {
  let cluster: ClusterSettings
  let topic: String
  let partitions: Int32
  let logger: Logger

  /// Counts the requests of a sale from each partition's next offset to the end of its log.
  ///
  /// Exact for the moment at which the end was asked for. It reads what is counted: bounded by the backlog limit.
  /// Throws `KafkaError` when the log cannot be read, so that the caller reports *unknown*.
  func requests(of stored: StoredSale, from progress: [Partition: Offset]) async throws -> Int64 {
    let reader = try LogReader(cluster: cluster, topic: topic, logger: logger)
    let used = Set(stored.sale.items.map { RecordKey(sale: stored.sale, sku: $0.sku).partition(of: partitions) })
    var count: Int64 = 0
    for partition in used.sorted() {
      let end = try await reader.watermarks(partition: partition).high
      let start = progress[partition] ?? Offset(0)
      guard start < end else { continue }
      try await reader.read(partition: partition, from: start, upTo: end) { record in
        if asksForSomething(record, of: stored) { count += 1 }
      }
    }
    return count
  }

  /// The end of each partition: the offset that its next record will get.
  func ends() async throws -> [Partition: Offset] {
    let reader = try LogReader(cluster: cluster, topic: topic, logger: logger)
    var ends: [Partition: Offset] = [:]
    for number in 0..<partitions {
      let partition = Partition(number)
      ends[partition] = try await reader.watermarks(partition: partition).high
    }
    return ends
  }

  /// Whether a record is a request of the sale, as the lanes' tallies count them: from its value, or from its key if
  /// that cannot be read.
  private func asksForSomething(_ record: borrowing ConsumedRecord, of stored: StoredSale) -> Bool {
    do throws(UnreadableRecord) {
      switch try LogRecord(decoding: record.value) {
      case .place(let request): return request.stock.sale == stored.number
      case .close: return false
      }
    } catch {
      return record.key.flatMap(RecordKey.sale(inKey:)) == stored.sale.id
    }
  }
}
