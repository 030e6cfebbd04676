internal import FlashSale
internal import Lane

// What `Lane` can do, as courses. The switches are exhaustive: a case that is added there needs a course here, and a
// test fails until a world meets it.

extension LaneCore.Action {
  var course: Course {
    switch self {
    case .open: .laneOpens
    case .read: .laneReads
    case .measure: .laneMeasures
    case .write(_, .no): .laneWrites
    case .write(_, .read): .laneWritesAndReads
    case .write(_, .decide): .laneWritesAndDecides
    case .close: .laneCloses
    case .reclaim: .laneReclaims
    case .halt: .laneHalts
    case .pause: .lanePauses
    case .waitForLog: .laneWaitsForLog
    case .end(.stopped): .laneStops
    case .end(.halted): .laneEndsHalted
    case .end(.surrendered): .laneSurrenders
    }
  }
}

extension WriteAnswer {
  var course: Course {
    switch self {
    case .committed: .writeCommitted
    case .fenced: .writeFenced
    case .conflict: .writeConflicted
    case .generationClosed: .writeMetClosed
    case .poisoned: .writePoisoned
    case .unavailable: .writeUnavailable
    case .connectionLost: .writeLostConnection
    }
  }
}

extension BatchScript.Step {
  var course: Course {
    switch self {
    case .fence: .stepFence
    case .generations: .stepGenerations
    case .load: .stepLoad
    case .findSales: .stepFindSales
    case .quarantine: .stepQuarantine
    case .count: .stepCount
    case .stock: .stepStock
    case .orders: .stepOrders
    case .baskets: .stepBaskets
    case .subjects: .stepSubjects
    case .subjectChanges: .stepSubjectChanges
    case .holds: .stepHolds
    case .payments: .stepPayments
    case .history: .stepHistory
    case .commit: .stepCommit
    }
  }
}

extension LeaseKeeper.Action {
  var course: Course {
    switch self {
    case .prepare: .leasePrepares
    case .dismiss: .leaseDismisses
    case .claim: .leaseClaims
    case .giveUp: .leaseGivesUp
    }
  }
}

extension LeaseKeeper.End {
  var course: Course {
    switch self {
    case .settled: .keeperEnded
    case .failed: .keeperFailed
    }
  }
}

extension LaneState.Surrender {
  /// Progress that moved by itself is a mistake of a hand, which the checks would find in the store first.
  var course: Course? {
    switch self {
    case .fenced: .surrenderFenced
    case .log: .surrenderLog
    case .progressMoved: nil
    }
  }
}

extension Outcome {
  /// Those that only sales with holds have.
  var course: Course? {
    switch self {
    case .waitlisted: .waitlisted
    case .rejected(.allHeld): .allHeld
    case .rejected(.holdAbuse): .holdAbuse
    case .confirmed, .rejected: nil
    }
  }
}

extension Effects.Order {
  /// What became of a basket.
  var basketCourse: Course? {
    guard request.isBasket else { return nil }
    switch outcome {
    case .rejected: return refusedLine > 0 ? .basketRefusedLater : .basketRefused
    case .confirmed, .waitlisted: return .basketWon
    }
  }
}

extension HistoryEntry {
  /// What happened to an order.
  var course: Course? {
    switch (action, result) {
    case (_, .repeated): .lifeRepeated
    case (_, .notAllowed): .lifeNotAllowed
    case (.expire, .notDue): .lifeNotDue
    case (.cancel, _) where lineUnits.contains(0): .lineCancelled
    case (.expire, .applied) where !lineUnits.isEmpty: .basketExpired
    case (.pay, .applied): .lifePaid
    case (.pay, _): .lifeRefundDue
    case (.refund, .applied): .lifeRefunded
    case (.cancel, .applied), (.cancel, .refundDue): state?.isLive == true ? .lifeCancelledInPart : .lifeCancelled
    case (.release, .applied): .lifeReleased
    case (.extend, .applied): .lifeExtended
    case (.expire, .applied): state == .lapsed ? .lapsed : .lifeExpired
    case (.offer, _): .offered
    case (.change, .applied): .rulesChanged
    case (.change, .tooMuch): .rulesRefused
    case (.close, .applied): .stockClosed
    default: nil
    }
  }
}
