package import FlashSale

/// All that one partition's lane knows and decides. It performs nothing. Its caller does what an action says, and then
/// tells it the result.
///
/// (1) `memory` holds what the batches that were given to write leave behind. One that was not committed is forgotten
///     before the next is decided, and with it whatever was decided upon it.
/// (2) With a claim, and after a lost connection to the log, reading begins one record earlier. What follows is decided
///     only if that record is the one that was decided last: offsets alone do not tell that the log is another one.
package struct LaneCore: Sendable {
  /// What to do. Each is followed by one call of a method that is named with it.
  package enum Action: Sendable {
    /// Read the log from this offset on, and nothing of what was read ahead: `opened` or `logFailed`.
    case open(at: Offset)
    /// Take records, those that were read ahead first: `received`, `queueEnded`, `logFailed` or `outOfRange`.
    case read
    /// Ask where the log begins and ends: `measured` or `notMeasured`.
    case measure
    /// Write a batch, and meanwhile read ahead as it says: `wrote`.
    indirect case write(LaneBatch, ahead: Ahead)
    /// Close a generation, if it has so many rows: `closed`.
    case close(SaleGeneration, from: Int)
    /// Take the partition over from the lane's own lost session: `reclaimed` or `failed`.
    case reclaim(Claim)
    /// Record that a person has to look: `haltRecorded`, `haltRefused` or `failed`.
    case halt(Claim, reason: String)
    /// Wait; each further attempt waits longer: `paused`.
    case pause(attempt: Int, reason: String)
    /// Wait about a second: `paused`.
    case waitForLog(reason: String)
    case end(LaneState.End)
  }

  /// Whether records are read while a batch is written.
  package enum Ahead: Sendable {
    case no
    /// Read, and not decided: what the batch leaves behind is not known yet.
    case read
    /// Read, and decided upon this memory.
    indirect case decide(LaneMemory)
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
  private var own: OwnOrders
  private var held: HeldRecords?
  private var inFlight: InFlight?

  /// The fingerprint of the record before `next`; `nil` if it is not known, or that record is gone by retention.
  private var lastRecord: RecordFingerprint?
  /// The first record that comes has to be the one before `next`.
  private var awaitsProof = false
  /// The lost connections to the log before it was opened.
  private var losses = 0

  /// A lane that starts from a claim.
  package init(_ claim: Claim, memory: LaneMemory? = nil, tuning: LaneTuning = LaneTuning()) {
    self.claim = claim
    self.tuning = tuning
    self.memory = memory ?? LaneMemory(tuning: tuning)
    own = OwnOrders(tuning: tuning)
    lastRecord = claim.lastRecord
    state = LaneState(next: claim.nextOffset, batchRecords: tuning.batchRecords)
  }

  /// The first offset without an effect in the store, as far as is known here.
  package var next: Offset { state.next }

  /// What to do first.
  package var firstAction: Action { .open(at: known.proof ?? next) }

  private var known: KnownLog { KnownLog(next: state.next, lastRecord: lastRecord) }

  /// Asks the lane to end with the next thing that it is told.
  package mutating func stop() { state.stop() }
}

// MARK: - What came of an action

extension LaneCore {
  /// The log is read from where it was asked for.
  ///
  /// - Parameter losses: the consumer's lost connections before it was opened.
  package mutating func opened(losses: Int) -> Action {
    self.losses = losses
    awaitsProof = known.proof != nil
    return .read
  }

  /// Records came.
  ///
  /// - Parameter losses: the consumer's lost connections by now.
  package mutating func received(_ records: HeldRecords, losses: Int) -> Action {
    guard losses == self.losses else { return act(state.lostTouch()) }
    guard awaitsProof, let proof = known.proof else { return take(records) }
    guard records.first == proof else { return act(state.foundGap(upTo: records.first)) }
    if tuning.comparesFingerprints, let why = known.whatChanged(found: records.source.fingerprint(proof)) {
      return act(state.logChanged(why))
    }
    awaitsProof = false
    return records.withoutFirst.map { take($0) } ?? .read
  }

  private mutating func take(_ records: HeldRecords) -> Action {
    held = records
    return act(state.received(first: records.first, last: records.last, count: records.count))
  }

  /// No records will come any more.
  package mutating func queueEnded() -> Action { act(state.queueEnded()) }

  /// No records came.
  package mutating func logFailed(_ reason: String) -> Action { act(state.logFailed(reason)) }

  /// No records came: the log does not have the offset at which it was opened. A lane that is to stop does not wait for
  /// the log's answer.
  package mutating func outOfRange() -> Action { state.isStopping ? act(state.queueEnded()) : .measure }

  /// The log begins with this offset and ends before that one.
  package mutating func measured(low: Offset, high: Offset) -> Action {
    if let why = known.whatContradicts(low: low, high: high) { return act(state.logLacks(why, isCertain: true)) }
    if let proof = known.proof, proof < low { lastRecord = nil }
    return act(state.logLacks("the log did not have offset \(next) a moment ago", isCertain: false))
  }

  /// The log does not tell where it begins and ends.
  package mutating func notMeasured(_ reason: String) -> Action {
    act(state.logLacks("the log does not have offset \(next), or not now: \(reason)", isCertain: false))
  }

  /// The batch was written, or not.
  package mutating func wrote(_ answer: WriteAnswer) -> Action {
    let wasInFlight = inFlight.take()
    if case .committed = answer {} else { memory.forget(after: answer) }
    switch answer {
    case .committed(let written):
      lastRecord = wasInFlight?.lastRecord
      if wasInFlight?.isForeseen == false { memory.remember(written) }
      own.add(written)
      guard !state.isStopping, let due = memory.takeDueGeneration() else { return act(state.committed()) }
      return .close(due, from: tuning.generationRows)
    case .fenced: return act(state.fenced())
    case .conflict(let why): return act(state.conflict(why))
    case .generationClosed: return act(state.conflict("a generation was closed"))
    case .poisoned(let error): return act(state.poisoned(error))
    case .unavailable(let error): return act(state.unavailable("\(error)"))
    case .connectionLost(let error): return act(state.connectionLost("\(error)"))
    }
  }

  /// A generation of the sale was to be closed, after a commit.
  ///
  /// - Parameter open: the one that is open now; `nil` if the store could not tell.
  package mutating func closed(_ sale: SaleNumber, _ open: OpenGeneration?) -> Action {
    if let open {
      memory.opened(sale, open)
      memory.learn(own.takeFilter(of: sale, before: open))
    }
    return act(state.committed())
  }

  /// Closed generations of which a filter would spare look-ups.
  package var missingFilters: [SaleGeneration] { memory.missingFilters }

  /// Takes in filters of closed generations (`LaneMemory.learn`). At any time.
  package mutating func learn(_ filters: [SaleGeneration: IDFilter]) { memory.learn(filters) }

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
    case .reopen:
      held = nil
      return firstAction
    case .write(let range):
      guard let batch = held?.batch(range, upon: memory) else { return .end(.stopped) }
      return write(batch, upTo: range.upperBound)
    case .quarantine(let offset, let error):
      guard let entries = held?.poisonous(offset, error: error) else { return .end(.stopped) }
      return write(memory.prepare(entries), upTo: offset.next)
    case .reclaim: return .reclaim(claim)
    case .halt(let reason): return .halt(claim, reason: reason)
    case .pause(let attempt, let reason): return .pause(attempt: attempt, reason: reason)
    case .waitForLog(let reason): return .waitForLog(reason: reason)
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
