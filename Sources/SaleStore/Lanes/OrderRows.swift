import FlashSale
import Postgres

/// The rows that a batch adds to `orders`, and the two ways to write them.
///
/// In the order of the ids: pages of the index are met one after another, and two lanes that write the same ids meet
/// them in the same order and can't deadlock.
struct OrderRows {
  private let orders: [Verdicts.Order]
  /// The places in `orders`, by id. Sorted apart from the rest of the rows, which would be moved about, and their texts
  /// counted, at each step.
  private let sorted: [(id: OrderID, index: Int)]
  private let claim: Claim
  private let decidedAt: Postgres.Timestamp

  init(_ orders: [Verdicts.Order], of batch: LaneBatch) {
    self.orders = orders
    sorted = orders.indices.map { (id: orders[$0].request.order, index: $0) }.sorted { $0.id < $1.id }
    claim = batch.claim
    decidedAt = batch.decidedAt.stored
  }

  var count: Int { orders.count }

  /// Whether they go along in the batch's pipeline instead of by `copy`. Every round trip costs a small batch, and so
  /// whoever waits for its decision, as much as all of its rows.
  var areFew: Bool { count <= Limits.insertedOrders }

  /// Adds the one statement that writes them all, and that fails with `state` unless all were taken. The batch's fence
  /// stands before it, so it can't meet the rows of the partition's new owner.
  func add(to pipeline: inout Pipeline, orFail state: String) throws {
    guard count > 0 else { return }
    let rows = sorted.map { orders[$0.index] }
    try pipeline.add(
      """
      WITH written AS (
        INSERT INTO orders
          (order_id, log_offset, accepted_at, decided_at, sale, quantity, partition, outcome, sku, buyer)
        SELECT o.order_id, o.log_offset, o.accepted_at, $9, o.sale, o.quantity, $10, o.outcome, o.sku, o.buyer
        FROM unnest(
          $1::uuid[], $2::int8[], $3::timestamptz[], $4::int4[], $5::int4[], $6::int2[], $7::text[], $8::text[])
          AS o (order_id, log_offset, accepted_at, sale, quantity, outcome, sku, buyer)
        RETURNING 1
      )
      SELECT require(count(*) = $11, $12, format('%s orders were sent and %s taken', $11, count(*))) FROM written
      """,
      rows.map(\.request.order.uuid), rows.map(\.offset.rawValue), rows.map(\.request.acceptedAt.stored),
      rows.map(\.request.stock.sale.rawValue), rows.map(\.request.quantity.rawValue), rows.map(\.outcome.stored),
      rows.map(\.request.stock.sku.rawValue), rows.map(\.request.buyer.rawValue), decidedAt,
      claim.partition.rawValue, Int64(count), state)
  }

  /// Writes them all by COPY, and returns how many were taken.
  func copy(in transaction: borrowing Transaction) throws -> Int {
    let partition = claim.partition.rawValue
    return try transaction.copyIn(
      """
      COPY orders (order_id, log_offset, accepted_at, decided_at, sale, quantity, partition, outcome, sku, buyer)
      FROM STDIN (FORMAT binary)
      """
    ) { writer in
      for (_, index) in sorted {
        let order = orders[index]
        let request = order.request
        try writer.row(
          request.order.uuid, order.offset.rawValue, request.acceptedAt.stored, decidedAt,
          request.stock.sale.rawValue, request.quantity.rawValue, partition, order.outcome.stored,
          request.stock.sku.rawValue, request.buyer.rawValue)
      }
    }
  }
}
