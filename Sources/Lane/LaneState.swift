package import FlashSale

/// Decides what one partition's lane does next. Performs nothing itself.
///
/// (1) `next` moves only past what was committed: a transaction said so, or a reclaim after its answer was lost.
/// (2) At most one transaction is in flight.
/// (3) After a lost connection nothing is written before a reclaim has told how far the store is.
/// (4) A record is quarantined for a failed write only after a transaction that held it alone failed because of it.
/// (5) Records are written in the order of their offsets, each of them once; one that is missing stops the lane.
/// (6) After `stop`, what is in flight is waited for and nothing else is begun.
/// (7) After a transaction that PostgreSQL did not finish, the next one is half as large; each commit allows one twice
///     as large. So the lane makes progress even if sessions do not last for a full batch.
/// (8) It ends as halted only after the store has recorded the halt.
package struct LaneState: Sendable {
  /// What the lane has to do. Each is followed by one call of a method that tells what came of it.
  package enum Action: Equatable, Sendable {
    /// Take records from the queue.
    case read
    /// Read the log anew from the next offset on, then take records.
    case reopen
    /// Write these records in one transaction.
    case write(Range<Offset>)
    /// Write this one record as quarantined, with this error.
    case quarantine(Offset, error: String)
    /// Take the partition over from the lane's own lost session.
    case reclaim
    /// Wait; each further attempt waits longer.
    case pause(attempt: Int, reason: String)
    /// Wait about a second before the log is looked at again.
    case waitForLog(String)
    /// Stop the partition until a person has looked.
    case halt(String)
    /// Do nothing any more.
    case end(End)
  }

  /// How a lane ends.
  package enum End: Equatable, Sendable {
    /// As it was asked to.
    case stopped
    case halted(String)
    case surrendered(Surrender)
  }

  /// Why a lane gives its partition up. If that is still this worker's, it is claimed again.
  package enum Surrender: Equatable, Sendable, CustomStringConvertible {
    /// Someone else claimed it.
    case fenced
    /// The store's progress is one that this lane didn't write.
    case progressMoved(expected: Offset, found: Offset)
    /// The queue failed.
    case log(String)

    /// For people.
    package var description: String {
      switch self {
      case .fenced: "another worker claimed it"
      case .progressMoved(let expected, let found): "the store is at offset \(found) where \(expected) was expected"
      case .log(let reason): reason
      }
    }
  }

  /// A transaction: which records, and whether as quarantined.
  private struct Write: Sendable {
    var range: Range<Offset>
    var error: String?

    var action: Action { error.map { .quarantine(range.lowerBound, error: $0) } ?? .write(range) }
  }

  private enum Phase: Sendable {
    case reading
    /// As `reading`, with a log that is to be opened first.
    case reopening
    case writing(Write)
    case reclaiming(Write)
    case halting(String)
    /// Waiting to retry what failed.
    indirect case pausing(Phase)
    case ended
  }

  /// The first offset without an effect in the store, as far as is known here.
  package private(set) var next: Offset

  /// Where records that were taken from the queue end; from `next` on they are held until they are committed.
  package private(set) var heldUpTo: Offset

  private var phase = Phase.reopening
  package private(set) var isStopping = false

  /// While a poisonous record is looked for: it lies before this offset.
  private var suspectEnd: Offset?

  /// Records that the next transaction may hold (7).
  private var most: Int

  private let batchRecords: Int

  /// Failures since the last commit.
  private var attempts = 0
  private var conflicts = 0

  /// The offset at which a gap was met last. If it is met there again, the log itself has it.
  private var knownGap: Offset?

  /// Looks in a row that found the log without the next offset.
  private var looks = 0

  /// A lane that starts where its claim says.
  ///
  /// - Parameter batchRecords: records of one batch at most.
  package init(next: Offset, batchRecords: Int = Limits.batchRecords) {
    self.next = next
    self.batchRecords = batchRecords
    most = batchRecords
    heldUpTo = next
  }

  /// What to do first.
  package var firstAction: Action { .reopen }

  /// Asks the lane to end with the next thing that it is told.
  package mutating func stop() { isStopping = true }
}

// MARK: - What came of an action

/// Each method answers the actions that it names. A call that answers another action is a mistake in the caller's code;
/// no input leads to one. It ends the process, because the lane would no longer know what was done.
extension LaneState {
  /// After `read` and `reopen`: records came.
  package mutating func received(first: Offset, last: Offset, count: Int) -> Action {
    guard isReading else { mistake() }
    guard !isStopping else { return end(.stopped) }
    guard first == next, last.rawValue - first.rawValue == Int64(count - 1) else { return foundGap(upTo: first) }
    heldUpTo = last.next
    looks = 0
    return writeNext()
  }

  /// After `read` and `reopen`: the records that came do not go on where they should. Once can be the client's fault.
  package mutating func foundGap(upTo found: Offset) -> Action {
    guard isReading else { mistake() }
    guard knownGap != next else {
      return halt("the log has no record at offset \(next); it goes on at or after \(found)")
    }
    knownGap = next
    return resume(.reopening)
  }

  /// After `read` and `reopen`: what came can be from another log than before.
  package mutating func lostTouch() -> Action {
    guard isReading else { mistake() }
    return resume(.reopening)
  }

  /// After `read` and `reopen`: none will come any more.
  package mutating func queueEnded() -> Action {
    guard isReading else { mistake() }
    return end(.stopped)
  }

  /// After `read` and `reopen`: the log failed.
  package mutating func logFailed(_ reason: String) -> Action {
    guard isReading else { mistake() }
    return end(.surrendered(.log(reason)))
  }

  /// After `read` and `reopen`: the log does not have the next offset now, or does not tell whether it has.
  ///
  /// - Parameter isCertain: it does not have it. Then the lane halts after some looks in a row.
  package mutating func logLacks(_ reason: String, isCertain: Bool) -> Action {
    guard isReading else { mistake() }
    guard !isStopping else { return end(.stopped) }
    looks = isCertain ? looks + 1 : 0
    guard looks < Limits.logLooks else { return halt(reason) }
    phase = .pausing(.reopening)
    return .waitForLog("looking again: \(reason)")
  }

  /// After `read` and `reopen`: the log is another one than what was decided.
  package mutating func logChanged(_ reason: String) -> Action {
    guard isReading else { mistake() }
    return halt(reason)
  }

  /// After `write` and `quarantine`: it is in the store.
  package mutating func committed() -> Action {
    guard case .writing(let write) = phase else { mistake() }
    return commit(write)
  }

  /// After `write`: what it was decided upon was not so.
  package mutating func conflict(_ why: String) -> Action {
    guard case .writing(let write) = phase else { mistake() }
    guard !isStopping else { return end(.stopped) }
    conflicts += 1
    return conflicts.isMultiple(of: Limits.conflictTries) ? pause(why, then: .writing(write)) : start(write)
  }

  /// After `write` and `quarantine`: a record makes it fail.
  package mutating func poisoned(_ error: String) -> Action {
    guard case .writing(let write) = phase else { mistake() }
    guard write.error == nil else {
      return halt("the record at offset \(next) makes its batch fail, and can't be quarantined either")
    }
    guard !isStopping else { return end(.stopped) }
    guard write.range.count > 1 else { return start(Write(range: write.range, error: error)) }
    suspectEnd = write.range.upperBound
    return writeNext()
  }

  /// After `write` and `quarantine`: it may be in the store or not, and the connection is gone.
  package mutating func connectionLost(_ why: String) -> Action {
    guard case .writing(let write) = phase else { mistake() }
    guard !isStopping else { return end(.stopped) }
    most = max(1, write.range.count / 2)
    // The first time at once: mostly only one connection is lost.
    guard attempts == 0 else { return pause(why, then: .reclaiming(write)) }
    attempts += 1
    return resume(.reclaiming(write))
  }

  /// After `write`, `quarantine`, `reclaim` and `halt`: the store could not do it, and nothing was changed. A claim
  /// that took effect without an answer counts as none.
  package mutating func unavailable(_ why: String) -> Action {
    switch phase {
    case .writing(let write):
      guard !isStopping else { return end(.stopped) }
      most = max(1, write.range.count / 2)
      return pause(why, then: .writing(shortened(write)))
    case .reclaiming, .halting: return pause(why, then: phase)
    case .reading, .reopening, .pausing, .ended: mistake()
    }
  }

  /// After `write`, `quarantine`, `reclaim` and `halt`: someone else has the partition.
  package mutating func fenced() -> Action {
    switch phase {
    case .writing, .reclaiming, .halting: return end(.surrendered(.fenced))
    case .reading, .reopening, .pausing, .ended: mistake()
    }
  }

  /// After `reclaim`: the partition is this lane's again, and this is how far the store is.
  package mutating func reclaimed(next found: Offset) -> Action {
    guard case .reclaiming(let write) = phase else { mistake() }
    switch found {
    case write.range.upperBound: return commit(write)
    case next: return isStopping ? end(.stopped) : start(shortened(write))
    default: return end(.surrendered(.progressMoved(expected: next, found: found)))
    }
  }

  /// After `reclaim`: somebody halted it meanwhile.
  package mutating func foundHalted(_ reason: String) -> Action {
    guard case .reclaiming = phase else { mistake() }
    return end(.halted(reason))
  }

  /// After `halt`: the store has it.
  package mutating func haltRecorded() -> Action {
    guard case .halting(let reason) = phase else { mistake() }
    return end(.halted(reason))
  }

  /// After `pause` and `waitForLog`: it is over.
  package mutating func paused() -> Action {
    guard case .pausing(let failed) = phase else { mistake() }
    return isStopping ? end(.stopped) : resume(failed)
  }

  private func mistake(_ call: String = #function) -> Never {
    preconditionFailure("\(call) does not answer what the lane was told to do")
  }
}

// MARK: - Steps

extension LaneState {
  private var isReading: Bool {
    switch phase {
    case .reading, .reopening: true
    case .writing, .reclaiming, .halting, .pausing, .ended: false
    }
  }

  private mutating func commit(_ write: Write) -> Action {
    next = write.range.upperBound
    most = min(most * 2, batchRecords)
    attempts = 0
    conflicts = 0
    if let end = suspectEnd, write.error != nil || next >= end { suspectEnd = nil }
    return isStopping ? end(.stopped) : writeNext()
  }

  /// The next transaction of the held records; only half of the suspected ones, if one of them makes writing fail.
  private mutating func writeNext() -> Action {
    guard next < heldUpTo else { return resume(.reading) }
    var upTo = heldUpTo
    if let suspectEnd { upTo = Offset(next.rawValue + max(1, (suspectEnd.rawValue - next.rawValue) / 2)) }
    return start(shortened(Write(range: next..<upTo)))
  }

  private func shortened(_ write: Write) -> Write {
    Write(range: next..<min(write.range.upperBound, Offset(next.rawValue + Int64(most))), error: write.error)
  }

  private mutating func start(_ write: Write) -> Action { resume(.writing(write)) }

  private mutating func pause(_ reason: String, then failed: Phase) -> Action {
    guard !isStopping else { return end(.stopped) }
    attempts += 1
    phase = .pausing(failed)
    return .pause(attempt: attempts, reason: reason)
  }

  private mutating func halt(_ reason: String) -> Action { resume(.halting(reason)) }

  private mutating func resume(_ phase: Phase) -> Action {
    self.phase = phase
    switch phase {
    case .reading: return .read
    case .reopening: return .reopen
    case .writing(let write): return write.action
    case .reclaiming: return .reclaim
    case .halting(let reason): return .halt(reason)
    case .pausing, .ended: return end(.stopped)
    }
  }

  private mutating func end(_ end: End) -> Action {
    phase = .ended
    return .end(end)
  }
}

extension Range<Offset> {
  /// How many records.
  var count: Int { Int(upperBound.rawValue - lowerBound.rawValue) }
}
