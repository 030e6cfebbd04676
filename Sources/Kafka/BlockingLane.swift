internal import Dispatch
internal import Vitals

/// A serial queue for the rare calls that block (watermarks, topic administration): one at a time, off Swift's pool.
///
/// librdkafka's queries can block past the time that they are given: 26 s were seen where 5 s were asked for. So each
/// caller's patience is kept here: past it, it is told `timedOut`, and what comes of the call is dropped. So it is at
/// once when the caller is cancelled: who is to stop waits for no broker. The calls behind one that blocks wait for it,
/// each with a patience of its own.
struct BlockingLane: Sendable {
  private let queue: DispatchQueue
  private let name: String
  private let waits: Waits

  /// - Parameters:
  ///   - name: what debuggers show.
  ///   - waits: where its calls are noted.
  init(name: String, waits: Waits) {
    queue = DispatchQueue(label: name)
    self.name = name
    self.waits = waits
  }

  /// Runs a call to its end, however long that takes.
  func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws(KafkaError) -> Value
  ) async throws(KafkaError) -> Value {
    try await result(of: body).get()
  }

  /// Runs a query that was given this much time, and waits little longer.
  func ask<Value: Sendable>(
    within timeout: Duration, _ body: @escaping @Sendable () throws(KafkaError) -> Value
  ) async throws(KafkaError) -> Value {
    let answer: Result<Value, KafkaError>? = try? await Patience.value(
      atMost: timeout + Limits.queryGrace, endsWithCaller: true
    ) {
      await waits.during(.logQuery, who: name) { await result(of: body) }
    }
    guard let answer else {
      throw KafkaError(.timedOut, detail: "a query outlasted its time of \(timeout), or its caller")
    }
    return try answer.get()
  }

  private func result<Value: Sendable>(
    of body: @escaping @Sendable () throws(KafkaError) -> Value
  ) async -> Result<Value, KafkaError> {
    await withCheckedContinuation { continuation in
      queue.async {
        do throws(KafkaError) {
          continuation.resume(returning: .success(try body()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
  }
}
