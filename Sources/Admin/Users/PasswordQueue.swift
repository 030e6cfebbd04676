internal import Accounts
internal import Dispatch
internal import HTTPServing
internal import Synchronization

/// Hashes passwords, one after another on a thread of its own: each takes some tenths of a second of a processor, and
/// Swift's pool has better things to do. At most `Limits.waitingSignIns` wait; past that, `busy` is thrown at once.
final class PasswordQueue: Sendable {
  private let queue = DispatchQueue(label: "penstock.passwords", qos: .utility)
  private let waiting = Mutex(0)
  private let cost: PasswordHash.Cost

  init(cost: PasswordHash.Cost) { self.cost = cost }

  /// - Parameter hash: `nil`: nobody's. It takes as long, so that nobody learns from the time which names there are.
  func matches(_ hash: PasswordHash?, _ password: String) async throws -> Bool {
    try await run { [cost] in
      guard let hash else {
        _ = try PasswordHash(password, cost: cost)
        return false
      }
      return try hash.matches(password)
    }
  }

  func hash(_ password: String) async throws -> PasswordHash {
    try await run { [cost] in try PasswordHash(password, cost: cost) }
  }

  private func run<Answer: Sendable>(_ work: @escaping @Sendable () throws -> Answer) async throws -> Answer {
    let isTaken = waiting.withLock { count in
      guard count < Limits.waitingSignIns else { return false }
      count += 1
      return true
    }
    guard isTaken else {
      throw Problem(.busy, detail: "Many sign in at the moment.").with {
        $0.retryAfterMilliseconds = Limits.retryAfterMilliseconds
      }
    }
    defer { waiting.withLock { $0 -= 1 } }
    return try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result(catching: work)) }
    }
  }
}
