/// How often each thing goes wrong in one world, drawn from its seed.
///
/// Each world has only some kinds of faults: if everything fails at once, the rarer courses never reach their end
/// (swarm testing: Groce and others, ISSTA 2012).
struct Faults {
  // MARK: Of one operation, per mille

  /// A send never reaches the broker; its acknowledgement never comes back, so that it is sent again; either is late.
  var sendLost = 0
  var acknowledgementLost = 0
  var deliveryLate = 0

  /// The log's queue is full: nothing was sent.
  var queueFull = 0

  /// A client doesn't get its answer.
  var answerLost = 0

  /// A signal doesn't reach an intake, or who has won doesn't that it asked for.
  var signalLost = 0

  /// A step of a transaction: the worker dies before it, or freezes; its connection is cut; the store says no.
  var stepCrash = 0
  var stepFreeze = 0
  var stepCut = 0
  var stepRefused = 0

  /// A commit's answer is lost: it took effect, it did not, or it will unless the session is ended before.
  var commitAnswerLost = 0

  /// The answer to a claim that took effect is lost.
  var claimAnswerLost = 0

  /// A claim doesn't end the idle session of the owner before it. It always does in PostgreSQL; here the fence alone
  /// has to hold.
  var sessionSurvives = 0

  /// The consumer skips a record; the queue fails.
  var fetchGap = 0
  var fetchFailed = 0

  // MARK: Of the world

  /// A fault of a process, of a lease, of the store or of the log.
  enum Kind: CaseIterable {
    case workerCrash, workerFreeze, workerLeave, intakeCrash, clockJump, storeOutage, sessionsEnded, junk, close
    case supply
    case otherLog, logConnectionsLost, workerForgotten, ownerForged, workerDrained, storeClockStep
  }

  /// Those that this world has.
  private(set) var kinds: [Kind] = []

  /// Whether one worker freezes again and again, for longer than the lease, and no other process is struck: partitions
  /// go back and forth between it and the others, who may remember what is no longer so.
  private(set) var isRestless = false

  /// From one such fault to the next.
  var pause: ClosedRange<Int64> { isRestless ? Limits.betweenFreezes : Limits.betweenFaults }

  /// A world's faults.
  init(from random: inout SeededGenerator) {
    let rates: [WritableKeyPath<Faults, Int>] = [
      \.sendLost, \.acknowledgementLost, \.deliveryLate, \.queueFull, \.answerLost, \.signalLost, \.stepCrash,
      \.stepFreeze, \.stepCut, \.stepRefused, \.commitAnswerLost, \.claimAnswerLost, \.sessionSurvives, \.fetchGap,
      \.fetchFailed,
    ]
    for rate in rates where random.happens(perMille: 500) { self[keyPath: rate] = random.number(in: 5...200) }
    // Each transaction has five steps, so that more of it would leave nothing to be committed.
    for rate in [\Faults.stepCrash, \.stepFreeze, \.stepCut, \.stepRefused] {
      self[keyPath: rate] /= 4
    }
    // Only idle sessions can survive, and few are idle when somebody claims.
    sessionSurvives *= 4
    kinds = Kind.allCases.filter { _ in random.happens(perMille: 500) }
    // Of what was drawn already: no other world changes by it.
    isRestless = kinds.contains(.workerFreeze) && kinds.contains(.workerForgotten)
    if isRestless { kinds = [.workerFreeze] }
  }

  /// Nothing goes wrong any more.
  mutating func heal() {
    let healed = Faults()
    self = healed
  }

  private init() {}
}
