public import FlashSale
public import Logging
public import Postgres
internal import Time

/// A worker's connection for the waiting rooms: at most one worker at a time owns them.
///
/// The lease says who is to decide. Whose decisions count is the epoch's to say, in the topic itself (`Rooms`).
public struct RoomLease: Sendable {
  private let connection: Connection
  private let topic: String
  private let name: String

  /// Connects. Throws `PostgresError` when PostgreSQL cannot be reached or refuses.
  ///
  /// - Parameters:
  ///   - topic: the waiting rooms' topic.
  ///   - name: host and process, for people.
  public static func connect(
    _ settings: DatabaseSettings, topic: String, name: String, logger: Logger
  ) async throws -> RoomLease {
    var settings = settings
    settings.statementTimeout = Limits.leaseStatementTimeout
    let thread = StoreThread(label: "rooms")
    let connection = try await Connection.connect(settings, on: thread.executor, logger: logger)
    return RoomLease(connection: connection, topic: topic, name: name)
  }

  /// Takes the rooms, if nobody has them, or their owner's session is gone or was silent for `lease`. A sign of life
  /// from further ahead than that is none: the database's clock was set back since.
  ///
  /// - Returns: the new epoch; `nil` if another has them.
  public func claim(silentFor lease: Duration) async throws -> Epoch? {
    _ = try await connection.query(
      "INSERT INTO room_owners (topic) VALUES ($1) ON CONFLICT DO NOTHING", topic)
    let claimed = try await connection.query(
      """
      UPDATE room_owners SET epoch = epoch + 1, owner_name = $2, owner_pid = pg_backend_pid(),
        owner_started = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()),
        last_seen = clock_timestamp()
      WHERE topic = $1 AND (
        owner_pid IS NULL
        OR last_seen NOT BETWEEN clock_timestamp() - make_interval(secs => $3)
          AND clock_timestamp() + make_interval(secs => $3)
        OR NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = owner_pid AND backend_start = owner_started)
      ) RETURNING epoch
      """, topic, name, lease.inSeconds)
    return try claimed.first.map { Epoch(rawValue: try $0.int64(0)) }
  }

  /// Raises the epoch above one that the topic has: the database was set back.
  ///
  /// - Returns: the new epoch; `nil` if another has the rooms.
  public func raise(_ epoch: Epoch, above other: Epoch) async throws -> Epoch? {
    let raised = try await connection.query(
      "UPDATE room_owners SET epoch = $3 + 1 WHERE topic = $1 AND epoch = $2 RETURNING epoch", topic, epoch.rawValue,
      other.rawValue)
    return try raised.first.map { Epoch(rawValue: try $0.int64(0)) }
  }

  /// Shows that the owner is alive.
  ///
  /// - Returns: whether it still is the owner.
  public func showLife(_ epoch: Epoch) async throws -> Bool {
    try await connection.query(
      "UPDATE room_owners SET last_seen = clock_timestamp() WHERE topic = $1 AND epoch = $2", topic, epoch.rawValue
    ).affected == 1
  }

  /// Gives the rooms back, so that the next owner need not wait.
  public func giveBack(_ epoch: Epoch) async throws {
    _ = try await connection.query(
      "UPDATE room_owners SET owner_pid = NULL WHERE topic = $1 AND epoch = $2", topic, epoch.rawValue)
  }

  /// The sales with a waiting room that are not long over: not for more than an hour past the end that they have now,
  /// which a change may have moved.
  public func sales() async throws -> [StoredSale] {
    let rows = try await connection.query(
      """
      SELECT s.number, s.id, s.name, coalesce(k.starts_at, s.starts_at) AS starts_at,
        coalesce(k.ends_at, s.ends_at) AS ends_at, coalesce(k.per_buyer_limit, s.per_buyer_limit) AS per_buyer_limit,
        s.ordering, s.closed_at,
        s.shaping::text, s.holds::text,
        k.sku, k.price_minor, k.currency, k.put_up, k.units_left, k.reserved, k.closed, k.as_of
      FROM sales s JOIN stock k ON k.sale = s.number
      WHERE s.shaping ? 'room' AND s.closed_at IS NULL
        AND EXISTS (SELECT FROM stock w WHERE w.sale = s.number
          AND coalesce(w.ends_at, s.ends_at) > now() - interval '1 hour')
      ORDER BY s.number DESC, k.position
      """)
    return try StoredSale.sales(from: rows)
  }

  /// Whether `sales` has any; and whether a sale with a room is not over for longer than `age`, so that the room may
  /// not be forgotten yet.
  public func areRooms(within age: Duration) async throws -> (open: Bool, kept: Bool) {
    let row = try await connection.query(
      """
      SELECT count(*) FILTER (WHERE s.closed_at IS NULL AND e.ends_at > now() - interval '1 hour') > 0, count(*) > 0
      FROM sales s,
        LATERAL (SELECT max(coalesce(k.ends_at, s.ends_at)) AS ends_at FROM stock k WHERE k.sale = s.number) e
      WHERE s.shaping ? 'room' AND least(e.ends_at, s.closed_at) > now() - make_interval(secs => $1)
      """, age.inSeconds
    ).single()
    return (try row.bool(0), try row.bool(1))
  }

  /// Those of these sales that are over for longer than `age`, by their ends as they are now, or that were closed.
  public func over(_ sales: [SaleNumber], for age: Duration) async throws -> [SaleNumber] {
    let rows = try await connection.query(
      """
      SELECT s.number FROM sales s JOIN stock k ON k.sale = s.number WHERE s.number = ANY ($1)
      GROUP BY s.number
      HAVING least(max(coalesce(k.ends_at, s.ends_at)), s.closed_at) <= now() - make_interval(secs => $2)
      """, sales.map(\.rawValue), age.inSeconds)
    return try rows.map { SaleNumber(rawValue: try $0.int32(0)) }
  }

  /// How far the partitions of a topic of orders are decided, and how many it has; `nil` if nobody recorded it.
  public func progress(of orders: String) async throws -> (partitions: Int32, next: [Partition: Offset])? {
    let rows = try await connection.query(
      """
      SELECT t.partitions, p.partition, p.next_offset FROM topics t
      LEFT JOIN partition_progress p ON p.topic = t.name WHERE t.name = $1
      """, orders)
    guard let first = rows.first else { return nil }
    var next: [Partition: Offset] = [:]
    for row in rows {
      guard let partition: Int32 = try row.optional("partition") else { continue }
      next[Partition(partition)] = try row.offset("next_offset")
    }
    return (try first.int32("partitions"), next)
  }

  /// What a sale's lottery is drawn by; `nil` if the sale has none.
  public func secret(of sale: SaleNumber) async throws -> [UInt8]? {
    let rows = try await connection.query("SELECT secret FROM room_secrets WHERE sale = $1", sale.rawValue)
    return try rows.first.map { try $0.bytes(0) }
  }

  /// Closes the connection. Closing twice is fine.
  public func close() async { await connection.close() }
}

extension SaleStore {
  /// Whether a sale that is not over has a waiting room.
  public func hasRooms() async throws -> Bool {
    try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT EXISTS (SELECT FROM sales s JOIN stock k ON k.sale = s.number
          WHERE s.shaping ? 'room' AND s.closed_at IS NULL AND coalesce(k.ends_at, s.ends_at) > now())
        """
      ).single().bool(0)
    }
  }

  /// What was committed to when a sale with a lottery was created; `nil` for any other sale.
  public func commitment(of sale: SaleNumber) async throws -> [UInt8]? {
    let rows = try await pool.withConnection { connection in
      try await connection.query("SELECT commitment FROM room_secrets WHERE sale = $1", sale.rawValue)
    }
    return try rows.first.map { try $0.bytes(0) }
  }
}

extension Draw {
  /// A secret that nobody knows.
  static func newSecret() -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    return (0..<secretBytes).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }
}
