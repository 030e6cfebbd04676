internal import Synchronization

/// An intake's state, for readiness checks and people.
public struct IntakeStatus: Sendable, Equatable {
  /// An order has a chance: it listens, and some partition takes orders. It stays true while PostgreSQL is away, since
  /// orders are taken up to the backlog limit; `reasons` then says so.
  public let isReady: Bool

  /// What is wrong, safe to show; empty when all is well.
  public let reasons: [String]
}

/// What an intake's parts report about themselves.
final class Health: Sendable {
  private struct State {
    var starting: String? = "starting"
    var storeFailure: String?
    var tokenKeys: String?
    var isDraining = false
    var stale: String?
  }

  private let state = Mutex(State())

  /// Says what the start waits for; `nil`: nothing any more.
  func starting(_ reason: String?) { state.withLock { $0.starting = reason } }

  /// The store could not be read.
  ///
  /// - Returns: whether that is news.
  func storeFailed(_ reason: String) -> Bool {
    state.withLock { state in
      defer { state.storeFailure = reason }
      return state.storeFailure == nil
    }
  }

  /// The store was read.
  ///
  /// - Returns: whether that is news.
  func storeAnswered() -> Bool {
    state.withLock { state in
      defer { state.storeFailure = nil }
      return state.storeFailure != nil
    }
  }

  /// The store could not be read the last time, at most `Limits.refreshInterval` and one attempt ago.
  var isStoreAway: Bool { state.withLock { $0.storeFailure != nil } }

  /// Nobody decides some partitions, in a clause; `nil`: that is over.
  func stale(_ complaint: String?) { state.withLock { $0.stale = complaint } }
  /// What is wrong with the file of keys; `nil`: nothing any more.
  func tokenKeys(_ complaint: String?) { state.withLock { $0.tokenKeys = complaint } }

  /// It stops.
  func draining() { state.withLock { $0.isDraining = true } }

  /// - Parameters:
  ///   - taking: which partitions take orders; `nil` before it listens.
  ///   - log: why the log did not take the last record.
  ///   - overdue: what it waits for longer than it should.
  func status(taking: Taking?, log: String?, overdue: [String]) -> IntakeStatus {
    let state = state.withLock { $0 }
    var reasons: [String] = []
    if let starting = state.starting { reasons.append(starting) }
    if state.isDraining { reasons.append("stopping") }
    if let failure = state.storeFailure { reasons.append("PostgreSQL cannot be read: \(failure)") }
    if let stale = state.stale { reasons.append(stale) }
    if let complaint = state.tokenKeys { reasons.append(complaint) }
    if let log { reasons.append("the log did not take the last orders: \(log)") }
    reasons += (taking?.reasons ?? []) + overdue
    let takes = taking?.isReady ?? true
    return IntakeStatus(isReady: state.starting == nil && !state.isDraining && takes, reasons: reasons)
  }
}
