public import Time

/// What is published of a lottery: everything that its order follows from, so that anyone can check it without Penstock
/// running. `GET /v1/sales/{sale}/draw`.
public struct DrawReport: Codable, Hashable, Sendable {
  public static let format = "penstock-draw-1"

  public struct Entry: Codable, Hashable, Sendable {
    public var offset: Int64
    public var buyer: String

    public init(offset: Int64, buyer: String) { (self.offset, self.buyer) = (offset, buyer) }
  }

  /// A beacon as the sale named it before anybody joined, and what it said.
  public struct Beacon: Hashable, Sendable {
    public var rule: BeaconRule
    /// The round that was due when the entries had ended; 0 of a beacon that is told.
    public var round: UInt64
    public var value: String?
    public var signature: String?
    public var isFallback: Bool
  }

  /// What the sale named for the case that the first beacon is silent.
  public struct Fallback: Codable, Hashable, Sendable {
    public var afterSeconds: Int64
    public var beacon: BeaconRule

    enum CodingKeys: String, CodingKey {
      case beacon
      case afterSeconds = "after_seconds"
    }

    /// What the room names; `nil`: nothing.
    public init?(_ rule: RoomRule) {
      guard let fallback = rule.fallback else { return nil }
      (afterSeconds, beacon) = (fallback.after.components.seconds, fallback.beacon)
    }
  }

  public var format = Self.format
  public var sale: String
  public var number: Int32
  /// As everything of bytes here, in hexadecimal digits.
  public var commitment: String
  public var closedAt: Timestamp
  public var lastOffset: Int64
  public var root: String
  /// The one that counts.
  public var beacon: Beacon
  /// The first one, and the round that was due, where the fallback counts.
  public var insteadOf: Beacon?
  public var fallback: Fallback?
  public var secret: String?
  public var seed: String?
  /// In the order of joining.
  public var entries: [Entry]
  /// In the order of admission: each entry by its place in `entries`.
  public var order: [Int]?

  enum CodingKeys: String, CodingKey {
    case format, sale, number, commitment, root, beacon, fallback, secret, seed, entries, order
    case closedAt = "closed_at"
    case lastOffset = "last_offset"
    case insteadOf = "instead_of"
  }

  /// What there is to publish of a room whose entries have ended; `nil` before, and of a room without a lottery.
  public init?(_ room: Room, of sale: Sale, numbered number: SaleNumber, commitment: [UInt8]) {
    guard let closing = room.closing, let rule = sale.shaping.room, let first = rule.beacon else { return nil }
    let drawn = room.drawn
    self.sale = sale.id.rawValue
    self.number = number.rawValue
    self.commitment = Hexadecimal.text(commitment)
    closedAt = closing.at
    lastOffset = closing.lastOffset.rawValue
    root = Hexadecimal.text(closing.root)
    fallback = Fallback(rule)
    beacon = Beacon(rule: first, round: first.round(for: closing.at), isFallback: false)
    if let drawn {
      if drawn.isFallback, let fallback {
        insteadOf = beacon
        beacon = Beacon(rule: fallback.beacon, round: drawn.round, isFallback: true)
      }
      beacon.round = drawn.round
      beacon.value = drawn.value
      beacon.signature = drawn.signature.isEmpty ? nil : drawn.signature
    }
    let entries = room.entries
    self.entries = entries.map { Entry(offset: $0.offset.rawValue, buyer: Hexadecimal.text($0.buyer)) }
    guard let drawn else { return }
    let seed = Draw.seed(secret: drawn.secret, closing, beacon: drawn.value)
    (secret, self.seed) = (Hexadecimal.text(drawn.secret), Hexadecimal.text(seed))
    order = Draw.order(of: entries, seed: seed)
  }
}

extension DrawReport.Beacon: Codable {
  enum CodingKeys: String, CodingKey {
    case round, value, signature
    case isFallback = "is_fallback"
  }

  /// Reads what `encode` wrote. Throws `DecodingError` and `ValidationError`.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    rule = try BeaconRule(from: decoder)
    round = try fields.decode(UInt64.self, forKey: .round)
    value = try fields.decodeIfPresent(String.self, forKey: .value)
    signature = try fields.decodeIfPresent(String.self, forKey: .signature)
    isFallback = try fields.decode(Bool.self, forKey: .isFallback)
  }

  /// Beside the fields of the rule.
  public func encode(to encoder: any Encoder) throws {
    try rule.encode(to: encoder)
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(round, forKey: .round)
    try fields.encodeIfPresent(value, forKey: .value)
    try fields.encodeIfPresent(signature, forKey: .signature)
    try fields.encode(isFallback, forKey: .isFallback)
  }
}

extension DrawReport {
  /// What has to be looked up of the first beacon where the fallback counts: its round, and until when that must have
  /// been silent. If it was not, the shop could choose between two orders. Of a report without faults.
  public var silence: (beacon: Beacon, until: Timestamp)? {
    guard let insteadOf, let fallback else { return nil }
    return (insteadOf, closedAt.after(.seconds(fallback.afterSeconds)))
  }
}
