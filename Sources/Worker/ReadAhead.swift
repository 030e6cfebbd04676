internal import Kafka

/// Takes records from a partition's queue and decodes them: when they are asked for, or already while the ones before
/// are being written.
///
/// (1) One batch ahead at most, so that what a lane holds stays bounded (I11).
/// (2) What was read ahead is given before anything else, so that the order stays the log's (I5).
struct ReadAhead {
  typealias Answer = Result<HeldRecords?, KafkaError>

  private let queue: PartitionQueue
  private var running: Task<Answer, Never>?

  init(_ queue: PartitionQueue) { self.queue = queue }

  /// The next records, as `PartitionQueue.next` gives them: `nil` at the queue's end or when the task is cancelled.
  mutating func next() async -> Answer {
    guard let task = running.take() else { return await Self.take(from: queue) }
    return await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
  }

  /// Begins to read what `next` will give.
  mutating func begin() {
    if running == nil { running = Task { [queue] in await Self.take(from: queue) } }
  }

  /// Gives back what was read ahead, unread. Nothing is taken from the queue after it.
  mutating func end() async {
    guard let task = running.take() else { return }
    task.cancel()
    _ = await task.value
  }

  private static func take(from queue: PartitionQueue) async -> Answer {
    do throws(KafkaError) {
      return .success(try await queue.next(max: Limits.batchRecords).map(HeldRecords.init(_:)))
    } catch {
      return .failure(error)
    }
  }
}
