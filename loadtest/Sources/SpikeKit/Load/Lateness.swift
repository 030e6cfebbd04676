internal import NIOCore

/// Tells whether the generator kept its schedule, and who was at fault if it did not.
///
/// A request is late when it leaves more than `Limits.lateAfter` after its time. If every connection had a request in
/// flight when its time came, the server (or too few connections) is the cause. Otherwise the generator is: then the
/// figures measure the generator, and the report says so.
struct Lateness: Sendable {
  private(set) var waitedForConnection = 0
  private(set) var generatorLate = 0
  private(set) var worstWait = TimeAmount.zero
  private(set) var worstGenerator = TimeAmount.zero
  /// Whether requests were left waiting because no connection was free.
  private var isSaturated = false
  /// Requests scheduled before this time had to wait for a connection.
  private var saturatedUntil: NIODeadline?

  /// Called before a look at the schedule.
  mutating func beginLook(at now: NIODeadline) {
    if isSaturated { saturatedUntil = now }
  }

  /// Called after it. - Parameter isSaturated: requests are due and no connection is free.
  mutating func endLook(isSaturated: Bool) { self.isSaturated = isSaturated }

  mutating func sent(_ flight: Flight) {
    let late = flight.sent - flight.scheduled
    guard late > Limits.lateAfter else { return }
    if let saturatedUntil, flight.scheduled <= saturatedUntil {
      waitedForConnection += 1
      worstWait = max(worstWait, late)
    } else {
      generatorLate += 1
      worstGenerator = max(worstGenerator, late)
    }
  }

  mutating func merge(_ other: Lateness) {
    waitedForConnection += other.waitedForConnection
    generatorLate += other.generatorLate
    worstWait = max(worstWait, other.worstWait)
    worstGenerator = max(worstGenerator, other.worstGenerator)
  }
}
