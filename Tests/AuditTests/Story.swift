import FlashSale
import Kafka
import SaleStore
import TestSupport
import Time

/// A short log in one partition with each kind of record and outcome in it, at offsets that the tests name.
///
/// | offset | record | outcome |
/// |---|---|---|
/// | 0, 1 | alice 1 phone, bob 2 | confirmed |
/// | 2 | alice's first request again | repeat |
/// | 3 | alice 2 more | limit_reached |
/// | 4 | carol 1 | confirmed |
/// | 5 | dave 2, of 1 that is left | insufficient_stock |
/// | 6 | erin 1 | confirmed |
/// | 7, 8 | frank 1, grace 1 | sold_out |
/// | 9 | garbage | quarantined |
/// | 10 | heidi 1 case | confirmed |
/// | 11 | the cases are closed | |
/// | 12 | ivan 1 case | closed |
/// | 13 | judy 1 lamp, which is not in the sale | quarantined |
/// | 14, 15 | kim before the sale, leo after it | not_started, ended |
/// | 16, 17 | mia 1 phone, nina 1 | in flight |
struct Story {
  let bench: AuditBench
  let sale: StoredSale

  /// Tells the story and lends it to `body`.
  static func with(_ body: (Story) async throws -> Void) async throws {
    try await AuditBench.with { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 5, "case": 3], limit: 2))
      let cases = StockKey(sale: sale.number, sku: SKU(unchecked: "case"))
      var garbage = try bench.place(sale, "phone", "nobody")
      garbage.value = [0xFF, 0xFE, 0x00]
      try await bench.feed([
        bench.place(sale, "phone", "alice", key: "first"), bench.place(sale, "phone", "bob", 2),
        bench.place(sale, "phone", "alice", key: "first"), bench.place(sale, "phone", "alice", 2),
        bench.place(sale, "phone", "carol"), bench.place(sale, "phone", "dave", 2),
        bench.place(sale, "phone", "erin"), bench.place(sale, "phone", "frank"), bench.place(sale, "phone", "grace"),
        garbage, bench.place(sale, "case", "heidi"), bench.record(.close(cases, at: insideTheSale), sale, "case"),
        bench.place(sale, "case", "ivan"), bench.place(sale, "lamp", "judy"),
        bench.place(sale, "phone", "kim", at: .init(microseconds: 1_600_000_000_000_000)),
        bench.place(sale, "phone", "leo", at: .init(microseconds: 1_900_000_000_000_000)),
      ])
      try await bench.decideAll()
      try await bench.feed([bench.place(sale, "phone", "mia"), bench.place(sale, "phone", "nina")])
      try await body(Story(bench: bench, sale: sale))
    }
  }
}
