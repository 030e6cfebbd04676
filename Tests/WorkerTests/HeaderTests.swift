import Audit
import FlashSale
import Foundation
import Kafka
import OrderLog
import SaleStore
import TestSupport
import Testing

/// Headers carry what is not decided upon.
@Suite struct HeaderTests {
  @Test(.timeLimit(.minutes(2)))
  func `a record is decided the same whatever headers it has, known and unknown ones`() async throws {
    try await LogBench.with(partitions: 1) { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 2]))
      let headers = [
        ["traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate=a=1"],
        ["x-unknown=" + String(repeating: "u", count: 1_000), "x-unknown=again", "x-empty=", "schema=1"], [],
      ]
      let folder = FileManager.default.temporaryDirectory.appending(path: "headers-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      for (index, headers) in headers.enumerated() {
        // The same order twice: with these headers, and then without any, which is a repeat.
        let record = try bench.place(sale, "phone", buyer: "buyer-\(index)", key: "k")
        let value = folder.appending(path: "\(index)")
        try Data(record.value).write(to: value)
        try await Tool.run(
          "kcat",
          ["-P", "-b", bench.broker.bootstrapServers, "-t", LogBench.topic, "-p", "0"]
            + ["-k", String(decoding: record.key, as: UTF8.self)] + headers.flatMap { ["-H", $0] } + [value.path])
        try await bench.feed([record])
      }
      _ = try bench.startWorker()
      #expect(
        try await eventually {
          try await bench.store.progress(topic: LogBench.topic).first?.nextOffset == Offset(2 * Int64(headers.count))
        })
      let outcomes = try await StoredRows(bench.database).orders().map(\.outcome)
      #expect(outcomes == [.confirmed, .confirmed, .rejected(.soldOut)])
      let counts = try await bench.expectReplayed().counts
      #expect(counts.quarantined == 0 && counts.repeats == Int64(headers.count))
    }
  }
}
