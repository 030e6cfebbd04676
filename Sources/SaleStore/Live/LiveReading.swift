public import FlashSale
import Postgres
public import Time

/// What the store says of a sale at one moment, for those who watch it: cheap enough to be read once a second, whatever
/// the size of the sale.
public struct LiveReading: Sendable {
  /// By the store's clock.
  public var takenAt: Timestamp
  public var sale: StoredSale

  /// Partitions of the topic; 0 if nobody recorded it.
  public var partitions: Int32

  /// Records of the sale that are decided, by partition, repeats included; and those of orders that had their outcome.
  public var requests: [Partition: Int64]
  public var repeats: Int64

  /// How many requests for orders all intakes have answered with 202, as far as they have told: each tells once a
  /// second. What an intake had not told when it died is missing, and so is what was accepted before they counted it.
  public var accepted: Int64

  /// Answers at the door since the sale was created, by their code; `DoorCount.repeated` among them.
  public var door: [String: Int64]

  public var progress: [PartitionProgress]

  /// Workers whose session is open.
  public var liveWorkers: Set<Int64>

  /// Of what was decided lately; `nil`: nothing was.
  public var recent: Recent?

  /// Records of the sale that are set aside, and that nobody has requeued or dismissed.
  public var quarantined: Int64

  /// The longest that any commit of Penstock's is under way, in milliseconds; `nil`: none is.
  public var commitMilliseconds: Int64?

  /// Webhooks that were given up: at most `Limits.deadLettersCounted`; and endpoints that fail, also
  /// those that are off for it. What a person has switched off does not fail.
  public var deadLetters: Int64
  public var failingEndpoints: Int64

  /// The last decisions of a sale: a sample, the newest rows of the table.
  public struct Recent: Sendable, Hashable {
    /// Times from acceptance to decision, in milliseconds. They compare two clocks, intake's and the worker's.
    public var p50: Double
    public var p99: Double

    /// When the newest of them was accepted, and when decided.
    public var acceptedUpTo: Timestamp
    public var decidedAt: Timestamp

    public init(p50: Double, p99: Double, acceptedUpTo: Timestamp, decidedAt: Timestamp) {
      (self.p50, self.p99, self.acceptedUpTo, self.decidedAt) = (p50, p99, acceptedUpTo, decidedAt)
    }
  }

  public init(
    takenAt: Timestamp, sale: StoredSale, partitions: Int32, requests: [Partition: Int64], repeats: Int64,
    accepted: Int64, door: [String: Int64], progress: [PartitionProgress], liveWorkers: Set<Int64>, recent: Recent?,
    quarantined: Int64, commitMilliseconds: Int64?, deadLetters: Int64, failingEndpoints: Int64
  ) {
    self.takenAt = takenAt
    self.sale = sale
    self.partitions = partitions
    self.requests = requests
    self.repeats = repeats
    self.accepted = accepted
    self.door = door
    self.progress = progress
    self.liveWorkers = liveWorkers
    self.recent = recent
    self.quarantined = quarantined
    self.commitMilliseconds = commitMilliseconds
    self.deadLetters = deadLetters
    self.failingEndpoints = failingEndpoints
  }
}

extension SaleStore {
  /// Looks at a sale; `nil` if there is none of this id. One snapshot, in one round trip.
  public func liveReading(of id: SaleID, topic: String) async throws -> LiveReading? {
    try await pool.withConnection { connection in
      try await connection.transaction(isolation: .repeatableRead, readOnly: true) { transaction in
        try LiveReading(of: id, topic: topic, in: transaction)
      }
    }
  }
}

extension LiveReading {
  fileprivate init?(of id: SaleID, topic: String, in transaction: borrowing Transaction) throws {
    let answers = try transaction.pipeline { pipeline in
      try pipeline.add(StoredSale.byID, id.rawValue)
      try pipeline.add(
        """
        SELECT clock_timestamp(), coalesce((SELECT partitions FROM topics WHERE name = $1), 0)::int4,
          coalesce((SELECT requests FROM accepted_requests a JOIN sales s ON s.number = a.sale WHERE s.id = $2), 0)
        """, topic, id.rawValue)
      try pipeline.add(
        """
        SELECT partition, requests, repeats FROM tallies
        WHERE topic = $1 AND sale = (SELECT number FROM sales WHERE id = $2)
        """, topic, id.rawValue)
      try pipeline.add(
        """
        SELECT reason, sum(requests)::int8 FROM door
        WHERE sale = (SELECT number FROM sales WHERE id = $1) GROUP BY reason
        """, id.rawValue)
      try pipeline.add(PartitionProgress.ofTopic, topic)
      try pipeline.add(
        """
        SELECT w.id FROM workers w
        JOIN pg_stat_activity a ON a.pid = w.session_pid AND a.backend_start = w.session_started WHERE w.topic = $1
        """, topic)
      try pipeline.add(Self.newestDecisions, id.rawValue, Limits.livePages, Limits.liveSeconds)
      try pipeline.add(
        """
        SELECT count(*) FROM quarantined_records
        WHERE topic = $1 AND sale = (SELECT number FROM sales WHERE id = $2) AND resolution IS NULL
        """, topic, id.rawValue)
      try pipeline.add(
        """
        SELECT max(extract(epoch FROM clock_timestamp() - query_start) * 1000)::int8 FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'penstock%' AND state = 'active'
          AND (wait_event = 'SyncRep' OR query ILIKE 'commit%')
        """)
      try pipeline.add(
        """
        SELECT (SELECT count(*) FROM (
            SELECT FROM webhook_deliveries WHERE dead_at IS NOT NULL LIMIT $1) AS dead),
          (SELECT count(*) FROM webhook_endpoints WHERE failing_since IS NOT NULL)
        """, Limits.deadLettersCounted)
    }
    guard let sale = try StoredSale.sales(from: answers[0]).first else { return nil }
    let head = try answers[1].single()
    let recent = try answers[6].single()
    let tallies = try answers[2].map { (try $0.partition(0), try $0.int64(1), try $0.int64(2)) }
    self.init(
      takenAt: try head.timestamp(0), sale: sale, partitions: try head.int32(1),
      requests: Dictionary(tallies.map { ($0.0, $0.1) }, uniquingKeysWith: +),
      repeats: tallies.reduce(0) { $0 + $1.2 }, accepted: try head.int64(2),
      door: try Dictionary(
        answers[3].map { (try $0.string(0), try $0.int64(1)) }, uniquingKeysWith: { first, _ in first }),
      progress: try answers[4].map(PartitionProgress.init(row:)),
      liveWorkers: Set(try answers[5].map { try $0.int64(0) }),
      recent: try recent.optional("p50", as: Double.self).map { p50 in
        Recent(
          p50: p50, p99: try recent.double("p99"), acceptedUpTo: try recent.timestamp("accepted"),
          decidedAt: try recent.timestamp("decided"))
      },
      quarantined: try answers[7].single().int64(0), commitMilliseconds: try answers[8].single().optional(0),
      deadLetters: try answers[9].single().int64(0), failingEndpoints: try answers[9].single().int64(1))
  }

  /// Rows are added to the table's end, so its last pages have the newest: no index has to be kept for this.
  private static let newestDecisions: Statement = """
    WITH newest AS MATERIALIZED (
      SELECT accepted_at, decided_at, extract(epoch FROM decided_at - accepted_at)::float8 * 1000 AS delay FROM orders
      WHERE ctid >= (SELECT format('(%s,0)', greatest(
          pg_relation_size('orders') / current_setting('block_size')::int8 - $2, 0))::tid)
        AND sale = (SELECT number FROM sales WHERE id = $1)
        AND decided_at > clock_timestamp() - make_interval(secs => $3)
    )
    SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY delay) AS p50,
      percentile_disc(0.99) WITHIN GROUP (ORDER BY delay) AS p99,
      max(accepted_at) AS accepted, max(decided_at) AS decided
    FROM newest
    """
}
