import FlashSale
import SaleStore
import TestSupport
import Testing
import Time

/// Measures; expects nothing but that it ends. A debug build says little.
@Suite struct DrainRateTests {
  @Test func `how fast one hot partition is drained`() async throws {
    #if DEBUG
      let records = 20_000
    #else
      let records = 200_000
    #endif
    try await LogBench.with(partitions: 1) { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 1_000], limit: 1))
      try await bench.feed((0..<records).map { try bench.place(sale, "phone", buyer: "buyer-\($0)") })
      _ = try bench.startWorker()
      #expect(try await eventually { try await bench.next > 0 })
      let (began, first) = (ContinuousClock.now, try await bench.next)
      #expect(try await bench.drained())
      let seconds = (ContinuousClock.now - began).inSeconds
      print("one hot partition: \(Int(Double(Int64(records) - first) / seconds)) records/s")
    }
  }
}

extension LogBench {
  /// Records of the first partition that have their outcome.
  fileprivate var next: Int64 {
    get async throws { try await store.progress(topic: Self.topic).first?.nextOffset.rawValue ?? 0 }
  }
}
