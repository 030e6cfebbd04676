import FlashSale
import Lane
import Postgres

/// The statements that write lives, payments and the history of a batch. Each changes only rows that are as this lane
/// knows them, and fails otherwise. Many new rows go by COPY instead (`CopiedRows.swift`), with the same columns.
enum LifeWrite {
  static func add(
    _ rows: HoldRows, of claim: Claim, orFail state: String, to pipeline: inout Pipeline
  ) throws {
    if !rows.new.isEmpty, areFew(rows.new) { try add(new: rows.new, of: claim, to: &pipeline) }
    for start in stride(from: 0, to: rows.changed.count, by: Limits.updatedHolds) {
      let some = rows.changed[start..<min(start + Limits.updatedHolds, rows.changed.count)]
      try add(changed: some, orFail: state, to: &pipeline)
    }
  }

  private static func add(new holds: [Hold], of claim: Claim, to pipeline: inout Pipeline) throws {
    try pipeline.add(
      """
      INSERT INTO holds (order_id, log_offset, due, price_minor, refund_due, as_of, sale, partition, units, extensions,
        sequence, state, is_offer, is_lapsed, sku, currency, buyer, payment, lines)
      SELECT * FROM unnest($1::uuid[], $2::int8[], $3::timestamptz[], $4::int8[], $5::int8[], $6::int8[], $7::int4[],
        $8::int4[], $9::int4[], $10::int4[], $11::int4[], $12::int2[], $13::bool[], $14::bool[], $15::text[],
        $16::text[], $17::text[], $18::text[], $19::text[]::jsonb[])
      """,
      holds.map(\.order.uuid), holds.map(\.offset.rawValue), holds.map(\.due), holds.map(\.price.minor),
      holds.map(\.refundDue), holds.map(\.asOf.rawValue), holds.map(\.stock.sale.rawValue),
      holds.map { _ in claim.partition.rawValue }, holds.map(\.units.rawValue), holds.map(\.extensions),
      holds.map(\.sequence), holds.map(\.state.rawValue), holds.map(\.isOffer), holds.map(\.isLapsed),
      holds.map(\.stock.sku.rawValue), holds.map(\.price.currency), holds.map(\.buyer.rawValue),
      holds.map(\.payment?.rawValue), holds.map(\.storedLines))
  }

  private static func add(
    changed holds: ArraySlice<(hold: Hold, before: Offset)>, orFail state: String, to pipeline: inout Pipeline
  ) throws {
    try pipeline.add(
      """
      WITH moved AS (
        UPDATE holds SET due = h.due, refund_due = h.refund_due, as_of = h.as_of, units = h.units,
          extensions = h.extensions, sequence = h.sequence, state = h.state, is_offer = h.is_offer,
          is_lapsed = h.is_lapsed, payment = h.payment, lines = h.lines::jsonb
        FROM unnest($1::uuid[], $2::int8[], $3::timestamptz[], $4::int8[], $5::int8[], $6::int4[], $7::int4[],
          $8::int4[], $9::int2[], $10::bool[], $11::bool[], $12::text[], $15::text[])
          AS h (order_id, as_of_before, due, refund_due, as_of, units, extensions, sequence, state, is_offer, is_lapsed,
            payment, lines)
        WHERE holds.order_id = h.order_id AND holds.as_of = h.as_of_before RETURNING 1
      )
      SELECT require(false, $14, format('of %s holds only %s are as this lane knows them', $13, count(*))) FROM moved
      HAVING count(*) <> $13
      """,
      holds.map(\.hold.order.uuid), holds.map(\.before.rawValue), holds.map(\.hold.due), holds.map(\.hold.refundDue),
      holds.map(\.hold.asOf.rawValue), holds.map(\.hold.units.rawValue), holds.map(\.hold.extensions),
      holds.map(\.hold.sequence), holds.map(\.hold.state.rawValue), holds.map(\.hold.isOffer),
      holds.map(\.hold.isLapsed), holds.map(\.hold.payment?.rawValue), Int64(holds.count), state,
      holds.map(\.hold.storedLines))
  }

  static func add(
    _ changes: [Effects.PaymentChange], of claim: Claim, orFail state: String, to pipeline: inout Pipeline
  ) throws {
    let new = new(changes)
    if !new.isEmpty, areFew(new) {
      try pipeline.add(
        """
        INSERT INTO payments (sale, payment, order_id, captured, refund_due, refunded, as_of, partition, counted, sku,
          currency)
        SELECT * FROM unnest($1::int4[], $2::text[], $3::uuid[], $4::int8[], $5::int8[], $6::int8[], $7::int8[],
          $8::int4[], $9::bool[], $10::text[], $11::text[])
        """,
        new.map(\.key.sale.rawValue), new.map(\.key.id.rawValue), new.map(\.order.uuid), new.map(\.captured),
        new.map(\.refundDue), new.map(\.refunded), new.map(\.asOf.rawValue), new.map { _ in claim.partition.rawValue },
        new.map(\.isCounted), new.map(\.sku.rawValue), new.map(\.currency))
    }
    let changed = changes.compactMap { change in change.before.map { (before: $0.asOf, after: change.after) } }
    guard !changed.isEmpty else { return }
    try pipeline.add(
      """
      WITH moved AS (
        UPDATE payments SET refund_due = p.refund_due, refunded = p.refunded, as_of = p.as_of
        FROM unnest($1::int4[], $2::text[], $3::int8[], $4::int8[], $5::int8[], $6::int8[])
          AS p (sale, payment, as_of_before, refund_due, refunded, as_of)
        WHERE payments.sale = p.sale AND payments.payment = p.payment AND payments.as_of = p.as_of_before RETURNING 1
      )
      SELECT require(false, $8, format('of %s payments only %s are as this lane knows them', $7, count(*))) FROM moved
      HAVING count(*) <> $7
      """,
      changed.map(\.after.key.sale.rawValue), changed.map(\.after.key.id.rawValue), changed.map(\.before.rawValue),
      changed.map(\.after.refundDue), changed.map(\.after.refunded), changed.map(\.after.asOf.rawValue),
      Int64(changed.count), state)
  }

  /// Payments that begin.
  static func new(_ changes: [Effects.PaymentChange]) -> [Payment] {
    changes.filter { $0.before == nil }.map(\.after)
  }

  static func add(_ entries: [HistoryEntry], of claim: Claim, to pipeline: inout Pipeline) throws {
    try pipeline.add(
      """
      INSERT INTO history (log_offset, at, minor, command_id, partition, sale, units, sequence, place, action, result,
        state, order_id, sku, by_whom, reason, line_units, payment, digest, due)
      SELECT * FROM unnest($1::int8[], $2::timestamptz[], $3::int8[], $4::int8[], $5::int4[], $6::int4[], $7::int4[],
        $8::int4[], $9::int2[], $10::int2[], $11::int2[], $12::int2[], $13::uuid[], $14::text[], $15::text[],
        $16::text[], $17::text[]::jsonb[], $18::text[], $19::int8[], $20::timestamptz[])
      """,
      entries.map(\.offset.rawValue), entries.map(\.at), entries.map(\.minor), entries.map(\.command?.rawValue),
      entries.map { _ in claim.partition.rawValue }, entries.map(\.stock.sale.rawValue), entries.map(\.units),
      entries.map(\.sequence), entries.map(\.place), entries.map(\.action.rawValue), entries.map(\.result.rawValue),
      entries.map(\.state?.rawValue), entries.map { $0.order?.uuid }, entries.map(\.stock.sku.rawValue),
      entries.map(\.by.name), entries.map(\.by.reason), entries.map(\.storedLineUnits),
      entries.map { $0.payment?.rawValue }, entries.map { $0.digest?.rawValue }, entries.map(\.due))
  }

  /// What orders count for limit subjects from now on.
  static func add(_ changes: [Effects.SubjectChange], to pipeline: inout Pipeline) throws {
    try pipeline.add(
      """
      UPDATE subjects_held SET units = s.units, is_lapsed = s.is_lapsed
      FROM unnest($1::uuid[], $2::text[], $3::int4[], $4::bool[]) AS s (order_id, kind, units, is_lapsed)
      WHERE subjects_held.order_id = s.order_id AND subjects_held.kind = s.kind
      """, changes.map(\.order.uuid), changes.map(\.subject.kind.rawValue), changes.map(\.count.rawValue),
      changes.map(\.isLapse))
  }
}
