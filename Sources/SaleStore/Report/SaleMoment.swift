public import FlashSale
import Postgres
public import Time

/// How a sale stood at an instant, reckoned from what lanes have decided: stock, line and partitions.
///
/// A record counts from its decision on; a command, whose decision's time the store does not keep, from when it was
/// accepted. Of the line, only those are known who have been decided since.
public struct SaleMoment: Sendable, Hashable, Codable {
  /// One SKU.
  public struct Item: Sendable, Hashable, Codable {
    public let sku: SKU
    public let putUp: Int64
    public internal(set) var left: Int64
    /// Units that were held and not paid.
    public internal(set) var reserved: Int64 = 0
    public internal(set) var confirmed: Int64 = 0
    public internal(set) var paid: Int64 = 0
    public internal(set) var fulfilled: Int64 = 0
    /// Units that orders waited for.
    public internal(set) var waiting: Int64 = 0
    /// Requests that were accepted and not decided.
    public internal(set) var line: Int64 = 0

    private enum CodingKeys: String, CodingKey {
      case sku, left, reserved, confirmed, paid, fulfilled, waiting, line
      case putUp = "put_up"
    }

    init(sku: SKU, putUp: Int64) { (self.sku, self.putUp, left) = (sku, putUp, putUp) }

    mutating func add(_ units: Int64, _ state: Hold.State) {
      switch state {
      case .waiting: waiting += units
      case .reserved: reserved += units
      case .confirmed: confirmed += units
      case .paid: paid += units
      case .fulfilled: fulfilled += units
      case .released, .expired, .cancelled, .lapsed, .refundDue, .refunded: break
      }
      if state.hasUnits { left -= units }
    }
  }

  /// One partition, as far as the sale is in it.
  public struct Lane: Sendable, Hashable, Codable {
    public let partition: Int32
    /// The first offset that was not decided.
    public internal(set) var nextOffset: Int64
    /// Requests of the sale that were accepted and not decided.
    public let line: Int64
    /// Decisions in the second before the instant.
    public let decidedPerSecond: Int64

    private enum CodingKeys: String, CodingKey {
      case partition, line
      case nextOffset = "next_offset"
      case decidedPerSecond = "decided_per_second"
    }
  }

  public let sale: SaleID
  public let name: String
  public let at: Timestamp

  /// The vector of the instant, of the sale's partitions, as `OffsetVector` writes it: an export as of it has the
  /// orders that were decided by then.
  public let asOf: String

  /// When the first request was accepted, and when anything of the sale has changed last: by a decision or a command;
  /// `nil` without any request.
  @Nullable public private(set) var firstAt: Timestamp?
  @Nullable public private(set) var lastAt: Timestamp?
  public let items: [Item]
  public let partitions: [Lane]
  public let accepted: Int64
  public let decided: Int64
  public let confirmed: Int64
  public let waitlisted: Int64
  public let rejected: Int64

  /// Turned away before anything was written.
  public let refusedAtTheDoor: Int64

  private enum CodingKeys: String, CodingKey {
    case sale, name, at, items, partitions, accepted, decided, confirmed, waitlisted, rejected
    case asOf = "as_of"
    case firstAt = "first_at"
    case lastAt = "last_at"
    case refusedAtTheDoor = "refused_at_the_door"
  }

  init(_ facts: MomentFacts, of stored: StoredSale, at: Timestamp) {
    sale = stored.sale.id
    name = stored.sale.name
    self.at = at
    asOf = "\(facts.vector)"
    (firstAt, lastAt) = (facts.firstAt, facts.lastAt)
    items = facts.items
    partitions = facts.lanes
    (accepted, decided) = (facts.accepted, facts.decided)
    (confirmed, waitlisted) = (facts.confirmed, facts.waitlisted)
    rejected = facts.decided - facts.confirmed - facts.waitlisted
    refusedAtTheDoor = facts.door
  }
}

extension SaleStore {
  /// How a sale stood at an instant. Reads all orders of the sale once: a million take some 0.3 s. Behind the last
  /// decision, what was counted before says as much.
  public func moment(of sale: StoredSale, topic: String, at: Timestamp) async throws -> SaleMoment {
    let facts: MomentFacts
    if kept[sale.number, topic] != nil {
      facts = try await counted(sale, topic: topic) { counts, transaction in
        try MomentFacts(of: sale, at: at, counts.orders, in: transaction)
      }
    } else {
      facts = try await pool.withConnection { connection in
        try await connection.transaction(isolation: .repeatableRead, readOnly: true) { transaction in
          try MomentFacts(of: sale, at: at, nil, in: transaction)
        }
      }
    }
    return SaleMoment(facts, of: sale, at: at)
  }
}
