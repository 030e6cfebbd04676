import FlashSale
import Postgres

/// The records of a batch that can't be decided, as they are stored: whole, with the error, and with what is known of
/// them.
struct Quarantine {
  private struct Record {
    let undecided: Verdicts.Undecided
    let raw: RawRecord
    let sale: SaleNumber?
  }

  private let claim: Claim
  private let records: [Record]

  /// The sale that each quarantined record is counted under.
  var sales: [SaleNumber] { records.compactMap(\.sale) }

  /// Finds out which sales the records speak of. Asks the store only if there is a record.
  init(_ batch: LaneBatch, _ verdicts: Verdicts, in transaction: borrowing Transaction) throws {
    claim = batch.claim
    guard !verdicts.undecided.isEmpty else {
      records = []
      return
    }
    let raw = batch.raw(Set(verdicts.undecided.map(\.entry.offset)))
    let found = verdicts.undecided.map { ($0, raw[$0.entry.offset] ?? RawRecord(key: nil, value: nil)) }
    let numbers = found.compactMap { $0.0.entry.namedRecord?.stock.sale }
    let names = found.compactMap { $0.1.saleInKey }
    let known = try transaction.query(
      "SELECT number, id FROM sales WHERE number = ANY ($1) OR id = ANY ($2)",
      Set(numbers).map(\.rawValue), Set(names).map(\.rawValue))
    var byNumber: Set<SaleNumber> = []
    var byName: [String: SaleNumber] = [:]
    for row in known {
      let number = try row.saleNumber(0)
      byNumber.insert(number)
      byName[try row.string(1)] = number
    }
    records = found.map { undecided, raw in
      // From the value, or else from the key.
      let named = undecided.entry.namedRecord?.stock.sale
      let sale = named.flatMap { byNumber.contains($0) ? $0 : nil } ?? raw.saleInKey.flatMap { byName[$0.rawValue] }
      return Record(undecided: undecided, raw: raw, sale: sale)
    }
  }

  /// A statement for each record: they are rare, and one of them can be as large as the broker takes.
  func add(to pipeline: inout Pipeline) throws {
    for record in records {
      var order: OrderID?
      if case .place(let request) = record.undecided.entry.namedRecord { order = request.order }
      try pipeline.add(
        """
        INSERT INTO quarantined_records
          (topic, partition, log_offset, record_key, record_value, error, sale, order_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        claim.topic, claim.partition.rawValue, record.undecided.entry.offset.rawValue, record.raw.key,
        record.raw.value, String(record.undecided.error.prefix(Limits.storedErrorCharacters)),
        record.sale?.rawValue, order?.uuid)
    }
  }
}

extension LogEntry {
  /// The record that could be decoded, whatever becomes of it.
  fileprivate var namedRecord: LogRecord? {
    switch content {
    case .record(let record), .poisonous(let record, _): record
    case .unreadable: nil
    }
  }
}

extension LogRecord {
  fileprivate var stock: StockKey {
    switch self {
    case .place(let request): request.stock
    case .close(let stock, _): stock
    }
  }
}

extension RawRecord {
  fileprivate var saleInKey: SaleID? {
    key.flatMap { key in key.withUnsafeBytes { RecordKey.sale(inKey: $0) } }
  }
}
