import FlashSale
import Lane
import Postgres

/// Records that cannot be decided, as they are stored.
enum Quarantine {
  /// Adds the statement that finds out which sales the records speak of.
  static func addSearch(for records: [UndecidedRecord], to pipeline: inout Pipeline) throws {
    try pipeline.add(
      "SELECT number, id FROM sales WHERE number = ANY ($1) OR id = ANY ($2)",
      Set(records.compactMap(\.saleNumber)).map(\.rawValue), Set(records.compactMap(\.saleID)).map(\.rawValue))
  }

  /// Reads its answer.
  static func found(_ rows: Rows) throws -> (numbers: Set<SaleNumber>, ids: [SaleID: SaleNumber]) {
    var numbers: Set<SaleNumber> = []
    var ids: [SaleID: SaleNumber] = [:]
    for row in rows {
      let number = try row.saleNumber(0)
      numbers.insert(number)
      ids[try row.identifier(1)] = number
    }
    return (numbers, ids)
  }

  /// Adds a statement for each record: they are rare, and one of them can be as large as the broker takes.
  static func add(_ records: [UndecidedRecord], of claim: Claim, to pipeline: inout Pipeline) throws {
    for record in records {
      try pipeline.add(
        """
        INSERT INTO quarantined_records
          (topic, partition, log_offset, record_key, record_value, error, sale, order_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        claim.topic, claim.partition.rawValue, record.offset.rawValue, record.raw.key, record.raw.value,
        String(record.error.prefix(Limits.storedErrorCharacters)), record.sale?.rawValue, record.order?.uuid)
    }
  }
}
