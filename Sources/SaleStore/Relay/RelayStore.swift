public import FlashSale
public import Logging
public import Postgres
internal import Time

/// A relay's connection: what it works on, how far it came, and the events behind that.
///
/// What a relay has is a lease: it says who is to publish, and no more. Two that publish the same events do no harm;
/// only the holder of the current epoch moves the progress on.
public struct RelayStore: Sendable {
  /// A partition that this relay works on.
  public struct Standing: Sendable, Hashable {
    public let partition: Partition
    let epoch: Epoch

    /// The first offset whose events may not be in the topic.
    public let next: Offset

    /// The first offset that is not decided: what is below can be published.
    public let decided: Offset

    /// Offsets whose events may be missing.
    public var lag: Int64 { max(0, decided.rawValue - next.rawValue) }
  }

  /// How far a partition's progress moves, and what endpoints are to hear of that.
  public struct Move: Sendable {
    let standing: Standing
    let next: Offset
    let deliveries: [NewDelivery]

    public init(_ standing: Standing, to next: Offset, adding deliveries: [NewDelivery]) {
      self.standing = standing
      self.next = next
      self.deliveries = deliveries
    }
  }

  /// What a look found.
  public struct View: Sendable {
    /// The partitions that are this relay's, in their order.
    public let partitions: [Standing]

    /// Whether it sends the webhooks.
    public let sendsWebhooks: Bool
  }

  /// Who a relay is.
  public struct Seat: Sendable {
    /// Drawn by the process when it starts.
    public let id: Int64
    /// The topics of orders and of events.
    public let orders: String
    public let events: String
    /// Host and process, for people.
    public let name: String
    /// How long it may show no sign of life before others take what it has.
    public let lease: Duration

    public init(id: Int64, orders: String, events: String, name: String, lease: Duration) {
      self.id = id
      self.orders = orders
      self.events = events
      self.name = name
      self.lease = lease
    }
  }

  /// Stands for the webhooks among the partitions: one relay at a time sends them.
  static let webhooks = Partition(-1)

  let connection: Connection
  let seat: Seat

  /// Connects. Throws `PostgresError` when PostgreSQL cannot be reached or refuses.
  public static func connect(_ settings: DatabaseSettings, as seat: Seat, logger: Logger) async throws -> RelayStore {
    var settings = settings
    settings.statementTimeout = Limits.relayStatementTimeout
    let thread = StoreThread(label: "relay")
    return RelayStore(
      connection: try await Connection.connect(settings, on: thread.executor, logger: logger), seat: seat)
  }

  /// Shows life, takes a fair share of what nobody has, and gives back what is more than that.
  public func look() async throws -> View {
    try await connection.transaction { [seat] transaction in
      let answers = try transaction.pipeline { pipeline in
        try Self.addSignOfLife(of: seat, to: &pipeline)
        try Self.addSharing(for: seat, to: &pipeline)
        try pipeline.add(
          """
          SELECT r.partition, r.epoch, r.next_offset, coalesce(p.next_offset, 0) AS decided
          FROM relay_progress r LEFT JOIN partition_progress p ON p.topic = $2 AND p.partition = r.partition
          WHERE r.topic = $1 AND r.owner = $3 ORDER BY r.partition
          """, seat.events, seat.orders, seat.id)
      }
      let mine = try answers[answers.count - 1].map(Standing.init(row:))
      return View(
        partitions: mine.filter { $0.partition != Self.webhooks },
        sendsWebhooks: mine.contains { $0.partition == Self.webhooks })
    }
  }

  /// Shows life between two looks, for as long as what the last one found takes.
  public func showLife() async throws {
    _ = try await connection.query(Self.signOfLife, seat.id, seat.events, seat.name)
  }

  /// Once in a second only: a look that finds nothing writes nothing.
  private static let signOfLife: Statement = """
    INSERT INTO relays (id, topic, name, session_pid, session_started, last_seen)
    SELECT $1, $2, $3, pid, backend_start, clock_timestamp() FROM pg_stat_activity a
    WHERE pid = pg_backend_pid() AND NOT EXISTS (
      SELECT FROM relays r WHERE r.id = $1 AND r.session_pid = a.pid AND r.session_started = a.backend_start
        AND r.last_seen BETWEEN clock_timestamp() - interval '1 s' AND clock_timestamp() + interval '1 s'
    )
    ON CONFLICT (id) DO UPDATE SET session_pid = excluded.session_pid,
      session_started = excluded.session_started, last_seen = excluded.last_seen
    """

  private static func addSignOfLife(of seat: Seat, to pipeline: inout Pipeline) throws {
    try pipeline.add(signOfLife, seat.id, seat.events, seat.name)
    try pipeline.add(
      "DELETE FROM relays WHERE last_seen < clock_timestamp() - make_interval(secs => $1)",
      Limits.silentWorkersKept.inSeconds)
    // Another topic of events begins where the others are. Else webhooks would hear of all that was once more.
    try pipeline.add(
      """
      INSERT INTO relay_progress (topic, partition, next_offset)
      SELECT $1, wanted.partition,
        coalesce((SELECT max(o.next_offset) FROM relay_progress o WHERE o.partition = wanted.partition), 0)
      FROM (SELECT partition FROM partition_progress WHERE topic = $2 UNION ALL SELECT -1) AS wanted
      WHERE NOT EXISTS (SELECT FROM relay_progress r WHERE r.topic = $1 AND r.partition = wanted.partition)
      ON CONFLICT DO NOTHING
      """, seat.events, seat.orders)
  }

  private static func addSharing(for seat: Seat, to pipeline: inout Pipeline) throws {
    // A killed relay's session is gone at once. One that is frozen or cut off is silent; what it showed last lies ahead
    // where the database's clock was set back.
    try pipeline.add(
      """
      WITH alive AS (
        SELECT r.id FROM relays r
        JOIN pg_stat_activity a ON a.pid = r.session_pid AND a.backend_start = r.session_started
        WHERE r.topic = $1 AND r.last_seen BETWEEN clock_timestamp() - make_interval(secs => $3)
          AND clock_timestamp() + make_interval(secs => $3)
      ), share AS (
        SELECT ceil(count(*)::float8 / greatest(1, (SELECT count(*) FROM alive)))::int4
          - (count(*) FILTER (WHERE owner = $2))::int4 AS room
        FROM relay_progress WHERE topic = $1
      ), free AS (
        SELECT partition FROM relay_progress
        WHERE topic = $1 AND (owner IS NULL OR owner <> $2 AND owner NOT IN (SELECT id FROM alive))
        ORDER BY partition LIMIT greatest(0, (SELECT room FROM share)) FOR UPDATE SKIP LOCKED
      )
      UPDATE relay_progress p SET owner = $2, epoch = epoch + 1 FROM free
      WHERE p.topic = $1 AND p.partition = free.partition
      """, seat.events, seat.id, seat.lease.inSeconds)
    try pipeline.add(
      """
      WITH alive AS (
        SELECT count(*) AS relays FROM relays r
        JOIN pg_stat_activity a ON a.pid = r.session_pid AND a.backend_start = r.session_started
        WHERE r.topic = $1 AND r.last_seen BETWEEN clock_timestamp() - make_interval(secs => $3)
          AND clock_timestamp() + make_interval(secs => $3)
      ), share AS (
        SELECT (count(*) FILTER (WHERE owner = $2))::int4
          - ceil(count(*)::float8 / greatest(1, (SELECT relays FROM alive)))::int4 AS surplus
        FROM relay_progress WHERE topic = $1
      )
      UPDATE relay_progress SET owner = NULL WHERE topic = $1 AND partition IN (
        SELECT partition FROM relay_progress WHERE topic = $1 AND owner = $2
        ORDER BY partition DESC LIMIT greatest(0, (SELECT surplus FROM share))
      )
      """, seat.events, seat.id, seat.lease.inSeconds)
  }

  /// Moves the progress of partitions on, because every event below `next` of each is in the topic; and keeps what
  /// endpoints are to hear of, in the same transaction.
  ///
  /// - Returns: the partitions that another relay has by now. Of these nothing was changed.
  public func advance(_ moves: [Move]) async throws -> [Partition] {
    let standings = moves.map(\.standing)
    return try await connection.transaction { [seat] transaction in
      let rows = try transaction.query(
        """
        UPDATE relay_progress p SET next_offset = m.next
        FROM unnest($3::int4[], $4::int8[], $5::int8[], $6::int8[]) AS m (partition, epoch, expected, next)
        WHERE p.topic = $1 AND p.owner = $2 AND p.partition = m.partition AND p.epoch = m.epoch
          AND p.next_offset = m.expected
        RETURNING p.partition
        """, seat.events, seat.id, standings.map(\.partition.rawValue), standings.map(\.epoch.rawValue),
        standings.map(\.next.rawValue), moves.map(\.next.rawValue))
      let moved = Set(try rows.map { try $0.partition(0) })
      let marked = moves.filter { moved.contains($0.standing.partition) }
      try NewDelivery.add(marked.flatMap(\.deliveries), in: transaction)
      return standings.map(\.partition).filter { !moved.contains($0) }
    }
  }

  /// The endpoints of webhooks.
  public func endpoints() async throws -> [WebhookEndpoint] {
    try await WebhookEndpoint.read(over: connection)
  }

  /// Gives everything back, so that others need not wait.
  public func leave() async throws {
    try await connection.transaction { [seat] transaction in
      try transaction.execute(
        "UPDATE relay_progress SET owner = NULL WHERE topic = $1 AND owner = $2", seat.events, seat.id)
      try transaction.execute("DELETE FROM relays WHERE id = $1", seat.id)
    }
  }

  /// Closes the connection. Closing twice is fine.
  public func close() async { await connection.close() }
}

extension RelayStore.Standing {
  init(row: Row) throws {
    partition = try row.partition("partition")
    epoch = Epoch(rawValue: try row.int64("epoch"))
    next = try row.offset("next_offset")
    decided = try row.offset("decided")
  }
}
