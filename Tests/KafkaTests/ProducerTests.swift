import Secrets
import TestSupport
import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(1)))
struct ProducerTests {
  @Test func `a delivered record is reported with its partition and offset (I3)`() async throws {
    try await withBroker(partitions: 3) { _, cluster in
      let reports = Reports()
      let producer = try Producer(cluster: cluster, topic: topic, logger: logger, onReports: reports.handler)
      for tag in 0..<5 { try producer.produce(partition: 2, value: "record", tag: UInt64(tag)) }
      let delivered = await reports.next(5)
      #expect(delivered.map(\.tag) == [0, 1, 2, 3, 4])
      for (offset, report) in delivered.enumerated() {
        let position = LogPosition(partition: 2, offset: Offset(Int64(offset)))
        guard case .persisted(position) = report.delivery else {
          Issue.record("record \(offset): \(report.delivery)")
          continue
        }
      }
      #expect(await producer.shutdown(deadline: .seconds(5)) == 0)
    }
  }

  @Test func `records that are sent as a whole have each its fate, also one that is refused`() async throws {
    try await withBroker(partitions: 2) { _, cluster in
      let producer = try Producer(cluster: cluster, topic: topic, logger: logger) { _ in }
      let records = (0..<Int32(100)).map { number in
        // The topic has no partition 7.
        OutgoingRecord(partition: Partition(number == 51 ? 7 : number % 2), key: [], value: Array("\(number)".utf8))
      }
      let fates = await producer.send(records)
      #expect(fates.count == records.count)
      #expect(fates[51].failure == .unknownTopic)
      let reader = try LogReader(cluster: cluster, topic: topic, logger: logger)
      for partition: Partition in [0, 1] {
        try await reader.read(partition: partition, from: 0, upTo: partition == 0 ? 50 : 49) { record in
          let number = try #require(record.value.flatMap { Int(String(decoding: $0, as: UTF8.self)) })
          #expect(fates[number].offset == record.offset)
        }
      }
      #expect(await producer.send([]).isEmpty)
    }
  }

  @Test func `a record keeps its key, its value and the partition it was given`() async throws {
    try await withBroker(partitions: 2) { _, cluster in
      let producer = try Producer(cluster: cluster, topic: topic, logger: logger) { _ in }
      let delivery = await producer.send(partition: 1, key: Array("sale/sku#0".utf8), value: [0, 1, 255])
      #expect(delivery.offset == 0)
      let tombstone = await producer.send(partition: 1, key: [], value: [])
      #expect(tombstone.offset == 1)
      let reader = try LogReader(cluster: cluster, topic: topic, logger: logger)
      var keys: [[UInt8]?] = []
      var values: [[UInt8]?] = []
      try await reader.read(partition: 1, from: 0, upTo: 2) { record in
        keys.append(record.key.map { Array($0) })
        values.append(record.value.map { Array($0) })
        #expect(record.timestamp > 1_500_000_000_000)
      }
      #expect(keys == [Array("sale/sku#0".utf8), nil])
      #expect(values == [[0, 1, 255], nil])
      #expect(try await reader.watermarks(partition: 0) == (0, 0))
    }
  }

  @Test func `a full queue refuses at once (I11)`() async throws {
    try await withBroker { broker, cluster in
      try broker.setDown(1)
      var tuning = ProducerTuning()
      tuning.queueRecords = 10
      let reports = Reports()
      let producer = try Producer(
        cluster: cluster, topic: topic, tuning: tuning, logger: logger, onReports: reports.handler)
      for tag in 0..<10 { try producer.produce(value: "waiting", tag: UInt64(tag)) }
      #expect(producer.outstanding >= 10)
      let begin = ContinuousClock.now
      let error = #expect(throws: KafkaError.self) { try producer.produce(value: "one too many", tag: 10) }
      #expect(error?.code == .queueFull)
      #expect(error?.isRetriable == true)
      #expect(.now - begin < .seconds(2))
      #expect(await producer.shutdown(deadline: .zero) == 10)
      #expect(Set(reports.tags) == Set(0..<10))
    }
  }

  @Test func `a shutdown delivers what is outstanding and then refuses`() async throws {
    try await withBroker { _, cluster in
      var tuning = ProducerTuning()
      tuning.linger = .seconds(1)
      let reports = Reports()
      let producer = try Producer(
        cluster: cluster, topic: topic, tuning: tuning, logger: logger, onReports: reports.handler)
      for tag in 0..<1_000 { try producer.produce(value: "last", tag: UInt64(tag)) }
      #expect(await producer.shutdown(deadline: .seconds(10)) == 0)
      #expect(reports.tags.count == 1_000)
      #expect(await reports.next(1_000).allSatisfy { $0.delivery.offset != nil })
      let error = #expect(throws: KafkaError.self) { try producer.produce(value: "too late", tag: 1_000) }
      #expect(error?.code == .closed)
      #expect(producer.outstanding == 0)
      #expect(await producer.send(partition: 0, key: [], value: [1]).failure == .closed)
    }
  }

  @Test func `after a fatal error a new client takes over and no record is reported twice`() async throws {
    try await withBroker { broker, cluster in
      let reports = Reports()
      let producer = try Producer(cluster: cluster, topic: topic, logger: logger, onReports: reports.handler)
      try producer.produce(value: "before", tag: 0)
      #expect(await reports.next(1).first?.delivery.offset == 0)
      // These two are on their way when the client fails.
      try broker.setRoundTrip(.milliseconds(200))
      try producer.produce(value: "meanwhile", tag: 1)
      try producer.produce(value: "meanwhile", tag: 2)
      producer.core.failFatally()
      #expect(Set(await reports.next(2).map(\.tag)) == [1, 2])
      try broker.setRoundTrip(.zero)
      while try !producer.offer(value: "after", tag: 3) { await Task.yield() }
      // The record may have gone to the failing client in its last moment; the next one does not.
      _ = await reports.next(1)
      var delivery = await producer.send(partition: 0, key: [], value: [1])
      while delivery.failure == .fatal { delivery = await producer.send(partition: 0, key: [], value: [1]) }
      #expect(delivery.offset != nil)
      #expect(await producer.shutdown(deadline: .seconds(5)) == 0)
      #expect(reports.tags.sorted() == [0, 1, 2, 3])
    }
  }

  @Test(arguments: [
    ("no.such.setting", "secret"), ("acks", "leader"), ("socket.timeout.ms", "soon"),
    ("bootstrap.servers", "elsewhere:9092"),
  ])
  func `a wrong setting is refused by its name`(name: String, value: String) throws {
    let cluster = ClusterSettings(brokers: "127.0.0.1:1", options: [name: .init(value)])
    let error = #expect(throws: KafkaError.self) {
      try Producer(cluster: cluster, topic: topic, logger: logger) { _ in }
    }
    #expect(error?.code == .configuration)
    #expect(error?.description.contains(name) == true)
    // A setting can be a secret.
    #expect(error?.description.contains(value) == false)
  }

  @Test func `what librdkafka has to say goes to the logger`() async throws {
    let lines = LogLines()
    let producer = try Producer(
      cluster: ClusterSettings(brokers: "127.0.0.1:1"), topic: topic, logger: lines.logger
    ) { _ in }
    await lines.wait(for: "127.0.0.1:1")
    #expect(await producer.shutdown(deadline: .zero) == 0)
    LibraryVersion.log(to: lines.logger)
    await lines.wait(for: "librdkafka \(LibraryVersion.string)")
  }

  @Test func `throughput is printed, not judged`() async throws {
    try await withBroker(partitions: 4) { _, cluster in
      let count = 200_000
      let begin = ContinuousClock.now
      let partitions = (0..<4).map { Partition($0) }
      for partition in partitions { try await fill(cluster, partition: partition, count: count / 4) }
      let elapsed = ContinuousClock.now - begin
      let reader = try LogReader(cluster: cluster, topic: topic, logger: logger)
      for partition in partitions {
        #expect(try await reader.watermarks(partition: partition) == (0, Offset(Int64(count / 4))))
      }
      print("produced \(count) records in \(elapsed)")
    }
  }
}
