/// An invariant that did not hold.
public struct Violation: Sendable, Hashable, CustomStringConvertible {
  /// `I1` to `I13`, or a rule by its name, as `liveness` or `waitlist`.
  public let invariant: String

  /// What was found instead.
  public let what: String

  /// Both.
  public var description: String { "\(invariant): \(what)" }
}

/// Courses that a world can take. They are counted, so that a test can check that each occurs: a simulation in which no
/// commit is ever lost proves nothing about lost commits.
public enum Course: Int, CaseIterable, Sendable {
  case accepted, unknown, refusedAsSoldOut, appendedTwice, lateAcknowledgement, appendedAfterUnknown
  case committed, repeated, conflict, poisoned, quarantined, closed
  case fenced, zombieWoke, lostCommitTookEffect, lostCommitDidNot, commitArrivedLate
  case crashInTransaction, freezeInTransaction, surrendered, gap, halted, haltCleared
  case generationClosed, generationSmall, closedByAnother, generationMoved, closingWaited, closingGivenUp
  case filterLearned, filterMissing, filterOwned, foundInClosed
  case loaded, lookedUp, decidedAhead, aheadDropped, sameLog, anotherLog, reopened, measured
  case gaveBack, takenOver
  case refusedAsAllHeld, allHeld, waitlisted, holdAbuse, offered, lapsed, supplied, suppliedAgain
  case rulesChanged, rulesRefused, stockClosed
  case lifePaid, lifeRefundDue, lifeRefunded, lifeCancelled, lifeCancelledInPart, lifeReleased, lifeExtended
  case lifeExpired, lifeNotDue, lifeRepeated, lifeNotAllowed
  case basketWon, basketRefused, basketRefusedLater, lineCancelled, basketExpired, basketPaid, basketStockLoaded
  case staleSignal, staleReading, lineFull, backlogFull, backlogPassed, rateLimited
  case refusedAsEnded, refusedAsSettled, winnerToldSo, loserToldSo, lookedUpInVain
  case levelAwaitsWinners, levelBehindWinners, winnersReadTooEarly
  case watcherTold, watcherPlaced, watcherAskedInVain, watcherAskedAgain
  case laneOpens, laneReads, laneMeasures, laneWrites, laneWritesAndReads, laneWritesAndDecides, laneReclaims
  case laneCloses, laneHalts, lanePauses, laneWaitsForLog, laneStops, laneEndsHalted, laneSurrenders
  case coreStop, coreOpened, coreReceived, coreQueueEnded, coreLogFailed, coreOutOfRange, coreMeasured, coreNotMeasured
  case coreWrote, coreClosed, coreLearn, coreReclaimed, coreHaltRecorded, coreHaltRefused, coreFailed, corePaused
  case scriptNext, scriptLoaded, scriptFound
  case surrenderFenced, surrenderLog, reclaimFoundHalted
  case holdersNotLoaded, holdersDidNotFit, holdersOverflowed
  case writeCommitted, writeFenced, writeConflicted, writeMetClosed, writePoisoned, writeUnavailable
  case writeLostConnection
  case stepFence, stepGenerations, stepLoad, stepFindSales, stepQuarantine, stepCount, stepStock, stepOrders, stepCommit
  case stepBaskets, stepSubjects, stepSubjectChanges, stepHolds, stepPayments, stepHistory
  case leasePrepares, leaseDismisses, leaseClaims, leaseGivesUp, leaseUnserved, drained
  case keeperLostTouch, keeperSaw, keeperClaimed, keeperIsReady, keeperEnded, keeperFailed, keeperStop
  case leaseGivenUpToTheReady, leaseGivenUpToTheLate, leaseGivenUpToTheNewer, leaseGivenUpToNobody
}

/// How often each course was taken.
struct Courses {
  private var places = Array(repeating: 0, count: Course.allCases.count)

  mutating func add(_ course: Course) { places[course.rawValue] += 1 }

  /// Those that were taken.
  var counts: [Course: Int] {
    var counts: [Course: Int] = [:]
    for course in Course.allCases where places[course.rawValue] > 0 { counts[course] = places[course.rawValue] }
    return counts
  }
}

/// The result of one seed.
public struct SimulatedRun: Sendable {
  public let seed: UInt64

  /// The first invariant that did not hold, or `nil`.
  public let violation: Violation?

  /// All that happened; empty if it was not kept.
  public let history: History

  /// Tasks that were performed, and records that the log has in the end.
  public let steps: Int
  public let records: Int

  /// How often each course was taken.
  public let courses: [Course: Int]

  /// Lives one world. The same seed and bug give the same run, whether its history is kept or not.
  ///
  /// Throws `ValidationError` when the shop that the seed draws is not one that a shop could put up, which is a bug of
  /// the simulation.
  /// - Parameters:
  ///   - bug: a mistake to put into the simulated parts.
  ///   - keepsHistory: whether the history is written. A run without it takes less time.
  public init(seed: UInt64, bug: PlantedBug? = nil, keepsHistory: Bool = true) throws {
    var world = try World(seed: seed, bug: bug, keepsHistory: keepsHistory)
    steps = world.run()
    self.seed = seed
    violation = world.violation
    history = world.history.history
    records = world.log.partitions.reduce(0) { $0 + $1.count }
    courses = world.courses.counts
  }
}
