public import FlashSale
public import Time

/// The outcome of a sale's requests, as of one snapshot of the store.
///
/// The two sides of the identity have different sources: `accepted` comes from the lanes' counts while they read the
/// log (`tallies`) and from the log's tail, the outcomes from the rows that were written.
public struct SaleReport: Sendable, Hashable, Codable {
  /// Requests by outcome.
  public struct Requests: Sendable, Hashable, Codable {
    /// Requests in the log, each order once; `nil` where the log's tail could not be read.
    @Nullable public internal(set) var accepted: Int64?
    public let confirmed: Int64

    /// Those that wait for units that come back, or did.
    public let waitlisted: Int64

    /// By `Refusal.code`; every code is there.
    public let rejected: [String: Int64]

    /// Records set aside because they could not be decided.
    public let quarantined: Int64

    /// Requests in the log that the snapshot has no outcome of; `nil` where the log's tail could not be read.
    @Nullable public internal(set) var inFlight: Int64?

    /// All refusals.
    public var rejectedInAll: Int64 { rejected.values.reduce(0, +) }

    private enum CodingKeys: String, CodingKey {
      case accepted, confirmed, waitlisted, rejected, quarantined
      case inFlight = "in_flight"
    }
  }

  /// Time from acceptance to decision, in milliseconds. Exact (`percentile_disc`): each is some order's delay. It
  /// compares two clocks, intake's and the worker's, so it contains their difference.
  public struct Delay: Sendable, Hashable, Codable {
    public let p50: Double
    public let p95: Double
    public let p99: Double
    public let max: Double
  }

  /// What was decided in one bucket of the timeline.
  public struct Moment: Sendable, Hashable, Codable {
    /// The bucket's first instant; a whole minute.
    public let minute: Timestamp
    public var confirmed: Int64
    public var waitlisted: Int64
    public var rejected: Int64
    public var quarantined: Int64

    /// Creates a bucket.
    public init(minute: Timestamp, confirmed: Int64, waitlisted: Int64, rejected: Int64, quarantined: Int64) {
      self.minute = minute
      self.confirmed = confirmed
      self.waitlisted = waitlisted
      self.rejected = rejected
      self.quarantined = quarantined
    }
  }

  /// What intakes answered to requests before anything was written into the log, up to a second ago.
  public struct Door: Sendable, Hashable, Codable {
    /// Requests that were turned away.
    public let refused: Int64

    /// These by the code of the answer.
    public let reasons: [String: Int64]

    /// Winners who asked again and heard that they have won.
    public let answeredAgain: Int64

    /// Requests that were told `outcome_unknown`. Some of them are among the accepted.
    public let unknown: Int64

    private enum CodingKeys: String, CodingKey {
      case refused, reasons, unknown
      case answeredAgain = "answered_again"
    }

    init(_ answers: [String: Int64]) {
      reasons = answers.filter { $0.key != DoorCount.repeated && $0.key != DoorCount.unknown }
      refused = reasons.values.reduce(0, +)
      answeredAgain = answers[DoorCount.repeated] ?? 0
      unknown = answers[DoorCount.unknown] ?? 0
    }
  }

  /// What came in within 100 ms.
  public struct Arrival: Sendable, Hashable, Codable {
    public let at: Timestamp
    /// Orders that were accepted then and are decided, each once.
    public var accepted: Int64
    /// Requests that were turned away.
    public var refused: Int64

    public init(at: Timestamp, accepted: Int64, refused: Int64) {
      self.at = at
      self.accepted = accepted
      self.refused = refused
    }
  }

  /// How often a reason was given.
  public struct RefusalCount: Sendable, Hashable, Codable {
    public let reason: String
    public let count: Int64
  }

  public let sale: SaleID
  public let name: String

  /// As of `generatedAt`.
  public let status: SaleStatus
  public let startsAt: Timestamp
  public let endsAt: Timestamp

  /// When the snapshot was taken, by the store's clock; also of a report as of an earlier vector.
  public let generatedAt: Timestamp

  /// How far the lanes had decided then, or the earlier vector that was asked for, as `OffsetVector` writes it: an
  /// export as of it has the same orders.
  public let asOf: String

  /// In the order of the sale.
  public let items: [Item]
  public let requests: Requests

  /// Records of orders that had their outcome already; `nil` as of an earlier vector.
  @Nullable public private(set) var repeats: Int64?

  /// Before the log. As of an earlier vector: up to when the last record before it was decided.
  public let door: Door

  /// All requests that were answered: accepted, repeats, refused at the door and answered again; `nil` where the log's
  /// tail could not be read, and as of an earlier vector.
  @Nullable public internal(set) var asked: Int64?

  /// What came in around the opening, by 100 ms, ascending; slots without anything are omitted.
  public let arrivals: [Arrival]

  /// Units that orders have won by their first decision, whatever became of them.
  public let unitsConfirmed: Int64

  /// What became of orders after their first decision.
  public let lives: Lives

  /// By currency, ascending; amounts of two currencies are never added.
  public let money: [Money]

  /// Whether accepted = confirmed + waitlisted + rejected + quarantined + in flight; `nil` where the log's tail could
  /// not be read.
  @Nullable public internal(set) var identityHolds: Bool?

  /// Whether each SKU's stock row and the lives of its orders agree: put up at first + restocked − reduced = left +
  /// reserved + sold, and as much is reserved by the one as by the others.
  public let stockHolds: Bool

  /// Whether each currency's money adds up (I13): captured = applied + refund due + refunded.
  public let moneyHolds: Bool

  /// Whether more units of some SKU are held and sold than put up (I1).
  public let oversold: Bool

  /// `nil` without any decided order.
  @Nullable public internal(set) var decisionDelay: Delay?

  /// Minutes of one bucket of the timeline: 1, unless the sale's window is longer than `Limits.timelineBuckets`
  /// minutes.
  public let timelineBucketMinutes: Int32

  /// By the time of the decision, ascending; buckets without a decision are omitted.
  public let timeline: [Moment]

  /// When the first and the last order were confirmed; `nil` without any.
  @Nullable public internal(set) var firstSaleAt: Timestamp?
  @Nullable public internal(set) var lastSaleAt: Timestamp?

  /// Reasons that were given, the most frequent first.
  public let topRefusals: [RefusalCount]

  private enum CodingKeys: String, CodingKey {
    case sale, name, status, items, requests, repeats, door, asked, arrivals, oversold, timeline, lives, money
    case startsAt = "starts_at"
    case endsAt = "ends_at"
    case generatedAt = "generated_at"
    case asOf = "as_of"
    case unitsConfirmed = "units_confirmed"
    case identityHolds = "identity_holds"
    case stockHolds = "stock_holds"
    case moneyHolds = "money_holds"
    case decisionDelay = "decision_delay_ms"
    case timelineBucketMinutes = "timeline_bucket_minutes"
    case firstSaleAt = "first_sale_at"
    case lastSaleAt = "last_sale_at"
    case topRefusals = "top_refusals"
  }

  /// Whether everything was checked and is right; `nil` if nothing is wrong but the log's tail could not be read.
  public var isSound: Bool? {
    guard stockHolds, moneyHolds, !oversold else { return false }
    return identityHolds
  }
}

extension SaleReport {
  /// The report that follows from the store's facts. `inFlight` is `nil` if the log's tail could not be read.
  init(sale: StoredSale, facts: ReportFacts, inFlight: Int64?) {
    self.sale = sale.sale.id
    name = sale.sale.name
    status = facts.status(of: sale)
    startsAt = sale.sale.startsAt
    endsAt = sale.sale.endsAt
    generatedAt = facts.takenAt
    asOf = "\(OffsetVector(facts.progress))"
    items = facts.stock.map { Item($0, facts.units[$0.sku] ?? .init()) }
    let confirmed = facts.outcomes[.confirmed] ?? 0
    let refusals = Refusal.allCases.map { ($0.code, facts.outcomes[.rejected($0)] ?? 0) }
    let waitlisted = facts.outcomes[.waitlisted] ?? 0
    let decided = confirmed + waitlisted + refusals.reduce(0) { $0 + $1.1 } + facts.quarantined
    requests = Requests(
      accepted: inFlight.map { facts.requests - facts.repeats + $0 }, confirmed: confirmed,
      waitlisted: waitlisted, rejected: Dictionary(uniqueKeysWithValues: refusals), quarantined: facts.quarantined,
      inFlight: inFlight)
    repeats = facts.knowsRepeats ? facts.repeats : nil
    let door = Door(facts.door)
    self.door = door
    asked =
      facts.knowsRepeats ? inFlight.map { facts.requests + $0 + door.refused + door.answeredAgain } : nil
    arrivals = facts.arrivals
    unitsConfirmed = facts.unitsConfirmed.values.reduce(0, +)
    identityHolds = inFlight.map { facts.requests - facts.repeats + $0 == decided + $0 }
    lives = facts.lives
    money = facts.money
    moneyHolds = money.allSatisfy(\.holds)
    // An order of a SKU that the sale does not have is nobody's stock.
    let strangers = facts.units.keys.contains { sku in !facts.stock.contains { $0.sku == sku } }
    let isReserved = facts.stock.allSatisfy { Int64($0.reserved.rawValue) == facts.units[$0.sku]?.reserved ?? 0 }
    stockHolds = !strangers && isReserved && items.allSatisfy(\.holds)
    oversold = strangers || items.contains(where: \.isOversold)
    decisionDelay = facts.delay
    timelineBucketMinutes = facts.bucketMinutes
    timeline = facts.timeline
    firstSaleAt = facts.firstSaleAt
    lastSaleAt = facts.lastSaleAt
    topRefusals = refusals.filter { $0.1 > 0 }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }.map(RefusalCount.init)
  }
}
