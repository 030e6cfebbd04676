public import FlashSale
internal import Postgres

extension AuditStore {
  /// What is counted for these subjects by the rows of one partition below an offset; those without are omitted.
  public func counted(
    for subjects: [LaneStock.Subject], in partition: Partition, before offset: Offset
  ) async throws -> [LaneStock.Subject: Units] {
    guard !subjects.isEmpty else { return [:] }
    let rows = try await connection.query(
      """
      SELECT wanted.sale, wanted.kind, wanted.subject, held.units
      FROM unnest($1::int4[], $2::text[], $3::text[]) AS wanted (sale, kind, subject)
      CROSS JOIN LATERAL (
        SELECT sum(units) AS units FROM subjects_held
        WHERE sale = wanted.sale AND kind = wanted.kind AND subject = wanted.subject
          AND partition = $4 AND log_offset < $5
      ) AS held WHERE held.units IS NOT NULL
      """,
      subjects.map(\.sale.rawValue), subjects.map(\.kind.rawValue), subjects.map(\.id.rawValue),
      partition.rawValue, offset.rawValue)
    let counted = try rows.map { row in
      // Cut like a lane's: no limit is above `stockUnits`, so that this decides the same and cannot overflow.
      (try row.subject(at: 0), Units(Int32(min(try row.int64(3), Int64(FlashSale.Limits.stockUnits)))))
    }
    return Dictionary(counted, uniquingKeysWith: { first, _ in first })
  }

  /// What the rows of a stretch of the log count for these subjects.
  public func counts(
    for subjects: [LaneStock.Subject], in partition: Partition, _ range: Range<Offset>
  ) async throws -> Set<Effects.SubjectCount> {
    guard !subjects.isEmpty else { return [] }
    let rows = try await connection.query(
      """
      SELECT wanted.sale, wanted.kind, wanted.subject, held.units, held.order_id, held.log_offset
      FROM unnest($1::int4[], $2::text[], $3::text[]) AS wanted (sale, kind, subject)
      CROSS JOIN LATERAL (
        SELECT units, order_id, log_offset FROM subjects_held
        WHERE sale = wanted.sale AND kind = wanted.kind AND subject = wanted.subject
          AND partition = $4 AND log_offset >= $5 AND log_offset < $6
      ) AS held
      """,
      subjects.map(\.sale.rawValue), subjects.map(\.kind.rawValue), subjects.map(\.id.rawValue),
      partition.rawValue, range.lowerBound.rawValue, range.upperBound.rawValue)
    return Set(
      try rows.map { row in
        Effects.SubjectCount(
          subject: try row.subject(at: 0), count: try row.units(3), order: OrderID(try row.uuid(4)),
          offset: try row.offset(5))
      })
  }
}
