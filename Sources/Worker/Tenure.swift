internal import FlashSale
internal import Lane
internal import Logging
internal import OrderLog
internal import SaleStore

/// One partition's time with this worker: it is claimed, worked on by a lane, and given back.
struct Tenure: Sendable {
  /// How it ended.
  enum End: Sendable {
    /// Somebody else has the partition, or was quicker.
    case fenced
    case stopped
    case halted(String)
    /// It could not go on here; whether it had decided something.
    case failed(String, hadProgress: Bool)
  }

  let context: LaneContext
  let consumer: OrderConsumer
  let partition: Partition
  /// What the claim relies on.
  let vacancy: Vacancy
  let preparation: Preparation

  /// For a task on the preparation's thread; ends soon after that is cancelled.
  ///
  /// - Parameter claimed: called once the partition is this worker's.
  func run(claimed: (Claim) -> Void) async -> End {
    var opened: LaneStore?
    do {
      let store = try await preparation.store()
      opened = store
      let answer = try await store.claim(
        topic: context.configuration.topic, partition: partition, vacancy, worker: context.worker,
        name: context.configuration.ownerName)
      switch answer {
      case .claimed(let claim):
        claimed(claim)
        return await work(claim, through: store)
      case .halted(let reason):
        await store.close()
        return .halted(reason)
      case .fenced:
        await store.close()
        return .fenced
      }
    } catch {
      await opened?.close()
      context.logger.warning(
        "a partition could not be claimed",
        metadata: ["partition": "\(partition)", "error": "\(String(reflecting: error))"])
      return .failed("\(error)", hadProgress: false)
    }
  }

  private func work(_ claim: Claim, through store: LaneStore) async -> End {
    context.metrics.claimed(partition, claim)
    context.metrics.halted(partition, false)
    context.board.update(partition) { $0.claimed(claim) }
    context.logger.info(
      "claimed", metadata: ["partition": "\(partition)", "epoch": "\(claim.epoch)", "next": "\(claim.nextOffset)"])
    var lane = RunningLane(context, consumer: consumer, claim: claim, store: store, thread: preparation.thread)
    let end = await lane.run()
    let hadProgress = lane.next > claim.nextOffset
    context.metrics.claimed(partition, nil)
    context.board.update(partition) { $0.ended() }
    // The next owner tells the lag from here on.
    context.metrics.lag(of: partition, 0)
    switch end {
    case .stopped: return .stopped
    case .halted(let reason): return .halted(reason)
    case .surrendered(.fenced): return .fenced
    case .surrendered(let reason): return .failed("\(reason)", hadProgress: hadProgress)
    }
  }
}
