import FlashSale
import Lane
import Postgres
import Time

/// The two ways to write a batch's rows.
extension OrderRows {
  /// Whether they go in the batch's pipeline instead of by `copy`. For a small batch, a round trip costs as much time
  /// as all of its rows.
  var areFew: Bool { count <= Limits.insertedOrders }

  /// Adds the one statement that writes them all, and that fails with `state` unless all were taken. The batch's fence
  /// stands before it, so it can't meet the rows of the partition's new owner.
  func add(to pipeline: inout Pipeline, of claim: Claim, at decidedAt: Timestamp, orFail state: String) throws {
    let (all, rows) = (all, all.map(\.order))
    try pipeline.add(
      """
      WITH written AS (
        INSERT INTO orders (
          order_id, log_offset, accepted_at, decided_at, sale, quantity, partition, outcome, sku, buyer, generation)
        SELECT o.order_id, o.log_offset, o.accepted_at, $9, o.sale, o.quantity, $10, o.outcome, o.sku, o.buyer,
          o.generation
        FROM unnest(
          $1::uuid[], $2::int8[], $3::timestamptz[], $4::int4[], $5::int4[], $6::int2[], $7::text[], $8::text[],
          $13::int4[])
          AS o (order_id, log_offset, accepted_at, sale, quantity, outcome, sku, buyer, generation)
        RETURNING 1
      )
      SELECT require(false, $12, format('%s orders were sent and %s taken', $11, count(*))) FROM written
      HAVING count(*) <> $11
      """,
      rows.map(\.request.order.uuid), rows.map(\.offset.rawValue), rows.map(\.request.acceptedAt),
      rows.map(\.request.stock.sale.rawValue), rows.map(\.request.quantity.rawValue), rows.map(\.outcome.stored),
      rows.map(\.request.stock.sku.rawValue), rows.map(\.request.buyer.rawValue), decidedAt,
      claim.partition.rawValue, Int64(count), state, all.map(\.generation.rawValue))
  }

  /// Writes them all by COPY, and returns how many were taken.
  func copy(in transaction: borrowing Transaction, of batch: LaneBatch, _ sent: inout SentRows) throws -> Int {
    let partition = batch.claim.partition.rawValue
    let decidedAt = batch.decidedAt
    return try transaction.copyIn(
      """
      COPY orders (
        order_id, log_offset, accepted_at, decided_at, sale, quantity, partition, outcome, sku, buyer, generation)
      FROM STDIN (FORMAT binary)
      """
    ) { writer in
      try forEach { generation, order in
        sent.add()
        let request = order.request
        try writer.row(fieldCount: 11)
        try writer.field(request.order.uuid)
        try writer.field(order.offset.rawValue)
        try writer.field(request.acceptedAt)
        try writer.field(decidedAt)
        try writer.field(request.stock.sale.rawValue)
        try writer.field(request.quantity.rawValue)
        try writer.field(partition)
        try writer.field(order.outcome.stored)
        try writer.field(request.stock.sku.rawValue)
        try writer.field(request.buyer.rawValue)
        try writer.field(generation.rawValue)
      }
    }
  }
}
