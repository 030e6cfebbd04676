internal import FlashSale
internal import Logging
internal import OrderLog

/// Checks now and then how far behind the lanes are, and whether the topic has grown.
///
/// It asks the log through a client of its own, so that an answer that does not come holds up nothing else.
struct LookAround: Sendable {
  private let context: LaneContext
  private let reader: OrderReader

  /// Throws `KafkaError` with `.configuration` for settings that are not valid. Contacts nothing.
  init(context: LaneContext, cluster: ClusterSettings) throws(KafkaError) {
    self.context = context
    reader = try OrderReader(cluster: cluster, topic: context.configuration.topic, logger: context.logger)
  }

  /// Looks until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      // Here, and not with each look at the leases: it grows while there is none.
      if let age = context.board.current.leaseAge { context.metrics.leaseAge(age) }
      await measureLag()
      await countPartitions()
      try? await Task.sleep(for: Limits.lookAroundInterval)
    }
  }

  private func measureLag() async {
    for (partition, status) in context.board.current.partitions {
      guard !Task.isCancelled, let next = status.nextOffset else { continue }
      let asked = ContinuousClock.now
      do throws(KafkaError) {
        let end = try await reader.end(of: partition, timeout: Limits.watermarkTimeout)
        // What was committed since counts as done.
        let now = context.board.current.partitions[partition]?.nextOffset ?? next
        let lag = max(0, end.rawValue - now.rawValue)
        context.board.update(partition) { status in
          // Nothing decided since the last look either, and something to decide then.
          let stoodStill = status.lag.map { $0 > 0 } ?? false && status.seen == now
          status.stillSince = lag > 0 && stoodStill && status.state == .running ? status.stillSince ?? asked : nil
          status.seen = now
          status.lag = lag
          status.silentSince = nil
        }
        context.metrics.lag(of: partition, lag)
      } catch {
        context.board.update(partition) { $0.silentSince = $0.silentSince ?? asked }
        context.logger.debug("the lag is not known", metadata: ["partition": "\(partition)", "error": "\(error)"])
      }
    }
  }

  /// A topic that grows under the workers has a writer that uses another count: its keys belong to other lanes.
  private func countPartitions() async {
    guard let found = try? await reader.partitionsWithLeader(timeout: Limits.watermarkTimeout).max() else { return }
    context.board.update { $0.logTrouble = nil }
    guard let recorded = context.board.current.recordedPartitions else { return }
    let count = Int(found.rawValue) + 1
    let grown = count > recorded ? count : nil
    if let grown, context.board.current.grownTo != grown {
      context.logger.critical(
        "the topic has grown: what is in its new partitions is not served",
        metadata: ["recorded": "\(recorded)", "found": "\(grown)"])
    }
    context.board.update { $0.grownTo = grown }
  }
}
