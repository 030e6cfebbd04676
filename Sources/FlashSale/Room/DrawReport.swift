public import Time

/// What is published of a lottery: everything that its order follows from, so that anyone can check it without Penstock
/// running. `GET /v1/sales/{sale}/draw`.
public struct DrawReport: Codable, Sendable {
  public static let format = "penstock-draw-1"

  public struct Entry: Codable, Hashable, Sendable {
    public var offset: Int64
    public var buyer: String

    public init(offset: Int64, buyer: String) { (self.offset, self.buyer) = (offset, buyer) }
  }

  /// The beacon as the sale named it before anybody joined, and what it said.
  public struct Beacon: Codable, Hashable, Sendable {
    public var name: String
    public var url: String?
    public var genesis: Timestamp?
    public var period: Int64?
    public var knownAt: Timestamp?
    public var round: UInt64
    public var value: String?
    public var signature: String?
    public var isFallback: Bool

    enum CodingKeys: String, CodingKey {
      case name, url, genesis, round, value, signature
      case period = "period_seconds"
      case knownAt = "known_at"
      case isFallback = "is_fallback"
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
  public var beacon: Beacon
  public var secret: String?
  public var seed: String?
  /// In the order of joining.
  public var entries: [Entry]
  /// In the order of admission: each entry by its place in `entries`.
  public var order: [Int]?

  enum CodingKeys: String, CodingKey {
    case format, sale, number, commitment, root, beacon, secret, seed, entries, order
    case closedAt = "closed_at"
    case lastOffset = "last_offset"
  }

  /// What there is to publish of a room whose entries have ended; `nil` before, and of a room without a lottery.
  public init?(_ room: Room, of sale: Sale, numbered number: SaleNumber, commitment: [UInt8]) {
    guard let closing = room.closing, let rule = sale.shaping.room, let first = rule.beacon else { return nil }
    let drawn = room.drawn
    let isFallback = drawn?.isFallback ?? false
    self.sale = sale.id.rawValue
    self.number = number.rawValue
    self.commitment = Hexadecimal.text(commitment)
    closedAt = closing.at
    lastOffset = closing.lastOffset.rawValue
    root = Hexadecimal.text(closing.root)
    let rules = isFallback ? rule.fallback?.beacon ?? first : first
    beacon = Beacon(
      name: rules.name, round: drawn?.round ?? rules.round(for: closing.at), value: drawn?.value,
      signature: drawn.flatMap { $0.signature.isEmpty ? nil : $0.signature }, isFallback: isFallback)
    switch rules.source {
    case .drand(let url, let genesis, let period): (beacon.url, beacon.genesis, beacon.period) = (url, genesis, period)
    case .told(let knownAt): beacon.knownAt = knownAt
    }
    let entries = room.entries
    self.entries = entries.map { Entry(offset: $0.offset.rawValue, buyer: Hexadecimal.text($0.buyer)) }
    guard let drawn else { return }
    let seed = Draw.seed(secret: drawn.secret, closing, beacon: drawn.value)
    (secret, self.seed) = (Hexadecimal.text(drawn.secret), Hexadecimal.text(seed))
    order = Draw.order(of: entries, seed: seed)
  }
}
