public import FlashSale
internal import FoundationEssentials
public import Logging
public import Postgres
public import Time

/// The connection of whoever sends webhooks.
public struct WebhookStore: Sendable {
  /// A delivery that may be tried, with what is sent.
  public struct Delivery: Sendable {
    public let waiting: DeliveryPlan.Waiting
    public let event: String
    public let body: String
  }

  /// What came of noting a failure.
  public enum FailureAnswer: Sendable, Hashable {
    case noted(DeliveryRules.Failure)
    /// Another relay has done with the delivery; nothing was changed.
    case settled
    /// The endpoint is gone.
    case gone
  }

  /// How an endpoint's deliveries are.
  public struct Counts: Sendable, Hashable {
    public let endpoint: Int32
    public let waiting: Int64
    public let dead: Int64
  }

  private let connection: Connection

  /// Connects. Throws `PostgresError` when PostgreSQL cannot be reached or refuses.
  public static func connect(_ settings: DatabaseSettings, logger: Logger) async throws -> WebhookStore {
    var settings = settings.findingByIndex()
    settings.statementTimeout = Limits.relayStatementTimeout
    let thread = StoreThread(label: "webhooks")
    return WebhookStore(connection: try await Connection.connect(settings, on: thread.executor, logger: logger))
  }

  /// All endpoints, in the order of their ids.
  public func endpoints() async throws -> [WebhookEndpoint] {
    try await WebhookEndpoint.read(over: connection)
  }

  /// One endpoint; `nil` if there is none.
  public func endpoint(_ id: Int32) async throws -> WebhookEndpoint? {
    try await WebhookEndpoint.read(id, over: connection).first
  }

  /// Of an endpoint, what may be tried by now, in the order of ids; nothing that an earlier one of its order holds back
  /// until later.
  public func due(_ endpoint: Int32, at now: Timestamp, limit: Int32) async throws -> [Delivery] {
    let rows = try await connection.query(
      """
      SELECT d.id, d.order_id, d.next_at, d.event_id, d.body FROM webhook_deliveries d
      WHERE d.endpoint = $1 AND d.dead_at IS NULL AND d.next_at <= $2 AND NOT EXISTS (
        SELECT FROM webhook_deliveries w WHERE w.endpoint = $1 AND w.order_id = d.order_id AND w.dead_at IS NULL
          AND w.id < d.id
      )
      ORDER BY d.next_at, d.id LIMIT $3
      """, endpoint, now, limit)
    return try rows.map { row in
      Delivery(
        waiting: DeliveryPlan.Waiting(
          id: try row.int64("id"), order: OrderID(try row.uuid("order_id")), nextAt: try row.timestamp("next_at")),
        event: try row.string("event_id"), body: try row.string("body"))
    }
  }

  // Both lock the endpoint first, and then the delivery. So do those who switch or remove an endpoint.

  /// Notes that a delivery was taken, and so that its endpoint works.
  public func delivered(_ delivery: Int64, to endpoint: Int32) async throws {
    try await connection.transaction { transaction in
      try transaction.execute(
        "UPDATE webhook_endpoints SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL", endpoint)
      try transaction.execute("DELETE FROM webhook_deliveries WHERE id = $1", delivery)
    }
  }

  /// Notes that a delivery has failed, and what becomes of it and of its endpoint (`DeliveryRules`), as both are by
  /// now. What is behind it of its order waits as long.
  ///
  /// - Parameters:
  ///   - now: when the attempt ended.
  ///   - why: for people.
  ///   - spread: where in its range the pause is, 0 to 1.
  public func failed(
    _ delivery: DeliveryPlan.Waiting, to endpoint: Int32, now: Timestamp, why: String, spread: Double
  ) async throws -> FailureAnswer {
    let why = String(why.prefix(Limits.storedErrorCharacters))
    return try await connection.transaction { transaction in
      let owner = try transaction.query(
        "SELECT failing_since FROM webhook_endpoints WHERE id = $1 FOR NO KEY UPDATE", endpoint)
      guard let owner = owner.first else { return .gone }
      let row = try transaction.query(
        """
        SELECT attempts, first_tried_at, NOT EXISTS (
          SELECT FROM webhook_deliveries WHERE endpoint = $2 AND dead_at IS NULL AND id <> $1
        ) AS is_only
        FROM webhook_deliveries WHERE id = $1 AND dead_at IS NULL FOR UPDATE
        """, delivery.id, endpoint)
      guard let row = row.first else { return .settled }
      let record = DeliveryRules.Record(
        attempts: try row.int32("attempts"), firstTriedAt: try row.optional("first_tried_at"),
        failingSince: try owner.optional("failing_since"), isOnly: try row.bool("is_only"))
      let failure = DeliveryRules.failed(record, now: now, spread: spread)
      try Self.write(failure, of: delivery, to: endpoint, now: now, why: why, transaction)
      return .noted(failure)
    }
  }

  private static func write(
    _ failure: DeliveryRules.Failure, of delivery: DeliveryPlan.Waiting, to endpoint: Int32, now: Timestamp,
    why: String, _ transaction: borrowing Transaction
  ) throws {
    let nextAt: Timestamp? = if case .tryAgain(let at) = failure.next { at } else { nil }
    try transaction.execute(
      """
      UPDATE webhook_deliveries SET attempts = $2, first_tried_at = $3, last_error = $4, next_at = $5,
        dead_at = CASE WHEN $5::timestamptz IS NULL THEN $6::timestamptz END
      WHERE id = $1
      """, delivery.id, failure.record.attempts, failure.record.firstTriedAt, why, nextAt, now)
    if let nextAt {
      try transaction.execute(
        """
        UPDATE webhook_deliveries SET next_at = $4
        WHERE endpoint = $1 AND order_id = $2 AND id > $3 AND dead_at IS NULL AND next_at < $4
        """, endpoint, delivery.order.uuid, delivery.id, nextAt)
    } else {
      // Given up: what it held back goes on.
      try transaction.execute(
        """
        UPDATE webhook_deliveries SET next_at = $4
        WHERE endpoint = $1 AND order_id = $2 AND id > $3 AND dead_at IS NULL AND next_at > $4
        """, endpoint, delivery.order.uuid, delivery.id, now)
    }
    try transaction.execute(
      "UPDATE webhook_endpoints SET failing_since = $2 WHERE id = $1", endpoint, failure.record.failingSince)
    guard failure.switchesOff else { return }
    try transaction.execute(
      "UPDATE webhook_endpoints SET disabled_at = $2, disabled_reason = $3 WHERE id = $1 AND disabled_at IS NULL",
      endpoint, now, "it failed for a day, at last: \(why)")
  }

  /// Deletes dead letters that are older than `Limits.deadLetterLife`, the oldest first, at most
  /// `Limits.deadLettersForgotten`.
  ///
  /// - Returns: how many.
  public func forgetDeadLetters(at now: Timestamp) async throws -> Int {
    try await connection.query(
      """
      DELETE FROM webhook_deliveries WHERE id IN (
        SELECT id FROM webhook_deliveries WHERE dead_at <= $1 ORDER BY dead_at LIMIT $2 FOR UPDATE SKIP LOCKED
      )
      """, now.after(.zero - Limits.deadLetterLife), Limits.deadLettersForgotten
    ).affected
  }

  /// How many deliveries of each endpoint wait, and how many were given up: at most `Limits.deliveriesCounted` of each.
  public func counts() async throws -> [Counts] {
    try await connection.query(
      """
      SELECT e.id,
        (SELECT count(*) FROM (
          SELECT FROM webhook_deliveries WHERE endpoint = e.id AND dead_at IS NULL LIMIT $1) AS waiting),
        (SELECT count(*) FROM (
          SELECT FROM webhook_deliveries WHERE endpoint = e.id AND dead_at IS NOT NULL LIMIT $1) AS dead)
      FROM webhook_endpoints e ORDER BY e.id
      """, Limits.deliveriesCounted
    ).map { row in
      Counts(endpoint: try row.int32(0), waiting: try row.int64(1), dead: try row.int64(2))
    }
  }

  /// Closes the connection. Closing twice is fine.
  public func close() async { await connection.close() }
}

extension WebhookEndpoint {
  /// All endpoints, in the order of their ids, or the only one of this id.
  static func read(_ id: Int32? = nil, over connection: Connection) async throws -> [WebhookEndpoint] {
    try await connection.query(
      """
      SELECT id, url, array_to_string(events, ',') AS events, secret, concurrency, created_at, failing_since,
        disabled_at, disabled_reason, (
          SELECT string_agg(encode(o.secret, 'base64'), ',' ORDER BY o.signs_until DESC) FROM old_webhook_secrets o
          WHERE o.endpoint = e.id AND o.signs_until > now()
        ) AS old_secrets
      FROM webhook_endpoints e WHERE $1::int4 IS NULL OR id = $1 ORDER BY id
      """, id
    ).map(WebhookEndpoint.init(row:))
  }

  init(row: Row) throws {
    let kinds = try row.string("events").split(separator: ",").compactMap { Int16($0) }
    let old: String = try row.optional("old_secrets") ?? ""
    // PostgreSQL's base64 has line ends.
    let oldSecrets = old.split(separator: ",").compactMap {
      Data(base64Encoded: String($0), options: .ignoreUnknownCharacters).map(Array.init)
    }
    self.init(
      id: try row.int32("id"), url: try row.string("url"),
      events: Set(kinds.compactMap(OrderEvent.Kind.init(rawValue:))),
      secrets: ([try row.bytes("secret")] + oldSecrets).map(WebhookSecret.init(bytes:)),
      concurrency: try row.int32("concurrency"),
      createdAt: try row.timestamp("created_at"), failingSince: try row.optional("failing_since"),
      disabledAt: try row.optional("disabled_at"), disabledReason: try row.optional("disabled_reason"))
  }
}
