import Synchronization

/// A value that several tasks change.
final class Locked<Value: Sendable>: Sendable {
  private let mutex: Mutex<Value>

  init(_ value: Value) { mutex = Mutex(value) }

  /// Lends the value.
  func with<Answer: Sendable>(_ body: (inout Value) -> Answer) -> Answer {
    mutex.withLock { value in body(&value) }
  }
}
