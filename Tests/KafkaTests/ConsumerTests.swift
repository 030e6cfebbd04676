import Kafka
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ConsumerTests {
  @Test func `a partition starts at the offset it is given (I6)`() async throws {
    try await withBroker(partitions: 2) { _, cluster in
      try await fill(cluster, partition: 0, count: 100)
      try await fill(cluster, partition: 1, count: 100)
      let consumer = try Consumer(cluster: cluster, topic: topic, group: "group", tuning: .quick, logger: logger)
      let queues = [try await consumer.start(0, at: 40), try await consumer.start(1, at: 99)]
      #expect(queues.map(\.partition) == [0, 1])
      var found: [Offset] = []
      while found.count < 60 { found += try #require(try await queues[0].next(max: 7)).offsets }
      #expect(found == offsets(40..<100))
      #expect(try await queues[1].next(max: 10)?.values == ["99"])
      #expect(try await consumer.watermarks(partition: 1, timeout: .seconds(5)) == (0, 100))
      await consumer.close(deadline: .seconds(10))
    }
  }

  @Test func `100,000 records come in order, in batches no larger than asked for (I5)`() async throws {
    try await withBroker { _, cluster in
      let count = 100_000
      try await fill(cluster, count: count)
      let consumer = try Consumer(cluster: cluster, topic: topic, group: "group", tuning: .quick, logger: logger)
      let queue = try await consumer.start(0, at: 0)
      let begin = ContinuousClock.now
      var next: Offset = 0
      while next.rawValue < count {
        let batch = try #require(try await queue.next(max: 3_000))
        #expect(batch.count <= 3_000)
        #expect(batch.firstOffset == next)
        #expect(batch.lastOffset.rawValue == next.rawValue + Int64(batch.count) - 1)
        batch.forEach { record in
          if record.offset != next { Issue.record("offset \(record.offset) instead of \(next)") }
          next = record.offset.next
        }
      }
      print("consumed \(count) records in \(ContinuousClock.now - begin)")
      await consumer.close(deadline: .seconds(10))
    }
  }

  @Test func `an offset that the log does not have stops that partition only`() async throws {
    try await withBroker(partitions: 2) { _, cluster in
      try await fill(cluster, partition: 0, count: 10)
      try await fill(cluster, partition: 1, count: 10)
      let consumer = try Consumer(cluster: cluster, topic: topic, group: "group", tuning: .quick, logger: logger)
      let queues = [try await consumer.start(0, at: 5_000), try await consumer.start(1, at: 0)]
      for _ in 0..<2 {
        let error = await #expect(throws: KafkaError.self) { try await queues[0].next(max: 10) }
        #expect(error?.code == .offsetOutOfRange)
      }
      #expect(try await queues[1].next(max: 10)?.firstOffset == 0)
      await consumer.close(deadline: .seconds(10))
    }
  }

  @Test func `only a real offset can be started, and nothing after the end`() async throws {
    try await withBroker { _, cluster in
      let consumer = try Consumer(cluster: cluster, topic: topic, group: "group", tuning: .quick, logger: logger)
      let error = await #expect(throws: KafkaError.self) { try await consumer.start(0, at: -2) }
      #expect(error?.code == .offsetOutOfRange)
      let queue = try await consumer.start(0, at: 0)
      await consumer.close(deadline: .seconds(10))
      let late = await #expect(throws: KafkaError.self) { try await consumer.start(0, at: 0) }
      #expect(late?.code == .closed)
      await consumer.stop(queue)
    }
  }

  @Test func `a partition that is started again gives its records from there, and its old queue ends (I5)`()
    async throws
  {
    try await withBroker { _, cluster in
      try await fill(cluster, count: 1_000)
      let consumer = try Consumer(cluster: cluster, topic: topic, group: "group", tuning: .quick, logger: logger)
      var queue = try await consumer.start(0, at: 0)
      // However much of it was fetched by then.
      for start in [Int64(500), 0, 999, 7, 300] {
        let old = queue
        queue = try await consumer.start(0, at: Offset(start))
        #expect(try await old.next(max: 10) == nil)
        await consumer.stop(old)
        var found: [Offset] = []
        while found.last != 999 { found += try #require(try await queue.next(max: 70)).offsets }
        #expect(found == offsets(start..<1_000))
      }
      await consumer.close(deadline: .seconds(10))
    }
  }

  @Test func `partitions start and stop one by one, and the others go on (I5)`() async throws {
    try await withBroker(partitions: 3) { _, cluster in
      let consumer = try Consumer(cluster: cluster, topic: topic, group: "group", tuning: .quick, logger: logger)
      let steady = try await consumer.start(0, at: 0)
      let reading = Task {
        var found: [Offset] = []
        while found.count < 5_000, let batch = try await steady.next(max: 100) { found += batch.offsets }
        return found
      }
      async let feeding: Void = fill(cluster, partition: 0, count: 5_000)
      try await fill(cluster, partition: 1, count: 100)
      for round in offsets(0..<20) {
        let queue = try await consumer.start(1, at: round)
        #expect(try await queue.next(max: 1)?.firstOffset == round)
        await consumer.stop(queue)
        #expect(try await queue.next(max: 1) == nil)
      }
      try await feeding
      #expect(try await reading.value == offsets(0..<5_000))
      await consumer.close(deadline: .seconds(10))
    }
  }

  @Test func `a partition starts although the group's coordinator does not answer`() async throws {
    try await withBroker(brokers: 2, partitions: 2) { broker, cluster in
      for partition in 0..<2 as Range<Int32> {
        try broker.moveLeader(topic: topic, partition: Partition(partition), to: 1)
        try await fill(cluster, partition: Partition(partition), count: 10)
      }
      // The broker that is away coordinates about half of them.
      for group in ["a", "b", "c", "d", "e", "f"] {
        let consumer = try Consumer(cluster: cluster, topic: topic, group: group, tuning: .quick, logger: logger)
        let first = try await consumer.start(0, at: 0)
        #expect(try await first.next(max: 1)?.firstOffset == 0)
        _ = try await consumer.committedForLagTools(partition: 0, timeout: .seconds(5))
        try broker.setDown(2)
        consumer.commitForLagTools([0: 5])
        // Tells the group, and does not wait for it.
        await consumer.stop(first)
        let begin = ContinuousClock.now
        let second = try await consumer.start(1, at: 3)
        #expect(try await second.next(max: 1)?.firstOffset == 3)
        #expect(.now - begin < .seconds(5))
        try broker.setUp(2)
        await consumer.close(deadline: .seconds(10))
      }
    }
  }

  @Test func `a cancelled lane gets no records and loses none`() async throws {
    try await withBroker { _, cluster in
      let consumer = try Consumer(cluster: cluster, topic: topic, group: "group", tuning: .quick, logger: logger)
      let queue = try await consumer.start(0, at: 0)
      let waiting = Task { try await queue.next(max: 10) }
      waiting.cancel()
      #expect(try await waiting.value == nil)
      try await fill(cluster, count: 3)
      var found: [Offset] = []
      while found.count < 3 { found += try #require(try await queue.next(max: 1)).offsets }
      #expect(found == [0, 1, 2])
      await consumer.close(deadline: .seconds(10))
    }
  }

  @Test func `no wake-up is lost under a trickle of single records`() async throws {
    try await withBroker { _, cluster in
      let consumer = try Consumer(cluster: cluster, topic: topic, group: "group", tuning: .quick, logger: logger)
      let queue = try await consumer.start(0, at: 0)
      let producer = try Producer(cluster: cluster, topic: topic, tuning: .impatient, logger: logger) { _ in }
      // One at a time: each record meets an empty queue and a waiting lane. A lost wake-up would wait for ever.
      for offset in offsets(0..<200) {
        #expect(await producer.send(partition: 0, key: [], value: [1]).offset == offset)
        #expect(try await queue.next(max: 10)?.offsets == [offset])
      }
      // At their own pace: records meet a lane that is just about to wait, or takes less than there is.
      let free = Int64(20_000)
      let trickle = Task {
        for tag in 0..<UInt64(free) {
          try producer.produce(value: "trickle", tag: tag)
          if tag % 8 == 0 { await Task.yield() }
        }
      }
      var next: Offset = 200
      while next.rawValue < 200 + free {
        let batch = try #require(try await queue.next(max: 3))
        #expect(batch.firstOffset == next)
        next = batch.lastOffset.next
      }
      try await trickle.value
      _ = await producer.shutdown(deadline: .seconds(5))
      await consumer.close(deadline: .seconds(10))
    }
  }

  @Test func `closing during traffic ends the lanes and does not hang`() async throws {
    try await withBroker { _, cluster in
      let consumer = try Consumer(cluster: cluster, topic: topic, group: "group", tuning: .quick, logger: logger)
      let queue = try await consumer.start(0, at: 0)
      let traffic = Task { try await fill(cluster, count: 50_000) }
      let (started, hasStarted) = AsyncStream.makeStream(of: Void.self)
      let lane = Task {
        var held: [RecordBatch] = []
        while let batch = try await queue.next(max: 100) {
          consumer.commitForLagTools([0: batch.lastOffset.next])
          if held.count < 10 { held.append(batch) }
          hasStarted.yield()
        }
        return held
      }
      for await _ in started { break }
      let begin = ContinuousClock.now
      await consumer.close(deadline: .seconds(20))
      #expect(.now - begin < .seconds(20))
      // What was taken before stays readable.
      #expect(try await lane.value.first?.firstOffset == 0)
      #expect(try await queue.next(max: 1) == nil)
      for await failure in consumer.failures { Issue.record("\(failure) after the end") }
      try await traffic.value
    }
  }

  @Test func `closing without a broker ends by its deadline`() async throws {
    try await withBroker { broker, cluster in
      let consumer = try Consumer(cluster: cluster, topic: topic, group: "group", tuning: .quick, logger: logger)
      let queue = try await consumer.start(0, at: 0)
      try broker.setDown(1)
      await consumer.close(deadline: .seconds(2))
      #expect(try await queue.next(max: 1) == nil)
    }
  }
}
