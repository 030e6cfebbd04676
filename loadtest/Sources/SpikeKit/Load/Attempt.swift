internal import NIOCore

/// One try of one request. The earlier is less.
struct Attempt: Comparable, Sendable {
  /// The request's place in the schedule.
  let number: Int
  /// 0 is the first try.
  let attempt: Int
  /// What is sent; `nil`: whatever its group begins with.
  var step: Flight.Step?
  /// When it should leave.
  let time: NIODeadline

  static func < (a: Attempt, b: Attempt) -> Bool { (a.time, a.number, a.attempt) < (b.time, b.number, b.attempt) }
}
