import FlashSale
import Lane
import SaleStore
import TestSupport
import Time

@testable import Admin

/// A lane without a log: it decides what a test gives it, as a worker's does, and writes it into the store.
actor RealLane {
  private let lane: LaneStore
  private let claim: Claim
  private var next = Offset(0)

  /// A lane that has partition 0 of the topic.
  static func with(_ admin: AdminUnderTest, _ body: (RealLane) async throws -> Void) async throws {
    try await admin.store.record(topic: PlantedRows.topic, partitions: 2)
    let lane = try await LaneStore.connect(try admin.database.settings, logger: quietLogger)
    let answer = try await lane.claim(
      topic: PlantedRows.topic, partition: Partition(0), Vacancy(epoch: Epoch(rawValue: 0)),
      worker: WorkerID(rawValue: 1), name: "worker 1")
    guard case .claimed(let claim) = answer else { throw TestSetUpError("not claimed: \(answer)") }
    try await body(RealLane(lane, claim))
    await lane.close()
  }

  private init(_ lane: LaneStore, _ claim: Claim) { (self.lane, self.claim) = (lane, claim) }

  /// Decides records, and writes what they change.
  func decide(_ records: [LogRecord]) async throws {
    let entries = records.enumerated().map { index, record in
      LogEntry(offset: Offset(next.rawValue + Int64(index)), content: .record(record))
    }
    var memory = LaneMemory()
    for _ in 0..<2 {
      let batch = LaneBatch(
        claim: claim, prepared: memory.prepare(entries[...]), lastRecord: RecordFingerprint(of: nil), decidedAt: .now
      ) { offsets in Dictionary(uniqueKeysWithValues: offsets.map { ($0, RawRecord(key: nil, value: nil)) }) }
      let answer = await lane.write(batch)
      if case .committed(let written) = answer {
        guard written.effects.quarantined.isEmpty else { throw TestSetUpError("quarantined: \(records)") }
        next = Offset(next.rawValue + Int64(records.count))
        return
      }
      // As a lane does where it meets an order that it did not look for: once more, with a look-up.
      guard case .conflict = answer else { throw TestSetUpError("not committed: \(answer)") }
      memory.forget(after: answer)
    }
    throw TestSetUpError("in conflict: \(records)")
  }
}

extension AdminUnderTest {
  /// What the pages ask.
  var desk: SaleDesk {
    SaleDesk(store: store, hooks: log.hooks, metrics: metrics, topic: PlantedRows.topic, logger: quietLogger)
  }
}

extension PurchaseRequest {
  /// What a buyer wants of a sale, in the buyer's order.
  static func sample(
    _ buyer: String, _ lines: [(sku: String, units: Int32)], of sale: StoredSale, waits: Bool = false,
    at time: Timestamp = .now
  ) throws -> PurchaseRequest {
    let lines = try lines.map { OrderLine(sku: try SKU(validating: $0.sku), quantity: Units($0.units)) }
    let id = try BuyerID(validating: buyer)
    return try PurchaseRequest(
      order: OrderID(sale: sale.number, buyer: id, key: IdempotencyKey(validating: "key")),
      stock: StockKey(sale: sale.number, sku: lines[0].sku), buyer: id,
      quantity: lines.reduce(.zero) { $0 + $1.quantity }, acceptedAt: time,
      terms: OrderTerms(waits: waits, lines: lines.count > 1 ? lines : []))
  }

  /// Something that is to happen to it.
  func then(
    _ action: OrderCommand.Action, at time: Timestamp = .now
  ) throws -> LogRecord {
    .order(try OrderCommand(order: order, stock: stock, at: time, action: action, by: .shop))
  }

  /// A payment for it.
  func paid(_ minor: Int64, _ payment: String) throws -> LogRecord {
    try then(.pay(Capture(payment: PaymentID(validating: payment), minor: minor, currency: "CNY")))
  }
}
