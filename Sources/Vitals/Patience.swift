/// Waiting for what can't be made to end.
public enum Patience {
  /// Does something and waits for it, at most so long. Past that it goes on by itself, and nobody hears of its end. It
  /// does not hear of a cancellation of the caller.
  ///
  /// - Parameter endsWithCaller: the wait is cut short by a cancellation of the caller.
  /// - Returns: `nil` if it took longer, or was cut short. Throws what it throws.
  public static func value<Value: Sendable>(
    atMost patience: Duration, endsWithCaller: Bool = false, of work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value? {
    let answer = Announcement<Value?, any Error>()
    let timer = Task {
      // Cancelled: there is an answer.
      guard (try? await Task.sleep(for: patience)) != nil else { return }
      answer.announce(.success(nil))
    }
    Task {
      do { answer.announce(.success(try await work())) } catch { answer.announce(.failure(error)) }
      timer.cancel()
    }
    return try await withTaskCancellationHandler {
      try await answer.value
    } onCancel: {
      if endsWithCaller { answer.announce(.success(nil)) }
    }
  }

  /// Does something that hears of cancellations, and cancels it at the deadline.
  ///
  /// For whole answers over HTTP: async-http-client's own deadline ends with the head, and this one holds for the last
  /// byte too. Who drips is as late as who is silent.
  ///
  /// - Throws: what `work` throws; `late` at the deadline.
  public static func answer<Answer: Sendable>(
    within deadline: Duration, late: any Error, of work: @escaping @Sendable () async throws -> Answer
  ) async throws -> Answer {
    try await withThrowingTaskGroup(of: Answer.self) { group in
      defer { group.cancelAll() }
      group.addTask { try await work() }
      group.addTask {
        try await Task.sleep(for: deadline)
        throw late
      }
      // One of the two always comes.
      guard let answer = try await group.next() else { throw CancellationError() }
      return answer
    }
  }

  /// Waits until all tasks have ended, or until the time is over.
  ///
  /// - Returns: whether they have.
  public static func wait(for tasks: [Task<Void, Never>], atMost patience: Duration) async -> Bool {
    let ended: Void? = try? await value(atMost: patience) { for task in tasks { await task.value } }
    return ended != nil
  }
}
