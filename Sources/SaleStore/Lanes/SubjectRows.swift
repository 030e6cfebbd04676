import FlashSale
import Lane
import Postgres

/// The rows of `subjects_held`: what confirmed orders count for limit subjects.
enum SubjectRows {
  /// Adds the statement that writes those of a batch.
  static func add(
    _ counts: [Effects.SubjectCount], of claim: Claim, to pipeline: inout Pipeline
  ) throws {
    try pipeline.add(
      """
      INSERT INTO subjects_held (sale, kind, subject, units, partition, log_offset, order_id)
      SELECT held.sale, held.kind, held.subject, held.units, $7, held.log_offset, held.order_id
      FROM unnest($1::int4[], $2::text[], $3::text[], $4::int4[], $5::int8[], $6::uuid[])
        AS held (sale, kind, subject, units, log_offset, order_id)
      """,
      counts.map(\.subject.sale.rawValue), counts.map(\.subject.kind.rawValue), counts.map(\.subject.id.rawValue),
      counts.map(\.count.rawValue), counts.map(\.offset.rawValue), counts.map(\.order.uuid),
      claim.partition.rawValue)
  }

  /// Adds the two statements that load what is counted for subjects: of some of them, and of all of some sales.
  static func addSearch(for needs: BatchNeeds, to pipeline: inout Pipeline) throws {
    let subjects = Array(needs.subjects)
    try pipeline.add(
      """
      SELECT wanted.sale, wanted.kind, wanted.subject, held.units, held.lapses
      FROM unnest($1::int4[], $2::text[], $3::text[]) AS wanted (sale, kind, subject)
      CROSS JOIN LATERAL (
        SELECT sum(units)::int8 AS units, count(*) FILTER (WHERE is_lapsed) AS lapses FROM subjects_held
        WHERE sale = wanted.sale AND kind = wanted.kind AND subject = wanted.subject
      ) AS held WHERE held.units IS NOT NULL
      """, subjects.map(\.sale.rawValue), subjects.map(\.kind.rawValue), subjects.map(\.id.rawValue))
    // If one more than the limit is loaded, there are too many.
    try pipeline.add(
      """
      SELECT wanted.sale, held.kind, held.subject FROM unnest($1::int4[]) AS wanted (sale)
      CROSS JOIN LATERAL (SELECT kind, subject FROM subjects_held WHERE sale = wanted.sale LIMIT $2) AS held
      """, needs.subjectSales.map(\.rawValue), Int64(needs.mostHolders + 1))
  }
}

extension Row {
  /// The subject in three columns from this one on.
  func subject(at column: Int) throws -> LaneStock.Subject {
    LaneStock.Subject(
      sale: try saleNumber(.index(column)), kind: try identifier(.index(column + 1)),
      id: try identifier(.index(column + 2)))
  }
}
