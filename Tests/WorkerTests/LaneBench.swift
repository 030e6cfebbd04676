import FlashSale
import Lane
import Postgres
import SaleStore
import TestSupport
import Time

/// A database with one sale, and lanes on it without a log: their batches are made by hand.
struct LaneBench: Sendable {
  static let topic = "orders"
  let database: TestDatabase
  let store: SaleStore
  let sale: StoredSale

  /// - Parameter limit: units that one buyer gets.
  static func with(
    stock: [String: Int32] = ["phone": 10], limit: Int32? = nil, holds: HoldRules? = nil,
    _ body: (LaneBench) async throws -> Void
  ) async throws {
    try await TestDatabase.with { database in
      try await database.withStore { store in
        try await store.record(topic: topic, partitions: 4)
        let sale = try await store.create(try openSale("double11", stock: stock, limit: limit, holds: holds))
        try await body(LaneBench(database: database, store: store, sale: sale))
      }
    }
  }

  /// A lane's connection, with the partition claimed.
  func claimedLane(_ partition: Int32 = 0) async throws -> (lane: LaneStore, claim: Claim) {
    let lane = try await LaneStore.connect(try database.settings, logger: quietLogger)
    return (lane, try await claim(partition, on: lane))
  }

  /// Claims a partition, which must not be halted.
  func claim(_ partition: Int32 = 0, on lane: LaneStore) async throws -> Claim {
    let answer = try await lane.claim(partition, as: 1, seenIn: store)
    guard case .claimed(let claim) = answer else { throw TestSetUpError("not claimed: \(answer)") }
    return claim
  }

  /// A request as it stands in the log.
  func place(
    _ offset: Int64, _ sku: String = "phone", buyer: String = "alice", quantity: Int32 = 1, key: String? = nil,
    at time: Timestamp = insideTheSale, waits: Bool = false
  ) throws -> LogEntry {
    let request = try PurchaseRequest(
      order: OrderID(
        sale: sale.number, buyer: try BuyerID(validating: buyer),
        key: try IdempotencyKey(validating: key ?? "key-\(offset)")),
      stock: try stockKey(sku), buyer: try BuyerID(validating: buyer), quantity: Units(quantity), acceptedAt: time,
      terms: waits ? OrderTerms(waits: true) : .none)
    return LogEntry(offset: Offset(offset), content: .record(.place(request)))
  }

  /// A command about an order that `place` made, as it stands in the log.
  func command(
    _ offset: Int64, about entry: LogEntry, _ action: OrderCommand.Action, after seconds: Int64 = 1,
    id: CommandID? = nil
  ) throws -> LogEntry {
    guard let request = entry.record?.request else { throw TestSetUpError("not an order") }
    let command = try OrderCommand(
      order: request.order, stock: request.stock,
      at: Timestamp(microseconds: insideTheSale.microseconds + seconds * 1_000_000), action: action, id: id, by: .shop)
    return LogEntry(offset: Offset(offset), content: .record(.order(command)))
  }

  /// A payment of one unit.
  func pay(_ offset: Int64, for entry: LogEntry, _ payment: String) throws -> LogEntry {
    let id = try PaymentID(validating: payment)
    return try command(
      offset, about: entry, .pay(Capture(payment: id, minor: 199_900, currency: "CNY")), id: CommandID(capturing: id))
  }

  func restock(_ offset: Int64, _ units: Int32, id: CommandID?) throws -> LogEntry {
    let command = try StockCommand(
      stock: stockKey(), at: insideTheSale, action: .restock(Units(units)), id: id, by: Actor(name: "admin"))
    return LogEntry(offset: Offset(offset), content: .record(.stock(command)))
  }

  func stockKey(_ sku: String = "phone") throws -> StockKey {
    StockKey(sale: sale.number, sku: try SKU(validating: sku))
  }

  /// A batch of these entries, as a lane that knows this much writes it.
  func batch(
    _ claim: Claim, _ entries: [LogEntry], memory: LaneMemory = LaneMemory(), raw: RawRecord? = nil
  ) -> LaneBatch {
    batch(claim, memory.prepare(entries[...]), raw: raw)
  }

  /// A batch that is prepared already.
  func batch(_ claim: Claim, _ prepared: PreparedBatch, raw: RawRecord? = nil) -> LaneBatch {
    LaneBatch(
      claim: claim, prepared: prepared, lastRecord: RecordFingerprint(of: nil), decidedAt: insideTheSale
    ) { offsets in
      Dictionary(uniqueKeysWithValues: offsets.map { ($0, raw ?? RawRecord(key: nil, value: nil)) })
    }
  }

  /// Writes a batch as a lane does: where it meets an order that has its outcome, once more, with a look-up.
  func write(_ batch: LaneBatch, on lane: LaneStore) async throws -> WrittenBatch {
    let answer = await lane.write(batch)
    guard case .conflict = answer else { return try committed(answer) }
    var memory = LaneMemory()
    memory.forget(after: answer)
    var again = batch
    again.prepared = memory.prepare(batch.prepared.entries)
    return try committed(await lane.write(again))
  }

  func left(_ sku: String = "phone") async throws -> Int32? {
    try await store.sale(sale.sale.id)?.stock[try SKU(validating: sku)]?.left.rawValue
  }

  func nextOffset(_ partition: Int32 = 0) async throws -> Int64? {
    try await store.progress(topic: Self.topic).first { $0.partition == Partition(partition) }?.nextOffset.rawValue
  }
}

extension LaneStore {
  /// Claims a partition from whoever has it now, as a worker of this number.
  func claim(
    _ partition: Int32, of topic: String = LaneBench.topic, as worker: Int64, seenIn store: SaleStore
  ) async throws -> ClaimAnswer {
    let row = try await store.progress(topic: topic).first { $0.partition == Partition(partition) }
    return try await claim(
      topic: topic, partition: Partition(partition), Vacancy(epoch: row?.epoch ?? Epoch(rawValue: 0)),
      worker: WorkerID(rawValue: worker), name: "worker \(worker)")
  }

  /// Claims a partition from a session that was lost.
  func reclaim(_ claim: Claim) async throws -> ClaimAnswer {
    try await self.claim(
      topic: claim.topic, partition: claim.partition, Vacancy(epoch: claim.epoch), worker: WorkerID(rawValue: 1),
      name: "worker 1")
  }
}

/// The outcomes of an answer that has to be a commit.
func committed(_ answer: WriteAnswer) throws -> WrittenBatch {
  guard case .committed(let written) = answer else { throw TestSetUpError("not committed: \(answer)") }
  return written
}

extension WrittenBatch {
  /// The first decisions, in the order of the log.
  var outcomes: [Outcome] { effects.orders.map(\.outcome) }

  /// How many records repeated an order.
  var repeats: Int { effects.repeats.values.reduce(0, +) }

  /// The offsets of the records that could not be decided.
  var quarantined: [Int64] { effects.quarantined.map(\.offset.rawValue) }
}

/// An instant at which the tests' sales are open.
let insideTheSale = Timestamp(microseconds: 1_800_000_000_000_000)

/// A sale around `insideTheSale`.
func openSale(
  _ id: String, stock: [String: Int32], limit: Int32? = nil, ordering: Ordering? = nil, holds: HoldRules? = nil
) throws -> Sale {
  try Sale(
    id: SaleID(validating: id), name: "Sale \(id)", startsAt: Timestamp(microseconds: 1_700_000_000_000_000),
    endsAt: Timestamp(microseconds: 1_900_000_000_000_000), perBuyerLimit: limit.map(Units.init(_:)),
    ordering: ordering, holds: holds,
    items: stock.sorted { $0.key < $1.key }.map { sku, units in
      try SaleItem(sku: SKU(validating: sku), stock: Units(units), price: Price(minor: 199_900, currency: "CNY"))
    })
}
