internal import FlashSale
internal import Lane
internal import Logging
internal import OrderLog
internal import Synchronization

/// Tells lag tools how far a lane is, once it is known how far they were told before.
///
/// (1) The question goes first: asked beside what the lane tells, it could be answered with that.
/// (2) A store that is behind what they were told was restored from a backup, and decides again what it has lost. Only
///     they know. Nobody relies on it; without an answer, nothing is said.
/// (3) The lane waits for none of this.
final class LagReport: Sendable {
  private enum State {
    /// The question is out; how far the lane has come meanwhile.
    case asking(Offset?)
    case telling
    case ended
  }

  private let state = Mutex(State.asking(nil))
  private let consumer: OrderConsumer
  private let partition: Partition

  /// Asks at once.
  init(of claim: Claim, _ context: LaneContext, _ consumer: OrderConsumer) {
    self.consumer = consumer
    partition = claim.partition
    Task {
      let told = try? await consumer.committedForLagTools(of: claim.partition, timeout: Limits.watermarkTimeout)
      guard answered(), let told, told > claim.nextOffset else { return }
      context.logger.warning(
        "the database is behind what was decided before, as one restored from a backup: records are decided again",
        metadata: ["partition": "\(claim.partition)", "from": "\(claim.nextOffset)", "to": "\(told)"])
    }
  }

  /// The lane has committed everything before `next`.
  func committed(_ next: Offset) {
    state.withLock { state in
      switch state {
      case .asking: state = .asking(next)
      case .telling: consumer.commitForLagTools(next, of: partition)
      case .ended: break
      }
    }
  }

  /// The lane has ended. Somebody else may tell by now, so an answer that is still to come says nothing.
  func end() {
    state.withLock { state in
      if case .asking(let next?) = state { consumer.commitForLagTools(next, of: partition) }
      state = .ended
    }
  }

  /// - Returns: whether the lane has told nothing yet.
  private func answered() -> Bool {
    state.withLock { state in
      guard case .asking(let next) = state else { return false }
      if let next { consumer.commitForLagTools(next, of: partition) }
      state = .telling
      return true
    }
  }
}
