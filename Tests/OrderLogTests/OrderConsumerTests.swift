import FlashSale
import OrderLog
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct OrderConsumerTests {
  @Test func `a queue gives the records from an offset on, decoded, and each with its fingerprint (I5)`()
    async throws
  {
    try await withBroker(partitions: 2) { _, cluster in
      let number = SaleNumber(rawValue: 7)
      let key = RecordKey(sale: try sale(of: ["phone"]), sku: try SKU(validating: "phone"))
      let placed = try (0..<10).map { _ in try request(number, "phone") }
      try await OrderWriter(cluster).write(
        placed.map { OutgoingRecord(partition: 1, key: Array(key.text.utf8), value: $0.encoded()) })
      var tuning = ConsumerTuning()
      tuning.fetchWait = .milliseconds(10)
      let consumer = try OrderConsumer(
        cluster: cluster, topic: topic, group: "group", tuning: tuning, logger: quietLogger)
      let queue = try await consumer.start(1, at: 4)
      var found: [LogRecord] = []
      while found.count < 6 {
        let batch = try #require(try await queue.next(max: 4))
        var here: [Offset] = []
        try batch.forEach { record in
          let record = (offset: record.offset, decoded: try record.decoded())
          #expect(
            batch.fingerprint(at: record.offset)
              == record.decoded.withEncodedBytes { RecordFingerprint(of: $0) })
          found.append(record.decoded)
          here.append(record.offset)
        }
        #expect(here.count == batch.count && here == here.sorted())
      }
      #expect(found == Array(placed[4...]))
      #expect(try await consumer.bounds(of: 1, timeout: .seconds(10)) == 0..<10)
      #expect(try await consumer.bounds(of: 0, timeout: .seconds(10)) == 0..<0)
      await consumer.stop(queue)
      #expect(try await queue.next(max: 1) == nil)
      await consumer.close(deadline: .seconds(10))
    }
  }

  @Test func `a lag tool is told the next offset of a partition`() async throws {
    try await withBroker { _, cluster in
      let consumer = try OrderConsumer(
        cluster: cluster, topic: topic, group: "group", tuning: ConsumerTuning(), logger: quietLogger)
      let queue = try await consumer.start(0, at: 0)
      #expect(try await consumer.committedForLagTools(of: 0, timeout: .seconds(10)) == nil)
      consumer.commitForLagTools(3, of: 0)
      #expect(
        try await eventually { try await consumer.committedForLagTools(of: 0, timeout: .seconds(10)) == Offset(3) })
      consumer.commitForLagTools(4, of: 0)
      await consumer.close(deadline: .seconds(10))
      let next = try OrderConsumer(
        cluster: cluster, topic: topic, group: "group", tuning: ConsumerTuning(), logger: quietLogger)
      #expect(try await next.committedForLagTools(of: 0, timeout: .seconds(10)) == Offset(4))
      await next.close(deadline: .seconds(10))
      _ = queue
    }
  }
}
