internal import FlashSale
internal import Logging
internal import OrderLog
internal import SaleStore
internal import Synchronization

/// How many orders wait for their decision in the lanes of the sales whose rooms follow that. Those of other sales in
/// the same partitions count too: a lane decides them in one line.
final class BacklogLook: Sendable {
  private let lease: RoomLease
  private let orders: String
  private let reader: OrderReader
  private let logger: Logger
  private let known = Mutex<[SaleNumber: Int64]>([:])

  /// - Parameter orders: the topic of orders.
  init(lease: RoomLease, cluster: ClusterSettings, orders: String, logger: Logger) throws(KafkaError) {
    self.lease = lease
    self.orders = orders
    self.logger = logger
    reader = try OrderReader(cluster: cluster, topic: orders, logger: logger)
  }

  /// What is known of a sale; `nil`: nothing, or nothing new enough.
  func backlog(of sale: SaleNumber) -> Int64? { known.withLock { $0[sale] } }

  /// Looks once at these.
  func look(at sales: [StoredSale]) async {
    var found: [SaleNumber: Int64] = [:]
    do {
      guard !sales.isEmpty, let progress = try await lease.progress(of: orders) else {
        return known.withLock { $0 = [:] }
      }
      var backlogs: [Partition: Int64] = [:]
      for sale in sales {
        for item in sale.sale.items {
          let partition = RecordKey(sale: sale.sale, sku: item.sku).partition(of: progress.partitions)
          if backlogs[partition] == nil {
            let end = try await reader.end(of: partition, timeout: Limits.roomBacklogPatience)
            backlogs[partition] = max(0, end.rawValue - (progress.next[partition]?.rawValue ?? 0))
          }
          found[sale.number] = max(found[sale.number] ?? 0, backlogs[partition] ?? 0)
        }
      }
    } catch {
      logger.debug("the backlog is not known, and rooms that follow it let nobody in", metadata: ["error": "\(error)"])
      found = [:]
    }
    known.withLock { [found] in $0 = found }
  }
}
