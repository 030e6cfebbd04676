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

  /// Waits until all tasks have ended, or until the time is over.
  ///
  /// - Returns: whether they have.
  public static func wait(for tasks: [Task<Void, Never>], atMost patience: Duration) async -> Bool {
    let ended: Void? = try? await value(atMost: patience) { for task in tasks { await task.value } }
    return ended != nil
  }
}
