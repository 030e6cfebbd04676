import Kafka
import Logging
import Synchronization
import TestSupport

/// The topic of every test.
let topic = "orders"

/// Lines of librdkafka are part of a failed test's output only when somebody asks for them.
let logger: Logger = {
  var logger = Logger(label: "kafka-tests")
  logger.logLevel = .critical
  return logger
}()

/// Runs a test against an embedded broker of its own.
func withBroker(
  brokers: Int = 1, partitions: Int = 1, _ body: (EmbeddedBroker, ClusterSettings) async throws -> Void
) async throws {
  let broker = try EmbeddedBroker(brokers: brokers, topics: [(topic, partitions)], logger: logger)
  do {
    try await body(broker, ClusterSettings(brokers: broker.bootstrapServers))
  } catch {
    await broker.shutdown()
    throw error
  }
  await broker.shutdown()
}

extension ConsumerTuning {
  /// Reads as fast as the embedded broker can.
  static var quick: ConsumerTuning {
    var tuning = ConsumerTuning()
    tuning.fetchWait = .milliseconds(10)
    return tuning
  }
}

extension ProducerTuning {
  /// Gives up after a moment.
  static var impatient: ProducerTuning {
    var tuning = ProducerTuning()
    tuning.messageTimeout = .milliseconds(1_500)
    tuning.linger = .zero
    return tuning
  }
}

extension Producer {
  func produce(partition: Partition = 0, key: String = "key", value: String, tag: UInt64) throws(KafkaError) {
    let key = Array(key.utf8)
    let value = Array(value.utf8)
    // withUnsafeBytes has no typed throws.
    let refusal: KafkaError? = key.withUnsafeBytes { key in
      value.withUnsafeBytes { value in
        do throws(KafkaError) {
          try produce(partition: partition, key: key, value: value, tag: tag)
          return nil
        } catch {
          return error
        }
      }
    }
    if let refusal { throw refusal }
  }
}

extension Producer {
  /// Whether the record was taken; `false` while the queue is full or the client is being replaced.
  func offer(partition: Partition = 0, value: String, tag: UInt64) throws(KafkaError) -> Bool {
    do throws(KafkaError) {
      try produce(partition: partition, value: value, tag: tag)
      return true
    } catch {
      guard error.code == .queueFull || error.code == .fatal else { throw error }
      return false
    }
  }
}

/// Takes a producer's reports and lets a test wait for them.
final class Reports: Sendable {
  private let stream: AsyncStream<DeliveryReport>
  private let continuation: AsyncStream<DeliveryReport>.Continuation
  private let seen = Mutex<[UInt64]>([])

  init() {
    (stream, continuation) = AsyncStream.makeStream(of: DeliveryReport.self)
  }

  var handler: @Sendable ([DeliveryReport]) -> Void {
    { reports in
      self.seen.withLock { $0 += reports.map(\.tag) }
      for report in reports { self.continuation.yield(report) }
    }
  }

  /// Every tag reported so far, in the order of the reports.
  var tags: [UInt64] { seen.withLock { $0 } }

  func next(_ count: Int) async -> [DeliveryReport] {
    var reports: [DeliveryReport] = []
    var iterator = stream.makeAsyncIterator()
    while reports.count < count, let report = await iterator.next() { reports.append(report) }
    return reports
  }
}

extension Delivery {
  var offset: Offset? { if case .persisted(let position) = self { position.offset } else { nil } }
  var failure: KafkaError.Code? { if case .failed(let error) = self { error.code } else { nil } }
  var doubt: KafkaError.Code? { if case .unknown(let error) = self { error.code } else { nil } }
}

/// These offsets, one by one.
func offsets(_ range: Range<Int64>) -> [Offset] { range.map { Offset($0) } }

/// Writes `count` records, `0`, `1`, …, and returns when all are in the log.
func fill(_ cluster: ClusterSettings, partition: Partition = 0, count: Int, from first: Int = 0) async throws {
  let reports = Reports()
  let producer = try Producer(cluster: cluster, topic: topic, logger: logger, onReports: reports.handler)
  for number in first..<(first + count) {
    while try !producer.offer(partition: partition, value: String(number), tag: UInt64(number)) { await Task.yield() }
  }
  _ = await producer.shutdown(deadline: .seconds(20))
}

extension RecordBatch {
  var offsets: [Offset] {
    var offsets: [Offset] = []
    forEach { offsets.append($0.offset) }
    return offsets
  }

  var values: [String] {
    var values: [String] = []
    forEach { record in values.append(record.value.map { String(decoding: $0, as: UTF8.self) } ?? "null") }
    return values
  }
}
