import Logging
import Telemetry
import Vitals

/// What the parts of a process wait for, each by itself: what keeps the store's pool need not keep a lane.
struct ProcessWaits {
  let store = Waits()
  let worker = Waits()
  let intake = Waits()
  let relay = Waits()
  /// Of the log, for admin.
  let log = Waits()

  /// Looks at all of them for as long as the process runs.
  func watch(logger: Logger) -> WaitWatch {
    WaitWatch(["store": store, "worker": worker, "intake": intake, "relay": relay, "log": log], logger: logger)
  }
}

extension ProcessWaits {
  /// How the pool's PostgreSQL is. A long statement may be a report; a COMMIT that is not confirmed holds up every
  /// change.
  ///
  /// - Parameter problem: what the last look found.
  func check(ofStore name: String, problem: String?, isNeeded: Bool) -> HealthCheck {
    let isUsable = problem == nil && !store.isOverdue(.commit)
    let problems = [problem].compactMap { $0 } + store.complaints()
    return HealthCheck(
      name: name, isReady: isUsable || !isNeeded, reasons: problems.isEmpty ? ["it answers"] : problems)
  }

  /// How the log is that admin writes `close` records into.
  func check(ofLog name: String) -> HealthCheck {
    HealthCheck(name: name, isReady: !log.isOverdue(.delivery), reasons: log.complaints())
  }
}
