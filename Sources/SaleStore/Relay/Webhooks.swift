public import FlashSale
internal import Postgres
public import Time

/// A delivery that was given up.
public struct DeadLetter: Sendable {
  public let id: Int64
  public let event: String
  public let kind: OrderEvent.Kind?
  public let order: OrderID
  public let attempts: Int32
  public let deadAt: Timestamp
  public let lastError: String?
}

/// What came of the wish to give an endpoint another secret.
public enum RotateAnswer: Sendable, Hashable {
  case rotated
  /// There is no such endpoint.
  case unknown
  /// `oldWebhookSecretsMost` secrets of before still sign; nothing was changed.
  case full
}

// What an operator does with endpoints.

extension SaleStore {
  /// How many endpoints there may be.
  public static var webhooksMost: Int32 { Limits.webhookEndpoints }

  /// How many secrets of before may sign for an endpoint.
  public static var oldWebhookSecretsMost: Int32 { Limits.oldSecrets }

  /// Adds an endpoint. It hears of what is published from now on.
  ///
  /// - Returns: `nil` if there are `webhooksMost` already.
  public func addWebhook(_ request: WebhookRequest, secret: WebhookSecret) async throws -> WebhookEndpoint? {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        INSERT INTO webhook_endpoints (url, events, concurrency, secret)
        SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM webhook_endpoints) < $5 RETURNING id
        """, request.url, request.events.map(\.rawValue).sorted(), request.concurrency, secret.bytes,
        Limits.webhookEndpoints)
    }
    guard let id = try rows.first?.int32(0) else { return nil }
    return try await webhook(id)
  }

  /// Removes an endpoint with all that it has not got, dead letters too.
  ///
  /// - Returns: whether there was one.
  public func removeWebhook(_ id: Int32) async throws -> Bool {
    try await pool.withConnection { connection in
      try await connection.query("DELETE FROM webhook_endpoints WHERE id = $1", id)
    }.affected == 1
  }

  /// All endpoints, in the order of their ids.
  public func webhooks() async throws -> [WebhookEndpoint] {
    try await pool.withConnection { try await WebhookEndpoint.read(over: $0) }
  }

  /// One endpoint; `nil` if there is none.
  public func webhook(_ id: Int32) async throws -> WebhookEndpoint? {
    try await pool.withConnection { try await WebhookEndpoint.read(id, over: $0) }.first
  }

  /// Gives an endpoint another secret. The one before signs too for `Limits.oldSecretLife`, and so do those before it.
  public func rotateWebhook(_ id: Int32, to secret: WebhookSecret) async throws -> RotateAnswer {
    try await pool.withConnection { connection in
      try await connection.transaction { transaction -> RotateAnswer in
        let known = try transaction.query("SELECT FROM webhook_endpoints WHERE id = $1 FOR NO KEY UPDATE", id)
        guard !known.isEmpty else { return .unknown }
        try transaction.execute("DELETE FROM old_webhook_secrets WHERE endpoint = $1 AND signs_until <= now()", id)
        let kept = try transaction.execute(
          """
          INSERT INTO old_webhook_secrets (endpoint, signs_until, secret)
          SELECT id, now() + make_interval(secs => $2), secret FROM webhook_endpoints
          WHERE id = $1 AND (SELECT count(*) FROM old_webhook_secrets WHERE endpoint = $1) < $3
          """, id, Limits.oldSecretLife.inSeconds, Limits.oldSecrets)
        guard kept == 1 else { return .full }
        try transaction.execute("UPDATE webhook_endpoints SET secret = $2 WHERE id = $1", id, secret.bytes)
        return .rotated
      }
    }
  }

  /// Switches an endpoint off, or on again. What waits for it goes out at once then, and has a whole day again.
  ///
  /// - Parameter reason: why it is off; `nil`: it is on.
  /// - Returns: whether there is such an endpoint.
  public func switchWebhook(_ id: Int32, offBecause reason: String?) async throws -> Bool {
    try await pool.withConnection { connection in
      try await connection.transaction { transaction in
        let switched = try transaction.execute(
          """
          UPDATE webhook_endpoints SET failing_since = NULL, disabled_reason = $2,
            disabled_at = CASE WHEN $2::text IS NOT NULL THEN coalesce(disabled_at, now()) END
          WHERE id = $1
          """, id, reason)
        if reason == nil {
          try transaction.execute(
            """
            UPDATE webhook_deliveries SET next_at = now(), attempts = 0, first_tried_at = NULL
            WHERE endpoint = $1 AND dead_at IS NULL
            """, id)
        }
        return switched == 1
      }
    }
  }

  /// The dead letters of an endpoint, the oldest first, at most `Limits.deadLettersShown`.
  public func deadLetters(of endpoint: Int32) async throws -> [DeadLetter] {
    try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT id, event_id, kind, order_id, attempts, dead_at, last_error FROM webhook_deliveries
        WHERE endpoint = $1 AND dead_at IS NOT NULL ORDER BY id LIMIT $2
        """, endpoint, Limits.deadLettersShown)
    }.map(DeadLetter.init(row:))
  }

  /// The dead letters of an order at all endpoints, the oldest first, at most `Limits.deadLettersShown`.
  public func deadLetters(of order: OrderID) async throws -> [DeadLetter] {
    try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT id, event_id, kind, order_id, attempts, dead_at, last_error FROM webhook_deliveries
        WHERE order_id = $1 AND dead_at IS NOT NULL ORDER BY id LIMIT $2
        """, order.uuid, Limits.deadLettersShown)
    }.map(DeadLetter.init(row:))
  }

  /// Has all dead letters of an order sent again, as those of an endpoint.
  ///
  /// - Returns: how many there were.
  public func resendDeadLetters(of order: OrderID) async throws -> Int {
    try await pool.withConnection { connection in
      try await connection.query(
        """
        UPDATE webhook_deliveries SET dead_at = NULL, next_at = now(), attempts = 0, first_tried_at = NULL
        WHERE order_id = $1 AND dead_at IS NOT NULL
        """, order.uuid)
    }.affected
  }

  /// Has dead letters of an endpoint sent again, for as long as new ones.
  ///
  /// - Parameter delivery: the only one; `nil`: all.
  /// - Returns: how many there were.
  public func resendDeadLetters(of endpoint: Int32, only delivery: Int64?) async throws -> Int {
    try await pool.withConnection { connection in
      try await connection.query(
        """
        UPDATE webhook_deliveries SET dead_at = NULL, next_at = now(), attempts = 0, first_tried_at = NULL
        WHERE endpoint = $1 AND dead_at IS NOT NULL AND ($2::int8 IS NULL OR id = $2)
        """, endpoint, delivery)
    }.affected
  }
}

extension DeadLetter {
  fileprivate init(row: Row) throws {
    id = try row.int64("id")
    event = try row.string("event_id")
    kind = OrderEvent.Kind(rawValue: try row.int16("kind"))
    order = OrderID(try row.uuid("order_id"))
    attempts = try row.int32("attempts")
    deadAt = try row.timestamp("dead_at")
    lastError = try row.optional("last_error")
  }
}
