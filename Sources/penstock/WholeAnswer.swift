/// What `exchange` answers, if it has answered whole by the deadline.
///
/// async-http-client's own deadline ends with an answer's head. This one holds for its last byte too: who drips is as
/// late as who is silent.
///
/// - Throws: what `exchange` throws; `late` at the deadline.
func wholeAnswer<Answer: Sendable>(
  within deadline: Duration, late: any Error, _ exchange: @escaping @Sendable () async throws -> Answer
) async throws -> Answer {
  try await withThrowingTaskGroup(of: Answer.self) { group in
    defer { group.cancelAll() }
    group.addTask { try await exchange() }
    group.addTask {
      try await Task.sleep(for: deadline)
      throw late
    }
    // One of the two always comes.
    guard let answer = try await group.next() else { throw CancellationError() }
    return answer
  }
}
