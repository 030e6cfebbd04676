internal import FlashSale
internal import Kafka
internal import Lane
internal import Logging
internal import SaleStore

/// Claims the partitions of an assignment, and checks that the log still has the record that the store expects next.
struct PartitionClaims: Sendable {
  /// A partition that is ours, with the connection that claimed it.
  struct Claimed: Sendable {
    let claim: Claim
    let store: LaneStore
    /// Where its lane and the lane's connection run.
    let thread: StoreThread
    /// The consumer's lost connections before the log was looked at.
    let lossesSeen: Int
  }

  let context: LaneContext
  let consumer: Consumer
  let comparer: LogComparer

  /// Claims them all, a few at a time. One that fails is tried again until its turn comes or the task is cancelled.
  ///
  /// - Returns: those that can be worked on, without halted ones. After a cancellation, those that were claimed by
  ///   then.
  func claim(_ partitions: [Partition]) async -> [Claimed] {
    await withTaskGroup(of: Claimed?.self) { group in
      var waiting = partitions[...]
      var claimed: [Claimed] = []
      for partition in waiting.prefix(Limits.claimsAtOnce) { group.addTask { await claim(partition) } }
      waiting = waiting.dropFirst(Limits.claimsAtOnce)
      while let answer = await group.next() {
        if let answer { claimed.append(answer) }
        if let partition = waiting.popFirst() { group.addTask { await claim(partition) } }
      }
      return claimed
    }
  }

  private func claim(_ partition: Partition) async -> Claimed? {
    let thread = StoreThread(label: "lane \(partition)")
    var attempt = 0
    while !Task.isCancelled {
      var opened: LaneStore?
      do {
        let store = try await LaneStore.connect(context.database, on: thread, logger: context.logger)
        opened = store
        if let claimed = try await claim(partition, on: store, thread) { return claimed }
        await store.close()
        return nil
      } catch {
        await opened?.close()
        attempt += 1
        context.board.update(partition) { $0.state = .waiting("\(error)") }
        context.logger.warning(
          "a partition could not be claimed",
          metadata: ["partition": "\(partition)", "attempt": "\(attempt)", "error": "\(String(reflecting: error))"])
        await Backoff.wait(attempt: attempt)
      }
    }
    return nil
  }

  private func claim(
    _ partition: Partition, on store: LaneStore, _ thread: StoreThread
  ) async throws -> Claimed? {
    let answer = try await store.claim(
      topic: context.configuration.topic, partition: partition, owner: context.configuration.ownerName)
    switch answer {
    case .fenced: return nil
    case .halted(let reason):
      context.tellHalt(of: partition, reason)
      return nil
    case .claimed(let claim):
      context.board.update(partition) { status in
        status.epoch = claim.epoch
        status.nextOffset = claim.nextOffset
      }
      let lossesSeen = consumer.connectionsLost
      if let reason = try await whatIsWrong(with: claim) {
        try await store.halt(claim, reason: reason)
        context.tellHalt(of: partition, reason)
        return nil
      }
      context.metrics.halted(partition, false)
      context.logger.info(
        "claimed",
        metadata: ["partition": "\(partition)", "epoch": "\(claim.epoch)", "next": "\(claim.nextOffset)"])
      return Claimed(claim: claim, store: store, thread: thread, lossesSeen: lossesSeen)
    }
  }

  /// Why the claim cannot go on with this log; `nil` if it can.
  ///
  /// The high watermark is never behind a record that was consumed: a leader answers only when its own has caught up
  /// with the one before it (Kafka's KIP-207). Even so, it is asked again before anything is halted.
  private func whatIsWrong(with claim: Claim) async throws -> String? {
    let known = KnownLog(next: claim.nextOffset, lastRecord: claim.lastRecord)
    var reason: String?
    for look in 0..<Limits.watermarkLooks {
      if look > 0 { try await Task.sleep(for: Limits.watermarkLookPause) }
      let (low, high) = try await consumer.watermarks(
        partition: claim.partition.rawValue, timeout: Limits.watermarkTimeout)
      reason = known.whatContradicts(low: Offset(low), high: Offset(high))
      if reason == nil { return try await comparer.whatChanged(claim.partition, known, low: Offset(low)) }
    }
    return reason
  }
}
