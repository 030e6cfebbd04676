public import FlashSale
internal import Postgres

/// An event that an endpoint is to hear of.
public struct NewDelivery: Sendable {
  public let endpoint: Int32
  public let event: OrderEvent

  /// What is sent: JSON.
  public let body: String

  /// Creates one.
  public init(endpoint: Int32, event: OrderEvent, body: String) {
    self.endpoint = endpoint
    self.event = event
    self.body = body
  }

  /// Keeps them, in this order: ids grow with it. What belongs to an endpoint that is off or gone by now is left out.
  ///
  /// Behind one of its order that waits for another try, a delivery waits as long: nobody looks at it before.
  static func add(_ deliveries: [NewDelivery], in transaction: borrowing Transaction) throws {
    guard !deliveries.isEmpty else { return }
    try transaction.execute(
      """
      INSERT INTO webhook_deliveries (endpoint, event_id, order_id, kind, body, next_at)
      SELECT d.endpoint, d.event_id, d.order_id, d.kind, d.body, greatest(now(), (
        SELECT max(w.next_at) FROM webhook_deliveries w
        WHERE w.endpoint = d.endpoint AND w.order_id = d.order_id AND w.dead_at IS NULL
      ))
      FROM unnest($1::int4[], $2::text[], $3::uuid[], $4::int2[], $5::text[])
        WITH ORDINALITY AS d (endpoint, event_id, order_id, kind, body, place)
      JOIN webhook_endpoints e ON e.id = d.endpoint AND e.disabled_at IS NULL ORDER BY d.place
      FOR KEY SHARE OF e
      """, deliveries.map(\.endpoint), deliveries.map(\.event.id.description), deliveries.map(\.event.order.uuid),
      deliveries.map(\.event.kind.rawValue), deliveries.map(\.body))
  }
}
