/// Mistakes that one could make with events and webhooks, put around the real `Publication`, `EventPage`,
/// `DeliveryPlan` and `DeliveryRules`.
public enum RelayBug: String, CaseIterable, Sendable {
  /// A page is marked before it is in the topic.
  case markedFirst = "marked-first"

  /// All of a page is written at once, and not in rounds.
  case roundsIgnored = "rounds-ignored"

  /// The progress moves without a look at who has the partition and where it stands.
  case markedBlindly = "marked-blindly"

  /// A full page counts as all of its last record.
  case recordCut = "record-cut"

  /// What endpoints are to hear of is kept behind the transaction that moves the progress on.
  case keptApart = "kept-apart"

  /// What is due goes out whatever is before it of its order, which does not hold it back either.
  case overtaken

  /// As many as are due go out at once.
  case limitIgnored = "limit-ignored"

  /// A failure is counted from the begin of its attempt, over which its process may have slept.
  case sleepCounted = "sleep-counted"

  /// A failure adds to what was read of the delivery before the attempt.
  case staleFailure = "stale-failure"

  /// A delivery is never given up.
  case triedForever = "tried-forever"

  /// What fails is tried again at once.
  case noPause = "no-pause"

  /// What is given up is deleted.
  case deadDropped = "dead-dropped"

  /// What is sent again goes on with the day that it had.
  case dayKept = "day-kept"

  /// An endpoint is switched off with its first dead letter.
  case offWithDead = "off-with-dead"

  /// An endpoint goes on failing while it is asked for nothing.
  case failsForEver = "fails-for-ever"
}

/// Courses that a world of relays can take, as `Course`.
public enum RelayCourse: Int, CaseIterable, Sendable {
  case published, toldAgain, unwritten, partlyWritten, writtenLate, cutPage, wholeRecord
  case marked, fenced, tookOver, gaveBack, left, started, died, diedBeforeMark, diedBeforeRound, frozen, frozenForLong
  case kept, unwanted, keptWhileOff, heldBack, full, twoSend
  case delivered, failed, settledFailure, goneFailure, cancelled, lateAnswer, acceptedTwice
  case answers410, answers429, answers500, refuses, hangs, answerLost, awayForAnHour, awayForADay
  case dead, switchedOff, switchedOffByHand, switchedOn, resent, resentOne, added, removed
}

/// The result of one seed of relays and webhooks.
public struct RelayRun: Sendable {
  public let seed: UInt64

  /// The first thing that did not hold: `outbox`, `published`, `sequence`, `kept`, `asked`, `order`, `limit`, `pause`,
  /// `day`, `dropped`, `off` or `liveness`.
  public let violation: Violation?

  /// All that happened; empty if it was not kept.
  public let history: History

  /// Tasks that were performed.
  public let steps: Int

  /// How often each course was taken.
  public let courses: [RelayCourse: Int]

  /// Lives one world. The same seed and bug give the same run, whether its history is kept or not.
  ///
  /// Throws what `SimulatedRun` throws: the events are those of such a world.
  public init(seed: UInt64, bug: RelayBug? = nil, keepsHistory: Bool = true) throws {
    var world = try RelayWorld(seed: seed, bug: bug, keepsHistory: keepsHistory)
    steps = world.run()
    self.seed = seed
    violation = world.violation
    history = world.history.history
    courses = world.courses
  }
}
