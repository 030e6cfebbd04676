import Kafka
import Logging
import Postgres
import Time

/// Does steps that need PostgreSQL or the log, again and again until they answer, and says what it waits for.
struct Waiting: Sendable {
  /// Told what is waited for and why, as often as that changes; for readiness.
  let tell: @Sendable (String) -> Void
  let logger: Logger

  /// Does a step, with growing pauses while what it needs cannot be reached or, for the log, refuses us.
  ///
  /// It waits through a refusal of the log too (docs/decisions/0023): credentials take time to reach every broker, and
  /// a broker that is just starting breaks a handshake off. A refusal of PostgreSQL has a code of its own, and waiting
  /// does not mend it. Throws that, and whatever else waiting does not mend; ends at once when the task is cancelled.
  func callAsFunction<Value: Sendable>(
    for what: String, _ step: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    var backoff = Backoff(within: Limits.waitingPause)
    var said = ""
    var saidAt = ContinuousClock.now
    tell("waiting for \(what)")
    while true {
      do {
        return try await Self.abandonable(step)
      } catch {
        guard let reason = Self.reasonToWait(error) else { throw error }
        if reason != said || .now - saidAt > Limits.waitingReminder {
          logger.warning("waiting for \(what): \(reason)")
          tell("waiting for \(what): \(reason)")
          (said, saidAt) = (reason, .now)
        }
      }
      try await Task.sleep(for: backoff.next())
    }
  }

  /// Why waiting may help; `nil` if it does not.
  private static func reasonToWait(_ error: any Error) -> String? {
    switch error {
    case let error as PostgresError:
      !error.isRefusal && (error.isRetriable || error.isConnectionLost) ? error.reason : nil
    case let error as KafkaError: error.isRetriable || error.code == .authentication ? error.reason : nil
    case let error as NotYet: error.reason
    default: nil
    }
  }

  /// Runs a step that may block in libpq or librdkafka for its whole deadline. When the task is cancelled it is left
  /// behind: it has changed nothing that anybody waits for, and the process is about to end.
  private static func abandonable<Value: Sendable>(
    _ step: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let (results, result) = AsyncThrowingStream<Value, any Error>.makeStream()
    let task = Task {
      do {
        result.yield(try await step())
        result.finish()
      } catch {
        result.finish(throwing: error)
      }
    }
    defer { task.cancel() }
    // The stream of a cancelled task ends without a value.
    for try await value in results { return value }
    throw CancellationError()
  }
}

/// What a step needs is there, and not ready.
struct NotYet: Error {
  var reason: String
}
