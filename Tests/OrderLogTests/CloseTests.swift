import FlashSale
import OrderLog
import Testing
import Time

extension OrderWriter {
  /// Closes each SKU of a sale, by the records of before, which logs still have.
  fileprivate func close(
    _ sale: Sale, numbered number: SaleNumber, at time: Timestamp, partitions: Int32
  ) async throws(Unwritten) {
    try await write(
      sale.items.map { item in
        OutgoingRecord(
          .close(StockKey(sale: number, sku: item.sku), at: time), under: RecordKey(sale: sale, sku: item.sku),
          partitions: partitions)
      })
  }
}

@Suite(.timeLimit(.minutes(1)))
struct CloseTests {
  private let number = SaleNumber(rawValue: 7)

  @Test func `closing 1,000 SKUs takes a few round trips, as closing one does`() async throws {
    try await withBroker(partitions: 4) { broker, cluster in
      let writer = try OrderWriter(cluster)
      let one = try sale(of: ["phone"])
      let many = try sale(of: (0..<1_000).map { "sku\($0)" })
      // The first one finds the leaders.
      try await writer.close(one, numbered: number, at: now, partitions: 4)
      try broker.setRoundTrip(.milliseconds(100))
      let clock = ContinuousClock()
      let single = try await clock.measure { try await writer.close(one, numbered: number, at: now, partitions: 4) }
      let whole = try await clock.measure { try await writer.close(many, numbered: number, at: now, partitions: 4) }
      #expect(whole < single * 20, "\(whole) for 1,000 records, \(single) for one")
      try broker.setRoundTrip(.zero)

      let reader = try OrderReader(cluster)
      var closed: [SKU] = []
      for partition in (0..<4).map({ Partition($0) }) {
        try await reader.read(try await reader.bounds(of: partition), of: partition) { record in
          guard case .close(let stock, now) = try record.decoded() else {
            Issue.record("no close")
            return
          }
          #expect(stock.sale == number && record.saleInKey == one.id)
          #expect(RecordKey(sale: many, sku: stock.sku).partition(of: 4) == partition)
          closed.append(stock.sku)
        }
      }
      #expect(closed.count == 1_002)
      #expect(Set(closed) == Set((one.items + many.items).map(\.sku)))
      #expect(await writer.shutdown(deadline: .seconds(5)) == 0)
    }
  }

  @Test func `a close of which one record is refused says so, and the others are in the log`() async throws {
    try await withBroker(partitions: 4) { _, cluster in
      // The topic has no fifth partition.
      let all = try sale(of: (0..<100).map { "sku\($0)" })
      func isAstray(_ item: SaleItem) -> Bool { RecordKey(sale: all, sku: item.sku).partition(of: 5) == Partition(4) }
      let astray = try #require(all.items.first(where: isAstray))
      let kept = all.items.filter { !isAstray($0) }.prefix(9)
      let writer = try OrderWriter(cluster)
      let closing = try sale(of: (kept + [astray]).map(\.sku.rawValue))
      let error = await #expect(throws: Unwritten.self) {
        try await writer.close(closing, numbered: number, at: now, partitions: 5)
      }
      #expect(error?.records == 10 && error?.failed == 1 && error?.unknown == 0)
      #expect(error?.cause.code == .unknownTopic)
      #expect(error?.description.hasPrefix("of 10 records, 1 are not in the log and 0 may be or not: ") == true)
      let ends = try await OrderReader(cluster).ends(of: 4)
      #expect(ends.values.reduce(0) { $0 + $1.rawValue } == 9)
      _ = await writer.shutdown(deadline: .seconds(5))
    }
  }

  @Test func `a close that nobody acknowledged is unknown, and is repeated later (I12)`() async throws {
    try await withBroker { broker, cluster in
      var tuning = ProducerTuning()
      tuning.messageTimeout = .milliseconds(1_500)
      let writer = try OrderWriter(cluster, tuning: tuning)
      let closing = try sale(of: ["phone", "case"])
      try await writer.close(closing, numbered: number, at: now, partitions: 1)
      try broker.setRoundTrip(.seconds(10))
      let error = await #expect(throws: Unwritten.self) {
        try await writer.close(closing, numbered: number, at: now, partitions: 1)
      }
      #expect(error?.failed == 0 && error?.unknown == 2)
      #expect(error?.cause.code == .timedOut)
      try broker.setRoundTrip(.zero)
      let isClosed = try await eventuallyCloses(closing, writer)
      #expect(isClosed)
      _ = await writer.shutdown(deadline: .seconds(5))
    }
  }

  /// Again and again, as an operator: answers of before may still be on their way.
  private func eventuallyCloses(_ sale: Sale, _ writer: OrderWriter) async throws -> Bool {
    for _ in 0..<20 {
      do throws(Unwritten) {
        try await writer.close(sale, numbered: number, at: now, partitions: 1)
        return true
      } catch {
        #expect(error.unknown > 0)
      }
    }
    return false
  }

  @Test func `a writer that has ended writes nothing, and says so`() async throws {
    try await withBroker { _, cluster in
      let writer = try OrderWriter(cluster)
      #expect(await writer.shutdown(deadline: .seconds(5)) == 0)
      let error = await #expect(throws: Unwritten.self) {
        try await writer.close(try sale(of: ["phone", "case"]), numbered: number, at: now, partitions: 1)
      }
      #expect(error?.failed == 2 && error?.cause.code == .closed)
      try await writer.write([])
    }
  }
}
