internal import FlashSale
internal import Kafka
internal import Logging
internal import SaleStore

/// Checks now and then how far behind the lanes are, and whether a person has cleared a halt.
struct LookAround: Sendable {
  let context: LaneContext
  let consumer: Consumer

  /// Looks until a halt of an assigned partition was cleared, or the task is cancelled (`nil`).
  func untilHaltIsCleared() async -> Partition? {
    while !Task.isCancelled {
      await measureLag()
      if let cleared = await clearedHalt() { return cleared }
      try? await Task.sleep(for: Limits.lookAroundInterval)
    }
    return nil
  }

  private func measureLag() async {
    for (partition, status) in context.board.current.partitions {
      guard !Task.isCancelled, let next = status.nextOffset else { continue }
      let asked = ContinuousClock.now
      do throws(KafkaError) {
        let high = try await consumer.watermarks(partition: partition.rawValue, timeout: Limits.watermarkTimeout).high
        // What was committed since counts as done.
        let now = context.board.current.partitions[partition]?.nextOffset ?? next
        let lag = max(0, high - now.rawValue)
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

  private func clearedHalt() async -> Partition? {
    let halted = context.board.current.partitions.filter { _, status in
      if case .halted = status.state { true } else { false }
    }
    guard !halted.isEmpty else { return nil }
    var opened: LaneStore?
    var cleared: Partition?
    do {
      let store = try await LaneStore.connect(context.database, logger: context.logger)
      opened = store
      for partition in halted.keys where cleared == nil {
        let reason = try await store.haltReason(topic: context.configuration.topic, partition: partition)
        if reason == nil { cleared = partition }
      }
    } catch {
      context.logger.debug("halts could not be looked up", metadata: ["error": "\(error)"])
    }
    await opened?.close()
    return cleared
  }
}
