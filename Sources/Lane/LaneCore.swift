package import FlashSale

/// All that one partition's lane knows and decides. It performs nothing. Its caller does what an action says, and then
/// tells it the result.
///
/// (1) `memory` holds what the batches that were given to write leave behind. One that was not committed is forgotten
///     before the next is decided, and with it whatever was decided upon it.
/// (2) After a lost connection to the log, records are decided only once the log was found to be the same (`compare`).
package struct LaneCore: Sendable {
  /// What to do. Each is followed by one call of a method that is named with it.
  package enum Action: Sendable {
    /// Take records, those that were read ahead first: `received`, `queueEnded` or `logFailed`.
    case read
    /// Find out whether the log is still this one: `compared`.
    case compare(KnownLog)
    /// Write a batch, and meanwhile read ahead as it says: `wrote`.
    case write(LaneBatch, ahead: Ahead)
    /// Take the partition over from the lane's own lost session: `reclaimed` or `failed`.
    case reclaim(Claim)
    /// Record that a person has to look: `haltRecorded`, `haltRefused` or `failed`.
    case halt(Claim, reason: String)
    /// Wait; each further attempt waits longer: `paused`.
    case pause(attempt: Int, reason: String)
    case end(LaneState.End)
  }

  /// Whether records are read while a batch is written.
  package enum Ahead: Sendable {
    case no
    /// Read, and not decided: what the batch leaves behind is not known yet.
    case read
    /// Read, and decided upon this memory.
    case decide(LaneMemory)
  }

  /// What a comparison of the log came to.
  package enum Comparison: Sendable {
    case same
    case changed(String)
    /// The log did not answer; why.
    case unknown(String)
  }

  private struct InFlight {
    let lastRecord: RecordFingerprint
    /// Its result was remembered before it was written.
    let isForeseen: Bool
  }

  private var state: LaneState
  private let tuning: LaneTuning
  package private(set) var claim: Claim
  package private(set) var memory: LaneMemory
  private var held: HeldRecords?
  private var inFlight: InFlight?

  /// The fingerprint of the record before `next`; `nil` if it is not known.
  private var lastRecord: RecordFingerprint?
  /// The lost connections to the log after which it was last known to be the same, and those that a comparison is for.
  private var lossesSeen: Int
  private var lossesMet: Int

  /// A lane that starts from a claim.
  ///
  /// - Parameters:
  ///   - lossesSeen: the consumer's lost connections before the log was looked at for the claim.
  ///   - knownGap: an offset at which an earlier lane found a gap.
  package init(
    _ claim: Claim, lossesSeen: Int, knownGap: Offset? = nil, memory: LaneMemory? = nil,
    tuning: LaneTuning = LaneTuning()
  ) {
    self.claim = claim
    self.tuning = tuning
    self.memory = memory ?? LaneMemory(tuning: tuning)
    self.lossesSeen = lossesSeen
    lossesMet = lossesSeen
    lastRecord = claim.lastRecord
    state = LaneState(next: claim.nextOffset, knownGap: knownGap, batchRecords: tuning.batchRecords)
  }

  /// The first offset without an effect in the store, as far as is known here.
  package var next: Offset { state.next }

  /// What to do first.
  package var firstAction: Action { .read }

  /// Asks the lane to end with the next thing that it is told.
  package mutating func stop() { state.stop() }
}

// MARK: - What came of an action

extension LaneCore {
  /// Records came.
  ///
  /// - Parameter losses: the consumer's lost connections by now.
  package mutating func received(_ records: HeldRecords, losses: Int) -> Action {
    held = records
    guard losses == lossesSeen else {
      lossesMet = losses
      return .compare(KnownLog(next: state.next, lastRecord: lastRecord))
    }
    return act(state.received(first: records.first, last: records.last, count: records.count))
  }

  /// The log was looked at; what was received came from it, unless the connection was lost again meanwhile.
  ///
  /// - Parameter losses: the consumer's lost connections by now.
  package mutating func compared(_ comparison: Comparison, losses: Int) -> Action {
    switch comparison {
    case .same where losses != lossesMet:
      return logFailed("the connection to the log was lost while it was compared", isOutOfRange: false)
    case .changed(let why): return logFailed(why, isOutOfRange: true)
    // The next claim asks again.
    case .unknown(let why):
      return logFailed("the log cannot be compared with what was decided: \(why)", isOutOfRange: false)
    case .same:
      lossesSeen = lossesMet
      guard let held else { return act(state.queueEnded()) }
      return act(state.received(first: held.first, last: held.last, count: held.count))
    }
  }

  /// No records will come any more.
  package mutating func queueEnded() -> Action { act(state.queueEnded()) }

  /// No records came.
  ///
  /// - Parameter isOutOfRange: the log does not have the next offset.
  package mutating func logFailed(_ reason: String, isOutOfRange: Bool) -> Action {
    act(state.logFailed(reason, isOutOfRange: isOutOfRange))
  }

  /// The batch was written, or not.
  package mutating func wrote(_ answer: WriteAnswer) -> Action {
    let wasInFlight = inFlight.take()
    if case .committed = answer {} else { memory.forget(after: answer) }
    switch answer {
    case .committed(let written):
      lastRecord = wasInFlight?.lastRecord
      if wasInFlight?.isForeseen == false { memory.remember(written) }
      return act(state.committed())
    case .fenced: return act(state.fenced())
    case .conflict(let why): return act(state.conflict(why))
    case .poisoned(let error): return act(state.poisoned(error))
    case .unavailable(let error): return act(state.unavailable("\(error)"))
    case .connectionLost(let error): return act(state.connectionLost("\(error)"))
    }
  }

  /// The partition was taken over again, or not.
  package mutating func reclaimed(_ answer: ClaimAnswer) -> Action {
    switch answer {
    case .fenced: return act(state.fenced())
    case .halted(let reason): return act(state.foundHalted(reason))
    case .claimed(let claim):
      self.claim = claim
      lastRecord = claim.lastRecord
      return act(state.reclaimed(next: claim.nextOffset))
    }
  }

  /// The store has the halt.
  package mutating func haltRecorded() -> Action { act(state.haltRecorded()) }

  /// Someone else has the partition.
  package mutating func haltRefused() -> Action { act(state.fenced()) }

  /// The store could not do a reclaim or a halt.
  package mutating func failed(_ reason: String) -> Action { act(state.unavailable(reason)) }

  /// The pause is over.
  package mutating func paused() -> Action { act(state.paused()) }

  private mutating func act(_ action: LaneState.Action) -> Action {
    switch action {
    case .read:
      held = nil
      return .read
    case .write(let range):
      guard let batch = held?.batch(range, upon: memory) else { return .end(.stopped) }
      return write(batch, upTo: range.upperBound)
    case .quarantine(let offset, let error):
      guard let entries = held?.poisonous(offset, error: error) else { return .end(.stopped) }
      return write(memory.prepare(entries), upTo: offset.next)
    case .reclaim: return .reclaim(claim)
    case .halt(let reason): return .halt(claim, reason: reason)
    case .pause(let attempt, let reason): return .pause(attempt: attempt, reason: reason)
    case .end(let end): return .end(end)
    }
  }

  private mutating func write(_ prepared: PreparedBatch, upTo next: Offset) -> Action {
    guard let held else { return .end(.stopped) }
    let lastRecord = held.source.fingerprint(Offset(next.rawValue - 1))
    let foreseen = prepared.foreseen
    if let foreseen { memory.remember(foreseen) }
    inFlight = InFlight(lastRecord: lastRecord, isForeseen: foreseen != nil)
    let batch = LaneBatch(claim: claim, prepared: prepared, lastRecord: lastRecord, raw: held.source.raw)
    // More records have most likely arrived. They are taken, decoded and decided while these are written. A small batch
    // means that there were no more.
    guard next == held.last.next, held.count >= tuning.readAheadRecords else { return .write(batch, ahead: .no) }
    return .write(batch, ahead: foreseen == nil ? .read : .decide(memory))
  }
}
