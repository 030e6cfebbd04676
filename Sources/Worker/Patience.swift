internal import Synchronization

/// Waiting for tasks that can't be made to end.
enum Patience {
  /// Waits until all tasks have ended, or until the time is over. Not cut short by a cancellation of the caller.
  ///
  /// - Returns: whether they have.
  static func wait(for tasks: [Task<Void, Never>], atMost patience: Duration) async -> Bool {
    await withCheckedContinuation { continuation in
      let once = Once(continuation)
      let ending = Task {
        for task in tasks { await task.value }
        once.resume(true)
      }
      let timer = Task {
        try? await Task.sleep(for: patience)
        once.resume(false)
      }
      // The timer has nothing left to do.
      Task {
        await ending.value
        timer.cancel()
      }
    }
  }

  private final class Once: Sendable {
    private let continuation: Mutex<CheckedContinuation<Bool, Never>?>

    init(_ continuation: CheckedContinuation<Bool, Never>) { self.continuation = Mutex(continuation) }

    func resume(_ value: Bool) {
      let waiting = continuation.withLock { continuation in
        defer { continuation = nil }
        return continuation
      }
      waiting?.resume(returning: value)
    }
  }
}
