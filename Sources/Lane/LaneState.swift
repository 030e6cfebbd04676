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
  /// What the lane has to do. Each is answered with one event.
  package enum Action: Equatable, Sendable {
    /// Take records from the queue.
    case read
    /// Write these records in one transaction.
    case write(Range<Offset>)
    /// Write this one record as quarantined, with this error.
    case quarantine(Offset, error: String)
    /// Take the partition over from the lane's own lost session.
    case reclaim
    /// Wait; each further attempt waits longer.
    case pause(attempt: Int, reason: String)
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

  /// Why a lane gives its partition up, with the whole assignment, to claim it again.
  package enum Surrender: Equatable, Sendable, CustomStringConvertible {
    /// Someone else claimed it.
    case fenced
    /// The log continued at an unexpected offset.
    case gap(expected: Offset, found: Offset)
    /// The store's progress is one that this lane didn't write.
    case progressMoved(expected: Offset, found: Offset)
    /// The queue failed.
    case log(String)

    /// For people.
    package var description: String {
      switch self {
      case .fenced: "another worker claimed it"
      case .gap(let expected, let found): "the log went on at offset \(found) where \(expected) was expected"
      case .progressMoved(let expected, let found): "the store is at offset \(found) where \(expected) was expected"
      case .log(let reason): reason
      }
    }
  }

  /// The result of an action.
  package enum Event: Equatable, Sendable {
    case received(first: Offset, last: Offset, count: Int)
    case queueEnded
    case logFailed(String, isOutOfRange: Bool)
    case committed
    case fenced
    case conflict(String)
    case poisoned(String)
    case unavailable(String)
    case connectionLost(String)
    case reclaimed(next: Offset)
    case foundHalted(String)
    case paused
    case haltRecorded
  }

  /// A transaction: which records, and whether as quarantined.
  private struct Write: Sendable {
    var range: Range<Offset>
    var error: String?

    var action: Action { error.map { .quarantine(range.lowerBound, error: $0) } ?? .write(range) }
  }

  private enum Phase: Sendable {
    case reading
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

  private var phase = Phase.reading
  private var isStopping = false

  /// While a poisonous record is looked for: it lies before this offset.
  private var suspectEnd: Offset?

  /// Records that the next transaction may hold (7).
  private var most: Int

  private let batchRecords: Int

  /// Failures since the last commit.
  private var attempts = 0
  private var conflicts = 0

  /// An offset at which an earlier lane found a gap. If this lane finds it too, the log itself has the gap.
  private let knownGap: Offset?

  /// A lane that starts where its claim says.
  ///
  /// - Parameter batchRecords: records of one batch at most.
  package init(next: Offset, knownGap: Offset? = nil, batchRecords: Int = Limits.batchRecords) {
    self.next = next
    self.batchRecords = batchRecords
    most = batchRecords
    self.knownGap = knownGap
    heldUpTo = next
  }

  /// What to do first.
  package var firstAction: Action { .read }

  /// Asks the lane to end with the next event.
  package mutating func stop() { isStopping = true }

  /// What to do after `event`, the answer to the last action. An event that doesn't belong to it ends the lane.
  package mutating func handle(_ event: Event) -> Action {
    switch (phase, event) {
    case (.reading, let event): return handleReading(event)
    case (.writing(let write), let event): return handle(event, of: write)
    case (.reclaiming(let write), let event): return handleReclaim(event, of: write)
    case (.halting(let reason), .haltRecorded): return end(.halted(reason))
    case (.halting, .fenced): return end(.surrendered(.fenced))
    case (.halting(let reason), .unavailable(let why)), (.halting(let reason), .connectionLost(let why)):
      return pause(why, then: .halting(reason))
    case (.pausing(let failed), .paused): return isStopping ? end(.stopped) : resume(failed)
    default: return end(.surrendered(.log("the lane lost track: \(event)")))
    }
  }

  // MARK: One phase each

  private mutating func handleReading(_ event: Event) -> Action {
    switch event {
    case .received where isStopping: return end(.stopped)
    case .received(let first, let last, let count):
      guard first == next, last.rawValue - first.rawValue == Int64(count - 1) else { return meetGap(found: first) }
      heldUpTo = last.next
      return writeNext()
    case .queueEnded: return end(.stopped)
    case .logFailed(let reason, isOutOfRange: true): return halt(reason)
    case .logFailed(let reason, isOutOfRange: false): return end(.surrendered(.log(reason)))
    default: return end(.surrendered(.log("the lane lost track: \(event)")))
    }
  }

  private mutating func meetGap(found: Offset) -> Action {
    guard knownGap == next else { return end(.surrendered(.gap(expected: next, found: found))) }
    return halt("the log has no record at offset \(next); it goes on at or after \(found)")
  }

  private mutating func handle(_ event: Event, of write: Write) -> Action {
    switch event {
    case .committed: return commit(write)
    case .fenced: return end(.surrendered(.fenced))
    case .poisoned where write.error != nil:
      return halt("the record at offset \(next) makes its batch fail, and can't be quarantined either")
    case .conflict, .poisoned, .unavailable, .connectionLost:
      return isStopping ? end(.stopped) : retry(write, after: event)
    default: return end(.surrendered(.log("the lane lost track: \(event)")))
    }
  }

  private mutating func retry(_ write: Write, after event: Event) -> Action {
    switch event {
    case .conflict(let why):
      conflicts += 1
      guard conflicts.isMultiple(of: Limits.conflictTries) else { return start(write) }
      return pause(why, then: .writing(write))
    case .poisoned(let error):
      guard write.range.count > 1 else { return start(Write(range: write.range, error: error)) }
      suspectEnd = write.range.upperBound
      return writeNext()
    case .connectionLost(let why):
      most = max(1, write.range.count / 2)
      // The first time at once: mostly only one connection is lost.
      guard attempts == 0 else { return pause(why, then: .reclaiming(write)) }
      attempts += 1
      return resume(.reclaiming(write))
    case .unavailable(let why):
      most = max(1, write.range.count / 2)
      return pause(why, then: .writing(shortened(write)))
    default: return end(.surrendered(.log("the lane lost track: \(event)")))
    }
  }

  private mutating func handleReclaim(_ event: Event, of write: Write) -> Action {
    switch event {
    case .reclaimed(let found) where found == write.range.upperBound: return commit(write)
    case .reclaimed(let found) where found == next: return isStopping ? end(.stopped) : start(shortened(write))
    case .reclaimed(let found): return end(.surrendered(.progressMoved(expected: next, found: found)))
    case .fenced: return end(.surrendered(.fenced))
    case .foundHalted(let reason): return end(.halted(reason))
    case .unavailable(let why), .connectionLost(let why): return pause(why, then: .reclaiming(write))
    default: return end(.surrendered(.log("the lane lost track: \(event)")))
    }
  }

  // MARK: Steps

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
