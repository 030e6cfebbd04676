internal import HeapModule
internal import NIOCore

/// Decides which requests are tried again, and when. Sends nothing itself.
///
/// (1) Only requests that may succeed later are tried again: after 429, 503 or no answer at all. A group that believes
///     no refusal tries again after any.
/// (2) Nobody tries more often than their group does.
struct Retries: Sendable {
  struct Count: Sendable {
    /// Tries that were made after the first one.
    var sent = 0
    /// Of the waits before them, those that `Retry-After` set.
    var honoured = 0
    /// Requests of people who try again, and stopped without another answer than *not now*.
    var gaveUp = 0
    /// Tries that were not made because `Limits.waitingRetries` others waited.
    var dropped = 0

    static func + (a: Count, b: Count) -> Count {
      Count(
        sent: a.sent + b.sent, honoured: a.honoured + b.honoured, gaveUp: a.gaveUp + b.gaveUp,
        dropped: a.dropped + b.dropped)
    }
  }

  private let groups: [Crowd.Group]
  private var agenda = Heap<Attempt>()
  private var isStopped = false
  private(set) var count = Count()

  init(_ crowd: Crowd) { groups = crowd.groups }

  /// The next try, whether or not its time has come.
  var first: Attempt? { agenda.min }
  var waiting: Int { agenda.count }

  mutating func takeFirst() { agenda.removeMin() }

  /// A step of somebody who is in a waiting room.
  mutating func add(_ attempt: Attempt) {
    guard !isStopped, agenda.count < Limits.waitingRetries else {
      count.dropped += 1
      return
    }
    agenda.insert(attempt)
  }

  /// A try after the first one has left.
  mutating func left() { count.sent += 1 }

  /// No further tries. Those that wait are given up.
  mutating func stop() {
    isStopped = true
    count.gaveUp += agenda.count
    agenda = Heap()
  }

  /// - Parameter answer: `nil` where there was none.
  mutating func ended(_ flight: Flight, _ answer: AnswerHead?, at now: NIODeadline) {
    let group = groups[flight.group]
    guard group.tries > 1 else { return }
    if let answer, answer.status != 503, answer.status != 429, group.believesRefusals || answer.status < 400 { return }
    guard !isStopped, flight.attempt + 1 < group.tries else {
      count.gaveUp += 1
      return
    }
    guard agenda.count < Limits.waitingRetries else {
      count.dropped += 1
      return
    }
    var pause = group.pause
    if group.honoursRetryAfter, let seconds = answer?.retryAfterSeconds {
      guard seconds <= Limits.longestRetryAfter.nanoseconds / 1_000_000_000 else {
        count.gaveUp += 1
        return
      }
      pause = .seconds(Int64(seconds))
      count.honoured += 1
    }
    agenda.insert(Attempt(number: flight.number, attempt: flight.attempt + 1, time: now + pause))
  }
}
