internal import NIOCore

/// What leaves next: the schedule's requests, and the tries that wait for their time. Sends nothing itself.
///
/// (1) `next` is never later than anything that `take` still has to give.
struct Course {
  private let start: NIODeadline
  private var cursor: Schedule.Cursor
  private var retries: Retries
  /// When the next try should leave; `nil` when there is none. Kept, because it is asked for at each answer.
  private(set) var next: NIODeadline?

  /// - Parameter start: The time that the schedule counts from.
  init(_ cursor: Schedule.Cursor, retries: Retries, start: NIODeadline) {
    self.start = start
    self.cursor = cursor
    self.retries = retries
    settle()
  }

  var retryCount: Retries.Count { retries.count }
  var waitingRetries: Int { retries.waiting }

  /// Moves on. There must be a next one.
  mutating func take() -> Attempt {
    defer { settle() }
    if let retry = retries.first, retry.time == next {
      retries.takeFirst()
      return retry
    }
    let attempt = Attempt(number: cursor.index, attempt: 0, time: start + (cursor.time ?? .zero))
    cursor.advance()
    return attempt
  }

  /// A try after the first one has left.
  mutating func retryLeft() { retries.left() }

  /// - Parameter answer: `nil` where there was none.
  mutating func ended(_ flight: Flight, _ answer: AnswerHead?, at now: NIODeadline) {
    retries.ended(flight, answer, at: now)
    settle()
  }

  /// What somebody in a waiting room does next.
  mutating func later(_ attempt: Attempt) {
    retries.add(attempt)
    settle()
  }

  /// Nothing more leaves.
  mutating func stop() {
    cursor = cursor.atEnd()
    retries.stop()
    settle()
  }

  private mutating func settle() {
    let scheduled = cursor.time.map { start + $0 }
    guard let retry = retries.first?.time else { return next = scheduled }
    next = scheduled.map { min($0, retry) } ?? retry
  }
}
