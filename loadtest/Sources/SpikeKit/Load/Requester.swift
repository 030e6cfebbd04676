internal import NIOCore

/// A request on its way.
struct Flight {
  /// What is sent of a request: its order, before that what a waiting room asks for, and after it what becomes of it.
  enum Step: Sendable { case order, join, look, follow, pay, cancel }

  /// What it is for, in the requester's own numbering.
  let number: Int
  /// Which try of it. 0 is the first.
  var attempt = 0
  /// The group of the crowd that sends it.
  var group = 0
  var step = Step.order
  /// Whether another step of the same request was sent before.
  var isLater = false
  /// When it should have left. Latency counts from here.
  let scheduled: NIODeadline
  let sent: NIODeadline
}

/// Why a request got no answer. The server may still have acted on it.
enum Unanswered: String, CaseIterable {
  case timedOut = "timed out"
  case closed = "connection closed"
  case malformed = "malformed answer"
}

/// What a stripe's connections work for: the generator, then the follower. All calls are on the stripe's event loop.
protocol Requester: AnyObject {
  /// A connection is free, or was opened.
  func connectionIsFree(at now: NIODeadline)
  /// An answer. The connection becomes free after the call.
  func answered(_ flight: Flight, _ answer: AnswerHead, body: borrowing Span<UInt8>, at now: NIODeadline)
  /// There will be no answer.
  func unanswered(_ flight: Flight, _ why: Unanswered, at now: NIODeadline)
  /// Called every `Limits.sweepEvery`, after requests that timed out were given up.
  func swept(at now: NIODeadline)
}
