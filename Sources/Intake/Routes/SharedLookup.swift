internal import Synchronization

/// Questions to the store; those asked at once share one statement.
///
/// (1) At most `statements` of them run; what is asked meanwhile waits for the next one.
/// (2) At most `Limits.lookupsWaiting` questions wait; one more is refused at once.
/// (3) When a statement fails, all that wait fail with it: while PostgreSQL is away, none waits for a turn only to
/// fail.
final class SharedLookup<Question: Sendable, Finding: Sendable>: Sendable {
  /// Reads what was found, in the order of the questions: 1 to `Limits.lookupsPerStatement`.
  typealias Read = @Sendable ([Question]) async throws -> [Finding]

  /// What is told together, in the order of its questions.
  private struct Wait {
    let questions: [Question]
    let tell: @Sendable (Result<[Finding], any Error>) -> Void
  }

  private struct State {
    var waiting: [Wait] = []
    /// Questions of all in `waiting`.
    var count = 0
    var running = 0
  }

  private let statements: Int
  private let read: Read
  private let state = Mutex(State())

  init(statements: Int, _ read: @escaping Read) {
    self.statements = statements
    self.read = read
  }

  /// Asks one question. Throws `TooManyLookups`, or the store's error.
  func find(_ question: Question) async throws -> Finding {
    try await withCheckedThrowingContinuation { continuation in
      find([question]) { result in continuation.resume(with: result.map { $0[0] }) }
    }
  }

  /// Asks several questions with one statement.
  ///
  /// - Parameters:
  ///   - questions: 1 to `Limits.lookupsPerStatement`.
  ///   - tell: called once, on any thread, with the findings in the order of the questions, `TooManyLookups`, or the
  ///     store's error.
  func find(_ questions: [Question], _ tell: @escaping @Sendable (Result<[Finding], any Error>) -> Void) {
    let wait = Wait(questions: questions, tell: tell)
    let (isTaken, starts) = state.withLock { state in
      guard state.count + questions.count <= Limits.lookupsWaiting else { return (false, false) }
      state.waiting.append(wait)
      state.count += questions.count
      guard state.running < statements else { return (true, false) }
      state.running += 1
      return (true, true)
    }
    guard isTaken else { return tell(.failure(TooManyLookups())) }
    // A task per statement, not per question.
    if starts { Task { await run() } }
  }

  private func run() async {
    while let batch = nextBatch() {
      do {
        let findings = try await read(batch.flatMap(\.questions))
        var start = 0
        for wait in batch {
          wait.tell(.success(Array(findings[start..<(start + wait.questions.count)])))
          start += wait.questions.count
        }
      } catch {
        for wait in batch + takeAll() { wait.tell(.failure(error)) }
      }
    }
  }

  private func nextBatch() -> [Wait]? {
    state.withLock { state in
      guard !state.waiting.isEmpty else {
        state.running -= 1
        return nil
      }
      var (count, end) = (state.waiting[0].questions.count, 1)
      while end < state.waiting.count, count + state.waiting[end].questions.count <= Limits.lookupsPerStatement {
        count += state.waiting[end].questions.count
        end += 1
      }
      let batch = Array(state.waiting[..<end])
      state.waiting.removeFirst(end)
      state.count -= count
      return batch
    }
  }

  private func takeAll() -> [Wait] {
    state.withLock { state in
      defer { (state.waiting, state.count) = ([], 0) }
      return state.waiting
    }
  }
}

/// Too many questions wait already.
struct TooManyLookups: Error {}
