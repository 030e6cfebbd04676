public import Time

/// Where a lottery gets the value that nobody knows while entries are taken: named when the sale is created.
///
/// A *drand* beacon publishes a value every period, each with the number of its round. Any other is *told*: something
/// public, such as a day's closing prices, that a person hands in after `knownAt`.
public struct BeaconRule: Hashable, Sendable {
  /// Which beacon, in words that a stranger finds it by: 1 to `Limits.beaconNameBytes` bytes.
  public let name: String
  public let source: Source

  public enum Source: Hashable, Sendable {
    /// `url` is asked for `url/ROUND`; round 1 came at `genesis`, and one follows every `period` seconds.
    case drand(url: String, genesis: Timestamp, period: Int64)
    /// A person tells it, and nobody can know it before `knownAt`.
    case told(knownAt: Timestamp)
  }

  /// Creates a rule, or says what is wrong with it.
  public init(name: String, source: Source) throws(ValidationError) {
    guard (1...Limits.beaconNameBytes).contains(name.utf8.count) else {
      throw ValidationError("name", "must be 1 to \(Limits.beaconNameBytes) bytes")
    }
    if case .drand(let url, _, let period) = source {
      guard url.hasPrefix("https://") || url.hasPrefix("http://"), url.utf8.count <= Limits.beaconURLBytes,
        url.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
      else { throw ValidationError("url", "must be an http or https URL of at most \(Limits.beaconURLBytes) bytes") }
      guard (1...86_400).contains(period) else { throw ValidationError("period_seconds", "must be 1 to 86400") }
    }
    self.name = name
    self.source = source
  }

  /// The same rule for a sale at another time. What a drand beacon publishes goes on by itself.
  func moving(_ move: (Timestamp) -> Timestamp) -> BeaconRule {
    guard case .told(let knownAt) = source else { return self }
    return BeaconRule(name: name, knownAt: move(knownAt))
  }

  private init(name: String, knownAt: Timestamp) {
    self.name = name
    source = .told(knownAt: knownAt)
  }

  /// When the value of a round is public; `round` counts only for drand.
  public func time(ofRound round: UInt64) -> Timestamp {
    switch source {
    case .told(let knownAt): return knownAt
    case .drand(_, let genesis, let period):
      let (microseconds, isOver) = Int64(clamping: round &- 1).multipliedReportingOverflow(by: period * 1_000_000)
      let (time, isPast) = genesis.microseconds.addingReportingOverflow(microseconds)
      return Timestamp(microseconds: isOver || isPast ? .max : time)
    }
  }

  /// The round that a lottery uses whose entries ended at `closing`: the first that comes `Limits.beaconMargin` later
  /// or after that, so that nobody can know it at closing. 0 for a beacon that is told.
  public func round(for closing: Timestamp) -> UInt64 {
    guard case .drand(_, let genesis, let period) = source else { return 0 }
    let after = closing.after(Limits.beaconMargin).microseconds(since: genesis)
    guard after > 0 else { return 1 }
    let step = period * 1_000_000
    return UInt64((after + step - 1) / step) + 1
  }
}

extension BeaconRule: Codable {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, url, genesis
    case period = "period_seconds"
    case knownAt = "known_at"
  }

  /// Reads what `encode` wrote. Throws `DecodingError` and `ValidationError`.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    let source: Source
    if let knownAt = try fields.decodeIfPresent(Timestamp.self, forKey: .knownAt) {
      source = .told(knownAt: knownAt)
    } else {
      source = .drand(
        url: try fields.decode(String.self, forKey: .url), genesis: try fields.decode(Timestamp.self, forKey: .genesis),
        period: try fields.decode(Int64.self, forKey: .period))
    }
    try self.init(name: try fields.decode(String.self, forKey: .name), source: source)
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(name, forKey: .name)
    switch source {
    case .drand(let url, let genesis, let period):
      try fields.encode(url, forKey: .url)
      try fields.encode(genesis, forKey: .genesis)
      try fields.encode(period, forKey: .period)
    case .told(let knownAt): try fields.encode(knownAt, forKey: .knownAt)
    }
  }
}

extension BeaconRule {
  /// Reads the fields of the object that has begun at `place`.
  init(fields json: inout JSONReader, at place: String) throws(BodyError) {
    var fields = JSONFields(of: "a beacon", CodingKeys.allCases.map(\.rawValue), at: place)
    var name: String?
    var url: String?
    var genesis: Timestamp?
    var period: Int64?
    var knownAt: Timestamp?
    while let field = try fields.next(&json) {
      let place = fields[field]
      switch CodingKeys(rawValue: field) {
      case .name: name = try json.text(place)
      case .url: url = try json.text(place)
      case .genesis: genesis = try json.time(place)
      case .period: period = try json.wholeNumber(place, in: 1...86_400)
      case .knownAt, nil: knownAt = try json.time(place)
      }
    }
    let source: Source
    if let knownAt {
      guard url == nil, genesis == nil, period == nil else {
        throw .invalidField(fields["known_at"], "stands alone: a beacon that is told has no url")
      }
      source = .told(knownAt: knownAt)
    } else {
      source = .drand(
        url: try fields.required(url, "url"), genesis: try fields.required(genesis, "genesis"),
        period: try fields.required(period, "period_seconds"))
    }
    let words = try fields.required(name, "name")
    do throws(ValidationError) {
      try self.init(name: words, source: source)
    } catch {
      throw BodyError(error, at: place)
    }
  }
}
