import Kafka
import Testing

@Suite(.timeLimit(.minutes(1)))
struct DeliveryTests {
  @Test(arguments: [
    (EmbeddedBroker.Fault.messageTooLarge, KafkaError.Code.messageTooLarge),
    (.topicAuthorizationFailed, .authentication),
  ])
  func `a record that the broker refuses has failed`(fault: EmbeddedBroker.Fault, code: KafkaError.Code) async throws {
    try await withBroker { broker, cluster in
      let producer = try Producer(cluster: cluster, topic: topic, logger: logger) { _ in }
      try broker.failNext(request: .produce, with: [fault])
      #expect(await producer.send(partition: 0, key: [], value: [1]).failure == code)
      #expect(try await LogReader(cluster: cluster, topic: topic, logger: logger).watermarks(partition: 0) == (0, 0))
    }
  }

  @Test func `a partition that does not exist has failed`() async throws {
    try await withBroker { _, cluster in
      let producer = try Producer(cluster: cluster, topic: topic, logger: logger) { _ in }
      #expect(await producer.send(partition: 7, key: [], value: [1]).failure == .unknownTopic)
    }
  }

  @Test(arguments: [EmbeddedBroker.Fault.notLeader, .notEnoughReplicas, .unknownServerError])
  func `an answer that a leader can give after appending is unknown (I12)`(fault: EmbeddedBroker.Fault) async throws {
    try await withBroker { broker, cluster in
      let producer = try Producer(cluster: cluster, topic: topic, tuning: .impatient, logger: logger) { _ in }
      try broker.failNext(request: .produce, with: [fault], count: 1_000)
      let delivery = await producer.send(partition: 0, key: [], value: [1])
      #expect(delivery.doubt != nil, "\(delivery)")
      try broker.clearFaults(request: .produce)
      #expect(await producer.send(partition: 0, key: [], value: [1]).offset != nil)
    }
  }

  @Test func `a lost answer is unknown, and the record can be in the log (I12)`() async throws {
    try await withBroker { broker, cluster in
      let producer = try Producer(cluster: cluster, topic: topic, tuning: .impatient, logger: logger) { _ in }
      #expect(await producer.send(partition: 0, key: [], value: [1]).offset == 0)
      try broker.setRoundTrip(.seconds(4))
      #expect(await producer.send(partition: 0, key: [], value: [2]).doubt == .timedOut)
      try broker.setRoundTrip(.zero)
      let reader = try LogReader(cluster: cluster, topic: topic, logger: logger)
      #expect(try await reader.watermarks(partition: 0).high >= 2)
    }
  }

  @Test func `a broker that went away makes it unknown, and its return makes it work (I12)`() async throws {
    try await withBroker { broker, cluster in
      let producer = try Producer(cluster: cluster, topic: topic, tuning: .impatient, logger: logger) { _ in }
      #expect(await producer.send(partition: 0, key: [], value: [1]).offset == 0)
      try broker.setDown(1)
      #expect(await producer.send(partition: 0, key: [], value: [2]).doubt == .timedOut)
      try broker.setUp(1)
      var delivery = await producer.send(partition: 0, key: [], value: [3])
      while delivery.doubt != nil { delivery = await producer.send(partition: 0, key: [], value: [3]) }
      #expect(delivery.offset != nil)
    }
  }

  @Test func `what a shutdown gives up is reported unknown and counted (I12)`() async throws {
    try await withBroker { broker, cluster in
      let reports = Reports()
      let producer = try Producer(cluster: cluster, topic: topic, logger: logger, onReports: reports.handler)
      #expect(await producer.send(partition: 0, key: [], value: [1]).offset == 0)
      try broker.setRoundTrip(.seconds(5))
      for tag in 0..<20 { try producer.produce(value: "stuck", tag: UInt64(tag)) }
      #expect(await producer.shutdown(deadline: .milliseconds(300)) == 20)
      #expect(reports.tags.sorted() == Array(0..<20))
      #expect(await reports.next(20).allSatisfy { $0.delivery.doubt == .closed })
      // Asked again, it says the same.
      #expect(await producer.shutdown(deadline: .seconds(30)) == 20)
    }
  }
}
