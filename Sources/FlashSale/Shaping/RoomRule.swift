public import Time

/// A sale's waiting room: who is let in when. `room` of a sale's `shaping`.
public struct RoomRule: Hashable, Sendable {
  /// Who goes first.
  public enum Order: String, Hashable, Sendable, Codable {
    /// Who joined first.
    case fifo
    /// Of those who joined before the doors open, whom the lot falls on; whoever comes later stands behind them.
    case lottery
  }

  public var order = Order.fifo

  /// Admissions per minute: 1 to `Limits.roomRate`. The admin can change it while the sale runs.
  public var ratePerMinute: Int32

  /// How many may be inside at once: 1 to `Limits.roomPlaces`; `nil`: any number.
  public var slots: Int32?

  /// While more orders than this wait for their decision in one of the sale's partitions, those of other sales there
  /// among them, nobody is let in: 1 to `Limits.roomBacklog`; `nil`: the rate alone counts.
  public var backlogMax: Int64?

  /// When the first are let in; `nil`: when the sale starts.
  public var opensAt: Timestamp?

  /// Without a sign of life for so long, a place is passed over: 30 s to 1 h.
  public var silence = Duration.seconds(60)

  /// For so long a place that is passed over can come back: 0 to 1 d.
  public var grace = Duration.seconds(300)

  /// For so long whoever is let in may order: 30 s to 1 d.
  public var stay = Duration.seconds(600)

  /// Where a lottery's public value comes from; a lottery has one.
  public var beacon: BeaconRule?

  /// What is used, and said to be used, if `beacon` has not answered for so long after closing.
  public var fallback: (after: Duration, beacon: BeaconRule)? {
    get { fallbackBeacon.map { (fallbackAfter, $0) } }
    set { (fallbackAfter, fallbackBeacon) = (newValue?.after ?? .zero, newValue?.beacon) }
  }

  private var fallbackAfter = Duration.zero
  private var fallbackBeacon: BeaconRule?

  /// A room in the order of joining.
  public init(ratePerMinute: Int32) { self.ratePerMinute = ratePerMinute }
}

extension RoomRule {
  /// The same rules for a sale at another time.
  func moving(_ move: (Timestamp) -> Timestamp) -> RoomRule {
    var moved = self
    moved.opensAt = opensAt.map(move)
    moved.beacon = beacon?.moving(move)
    moved.fallback = fallback.map { ($0.after, $0.beacon.moving(move)) }
    return moved
  }

  /// When the first buyers of a sale with this rule are let in.
  public func opening(of sale: Sale) -> Timestamp { opensAt ?? sale.startsAt }

  /// Why a room of this rule would let nobody in, in a sale that ends at `end`; `nil`: it would. To be asked when a
  /// sale is made or changed, and not of one that is stored.
  public func refusal(ofEnd end: Timestamp) -> BodyError? {
    guard let opensAt, end <= opensAt else { return nil }
    return .invalidField("shaping.room.opens_at", "must be before ends_at: after it nobody is let in")
  }

  /// Why nobody can tell at `now` what a beacon of this name said; `nil`: somebody can.
  public func refusal(ofBeacon name: String, at now: Timestamp) -> BodyError? {
    let times = [beacon, fallback?.beacon].compactMap { beacon -> Timestamp? in
      if let beacon, beacon.name == name, case .told(let knownAt) = beacon.source { knownAt } else { nil }
    }
    guard let knownAt = times.first else {
      return .invalidField("name", "is none of the sale's beacons that a person tells")
    }
    return knownAt <= now ? nil : .invalidField("value", "cannot be known before \(knownAt)")
  }
}

extension RoomRule: Encodable {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case order, slots, beacon, fallback
    case ratePerMinute = "rate_per_minute"
    case backlogMax = "backlog_max"
    case opensAt = "opens_at"
    case silence = "silence_seconds"
    case grace = "grace_seconds"
    case stay = "stay_seconds"
  }

  private struct Fallback: Encodable {
    let seconds: Int64
    let beacon: BeaconRule

    enum CodingKeys: String, CodingKey {
      case seconds = "after_seconds"
      case beacon
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(order, forKey: .order)
    try fields.encode(ratePerMinute, forKey: .ratePerMinute)
    try fields.encodeIfPresent(slots, forKey: .slots)
    try fields.encodeIfPresent(backlogMax, forKey: .backlogMax)
    try fields.encodeIfPresent(opensAt, forKey: .opensAt)
    try fields.encode(silence.components.seconds, forKey: .silence)
    try fields.encode(grace.components.seconds, forKey: .grace)
    try fields.encode(stay.components.seconds, forKey: .stay)
    try fields.encodeIfPresent(beacon, forKey: .beacon)
    if let fallback {
      let words = Fallback(seconds: fallback.after.components.seconds, beacon: fallback.beacon)
      try fields.encode(words, forKey: .fallback)
    }
  }
}

extension RoomRule {
  static let rates = 1...Limits.roomRate

  /// From a lottery's closing until a silent beacon's fallback counts.
  static let fallbackSeconds = Int64(1)...86_400

  /// Reads the fields of the object that has begun at `place`.
  init(fields json: inout JSONReader, at place: String) throws(BodyError) {
    var fields = JSONFields(of: "a room", CodingKeys.allCases.map(\.rawValue), at: place)
    var rule = RoomRule(ratePerMinute: 0)
    var rate: Int32?
    while let field = try fields.next(&json) {
      if json.takeNull() { continue }
      let place = fields[field]
      switch CodingKeys(rawValue: field) {
      case .order: rule.order = try json.roomOrder(place)
      case .ratePerMinute: rate = try json.wholeNumber(place, in: Self.rates)
      case .slots: rule.slots = try json.wholeNumber(place, in: 1...Int32(Limits.roomPlaces))
      case .backlogMax: rule.backlogMax = try json.wholeNumber(place, in: 1...Limits.roomBacklog)
      case .opensAt: rule.opensAt = try json.time(place)
      case .silence: rule.silence = .seconds(try json.wholeNumber(place, in: 30...3_600))
      case .grace: rule.grace = .seconds(try json.wholeNumber(place, in: 0...86_400))
      case .stay: rule.stay = .seconds(try json.wholeNumber(place, in: 30...Limits.roomStay.components.seconds))
      case .beacon: rule.beacon = try json.beacon(place)
      case .fallback, nil: rule.fallback = try json.fallback(place)
      }
    }
    rule.ratePerMinute = try fields.required(rate, "rate_per_minute")
    if rule.order == .lottery, rule.beacon == nil {
      throw .invalidField(fields["beacon"], "is missing: a lottery says beforehand where its public value comes from")
    }
    if rule.order == .fifo, rule.beacon != nil || rule.fallback != nil {
      throw .invalidField(fields["beacon"], "is for a lottery only: set order to \"lottery\"")
    }
    self = rule
  }
}

extension JSONReader {
  fileprivate mutating func roomOrder(_ field: String) throws(BodyError) -> RoomRule.Order {
    guard isAtString, let order = RoomRule.Order(rawValue: try string()) else {
      throw .invalidField(field, "must be \"fifo\" or \"lottery\"")
    }
    return order
  }

  fileprivate mutating func beacon(_ field: String) throws(BodyError) -> BeaconRule {
    guard beginObject() else { throw .invalidField(field, "must be an object") }
    return try BeaconRule(fields: &self, at: field)
  }

  fileprivate mutating func fallback(_ place: String) throws(BodyError) -> (after: Duration, beacon: BeaconRule) {
    guard beginObject() else { throw .invalidField(place, "must be an object") }
    var fields = JSONFields(of: "a fallback", ["after_seconds", "beacon"], at: place)
    var seconds: Int64?
    var beacon: BeaconRule?
    while let field = try fields.next(&self) {
      if field == "beacon" {
        beacon = try self.beacon(fields[field])
      } else {
        seconds = try wholeNumber(fields[field], in: RoomRule.fallbackSeconds)
      }
    }
    return (
      .seconds(try fields.required(seconds, "after_seconds")), try fields.required(beacon, "beacon")
    )
  }
}
