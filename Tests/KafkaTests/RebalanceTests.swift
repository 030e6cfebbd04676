import Kafka
import Synchronization
import Testing

/// What the database is to the workers: how far each partition got, whoever did it.
private final class Progress: Sendable {
  private struct State {
    var next: [Int32: Int64] = [:]
    var wrong: [String] = []
  }

  private let state = Mutex(State())
  private let grew: AsyncStream<Int64>
  private let continuation: AsyncStream<Int64>.Continuation

  init() {
    (grew, continuation) = AsyncStream.makeStream(of: Int64.self, bufferingPolicy: .bufferingNewest(1))
  }

  func start(of partition: Int32) -> Int64 { state.withLock { $0.next[partition, default: 0] } }
  var mistakes: [String] { state.withLock { $0.wrong } }

  func take(_ batch: RecordBatch, of partition: Int32, by member: String) {
    let total = state.withLock { state in
      batch.forEach { record in
        let expected = state.next[partition, default: 0]
        if record.offset != expected { state.wrong.append("\(member): \(partition)@\(record.offset), not \(expected)") }
        state.next[partition] = record.offset + 1
      }
      return state.next.values.reduce(0, +)
    }
    continuation.yield(total)
  }

  func reaches(_ total: Int64) async {
    for await now in grew where now >= total { return }
  }
}

/// A worker as the documentation of `Consumer` says it has to be.
private struct Member: Sendable {
  let consumer: Consumer
  let assignments: AsyncStream<[Int32]>
  private let task: Task<Void, any Error>

  init(_ name: String, cluster: ClusterSettings, progress: Progress) throws {
    let consumer = try Consumer(cluster: cluster, topic: topic, group: "workers", tuning: .quick, logger: logger)
    let (assignments, continuation) = AsyncStream.makeStream(of: [Int32].self)
    self.consumer = consumer
    self.assignments = assignments
    task = Task {
      var lanes: [Task<Void, any Error>] = []
      for await event in consumer.events {
        switch event {
        case .assigned(let partitions):
          let starts = Dictionary(uniqueKeysWithValues: partitions.map { ($0, progress.start(of: $0)) })
          lanes = try await consumer.assign(starts).map { queue in
            Task {
              while let batch = try await queue.next(max: 50) { progress.take(batch, of: queue.partition, by: name) }
            }
          }
          continuation.yield(partitions)
        case .revoked:
          // The queues end first, so the lanes do; only then may someone else start where they stopped.
          for lane in lanes { lane.cancel() }
          for lane in lanes { try await lane.value }
          try await consumer.unassign()
        case .failed(let error):
          Issue.record("\(name): \(error.debugDescription)")
        }
      }
      for lane in lanes { try await lane.value }
    }
  }

  /// The next assignment that has this many partitions.
  func waitForAssignment(of count: Int) async {
    for await partitions in assignments where partitions.count == count { return }
  }

  func leave() async throws {
    await consumer.close(deadline: .seconds(10))
    try await task.value
  }
}

@Suite(.timeLimit(.minutes(2)))
struct RebalanceTests {
  @Test func `when members join and leave, every record is seen once, in order, by the holder (I5)`() async throws {
    try await withBroker(partitions: 4) { _, cluster in
      let progress = Progress()
      let (stop, doStop) = AsyncStream.makeStream(of: Void.self)
      // Traffic that goes on through all rebalances.
      let traffic = Task {
        let producer = try Producer(cluster: cluster, topic: topic, logger: logger) { _ in }
        var sent: Int64 = 0
        while !Task.isCancelled {
          for partition in 0..<Int32(4) {
            guard await producer.send(partition: partition, key: [], value: [1]).offset != nil else { continue }
            sent += 1
          }
        }
        doStop.finish()
        _ = await producer.shutdown(deadline: .seconds(5))
        return sent
      }
      let first = try Member("first", cluster: cluster, progress: progress)
      await first.waitForAssignment(of: 4)
      let second = try Member("second", cluster: cluster, progress: progress)
      await second.waitForAssignment(of: 2)
      await first.waitForAssignment(of: 2)
      let before = (0..<Int32(4)).map { progress.start(of: $0) }.reduce(0, +)
      await progress.reaches(before + 200)
      try await second.leave()
      await first.waitForAssignment(of: 4)
      traffic.cancel()
      for await _ in stop {}
      await progress.reaches(try await traffic.value)
      try await first.leave()
      #expect(progress.mistakes == [])
    }
  }
}
