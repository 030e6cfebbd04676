import FlashSale
import OrderLog
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct OrderReaderTests {
  private let number = SaleNumber(rawValue: 7)

  private func record(_ record: LogRecord, _ sale: Sale, _ sku: String, in partition: Partition = 0) throws
    -> OutgoingRecord
  {
    var record = OutgoingRecord(record, under: RecordKey(sale: sale, sku: try SKU(validating: sku)), partitions: 1)
    record.partition = partition
    return record
  }

  @Test func `bounds and ends are of each partition, also of an empty one`() async throws {
    try await withBroker(partitions: 3) { _, cluster in
      let phones = try sale(of: ["phone"])
      let records = try (0..<5).map { _ in try record(request(number, "phone"), phones, "phone", in: 1) }
      try await OrderWriter(cluster).write(records)
      let reader = try OrderReader(cluster)
      #expect(try await reader.ends(of: 3) == [0: 0, 1: 5, 2: 0])
      #expect(try await reader.bounds(of: 0) == 0..<0)
      #expect(try await reader.bounds(of: 1) == 0..<5)
      #expect(try await reader.end(of: 1) == 5)
      #expect(try await reader.texts(of: 2) { "\($0.offset)" }.isEmpty)
      #expect(try await reader.partitionsWithLeader(timeout: .seconds(5)) == [0, 1, 2])
    }
  }

  @Test func `a written record is read again as it was, at the place that its report tells`() async throws {
    try await withBroker(partitions: 2) { _, cluster in
      let (reports, report) = AsyncStream.makeStream(of: DeliveryReport.self)
      let writer = try OrderWriter(cluster: cluster, topic: topic, logger: quietLogger) { reports in
        for one in reports { report.yield(one) }
      }
      let placed = try request(number, "phone")
      try writer.write(placed, under: Array("double11/phone#0".utf8), to: 1, tag: 42)
      let told = try #require(await reports.first { _ in true })
      #expect(told.tag == 42)
      guard case .persisted(LogPosition(partition: 1, offset: 0)) = told.delivery else {
        Issue.record("\(told.delivery)")
        return
      }
      var found: [LogRecord] = []
      try await OrderReader(cluster).read(0..<1, of: 1) { record in
        found.append(try record.decoded())
        #expect(record.offset == 0 && record.saleInKey == SaleID(rawValue: "double11"))
      }
      #expect(found == [placed])
      _ = await writer.shutdown(deadline: .seconds(5))
    }
  }

  @Test func `a stretch has the records of its offsets, readable or not`() async throws {
    try await withBroker { _, cluster in
      let phones = try sale(of: ["phone"])
      var broken = try record(request(number, "phone"), phones, "phone")
      broken.value = [0x08, 0x63]
      var tombstone = broken
      (tombstone.key, tombstone.value) = ([], [])
      let sound = try record(.close(StockKey(sale: number, sku: SKU(validating: "phone")), at: now), phones, "phone")
      try await OrderWriter(cluster).write([sound, broken, tombstone, sound])
      let reader = try OrderReader(cluster)
      var found: [String] = []
      try await reader.read(1..<4, of: 0) { record in
        let sale = record.saleInKey?.rawValue ?? "none"
        do throws(UnreadableRecord) {
          guard case .close = try record.decoded() else {
            Issue.record("no close")
            return
          }
          found.append("\(record.offset) close \(sale)")
        } catch {
          found.append("\(record.offset) \(error) \(sale)")
        }
      }
      #expect(
        found == [
          "1 \(UnreadableRecord.unknownSchema(0x63)) double11", "2 \(UnreadableRecord.tombstone) none",
          "3 close double11",
        ])
      let short = await #expect(throws: KafkaError.self) { try await reader.read(2..<5, of: 0) { _ in } }
      #expect(short?.code == .offsetOutOfRange)
    }
  }

  @Test func `an empty stretch asks nobody, and a log that does not answer is told in time`() async throws {
    let reader = try OrderReader(ClusterSettings(brokers: "127.0.0.1:1"))
    try await reader.read(5..<5, of: 0) { _ in Issue.record("there is no record") }
    await #expect(throws: KafkaError.self) { try await reader.ends(of: 4, timeout: .milliseconds(500)) }
    await #expect(throws: KafkaError.self) { try await reader.bounds(of: 0, timeout: .milliseconds(500)) }
  }

  @Test func `the deadline of the ends is of all of them together`() async throws {
    try await withBroker(partitions: 4) { broker, cluster in
      let reader = try OrderReader(cluster)
      // The first question finds the leaders.
      #expect(try await reader.ends(of: 4).count == 4)
      try broker.setRoundTrip(.milliseconds(400))
      let late = await #expect(throws: KafkaError.self) { try await reader.ends(of: 4, timeout: .milliseconds(700)) }
      #expect(late?.code == .timedOut)
      #expect(try await reader.ends(of: 4, timeout: .seconds(30)) == [0: 0, 1: 0, 2: 0, 3: 0])
    }
  }

  @Test func `the tail counts the requests of one sale past the progress`() async throws {
    try await withBroker { _, cluster in
      let (phones, cases) = (try sale(of: ["phone"]), try sale("other", of: ["case"]))
      let other = SaleNumber(rawValue: 8)
      var broken = try record(request(number, "phone"), phones, "phone")
      broken.value = [1, 2, 3]
      let close = LogRecord.close(StockKey(sale: number, sku: try SKU(validating: "phone")), at: now)
      try await OrderWriter(cluster).write([
        try record(request(number, "phone"), phones, "phone"), try record(request(other, "case"), cases, "case"),
        try record(request(number, "phone"), phones, "phone"), broken, try record(close, phones, "phone"),
      ])
      let reader = try OrderReader(cluster)
      func tail(_ sale: Sale, _ number: SaleNumber, from progress: [Partition: Offset]) async throws -> Int64 {
        try await reader.requests(of: sale, numbered: number, from: progress, partitions: 1)
      }
      // What cannot be read counts by its key.
      #expect(try await tail(phones, number, from: [:]) == 3)
      #expect(try await tail(phones, number, from: [0: 1]) == 2)
      #expect(try await tail(cases, other, from: [:]) == 1)
      #expect(try await tail(phones, number, from: [0: 5]) == 0)
    }
  }

  @Test func `the tail of a sale in empty partitions is nothing`() async throws {
    try await withBroker(partitions: 3) { _, cluster in
      let empty = try sale(of: (0..<20).map { "sku\($0)" })
      let count = try await OrderReader(cluster).requests(of: empty, numbered: number, from: [:], partitions: 3)
      #expect(count == 0)
    }
  }
}
