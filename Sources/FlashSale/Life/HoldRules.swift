/// How a sale holds what is won until it is paid. A sale without these rules has no payment: what is won is confirmed.
///
/// Its JSON form is `holds` of a sale, and what the store keeps of it: an object with the fields of `CodingKeys`.
public struct HoldRules: Hashable, Sendable {
  /// What becomes of a payment for a hold that has ended.
  public enum LatePayment: String, Hashable, Sendable, Codable, CaseIterable {
    /// It is due to be paid back.
    case refund
    /// The order is paid if its units are still there; else it is due to be paid back.
    case ifFree = "if_free"
  }

  /// Seconds from an order's acceptance until its hold ends: 1 to `Limits.holdSeconds`.
  public let seconds: Int32

  /// How often a buyer may extend a hold: 0 to `Limits.holdExtensions`.
  public let extensions: Int32

  /// Seconds by which each extension moves the end: 1 to `Limits.holdSeconds`; 0 where there is none.
  public let extensionSeconds: Int32

  public let latePayment: LatePayment

  /// From so many lapsed holds of one buyer in the sale on, the buyer is refused: 1 to `Limits.holdLapses`. `nil`:
  /// never.
  public let lapses: Int32?

  /// `nil`: nobody waits for units that come back.
  public let waitlist: WaitlistRules?

  /// Creates the rules, or says which one is out of range.
  public init(
    seconds: Int32, extensions: Int32 = 0, extensionSeconds: Int32 = 0, latePayment: LatePayment = .refund,
    lapses: Int32? = nil, waitlist: WaitlistRules? = nil
  ) throws(ValidationError) {
    guard (1...Limits.holdSeconds).contains(seconds) else {
      throw ValidationError("seconds", "must be 1 to \(Limits.holdSeconds)")
    }
    guard (0...Limits.holdExtensions).contains(extensions) else {
      throw ValidationError("extend.times", "must be 0 to \(Limits.holdExtensions)")
    }
    guard extensions == 0 || (1...Limits.holdSeconds).contains(extensionSeconds) else {
      throw ValidationError("extend.seconds", "must be 1 to \(Limits.holdSeconds)")
    }
    if let lapses, !(1...Limits.holdLapses).contains(lapses) {
      throw ValidationError("lapses", "must be 1 to \(Limits.holdLapses), or left out")
    }
    self.seconds = seconds
    self.extensions = extensions
    self.extensionSeconds = extensions == 0 ? 0 : extensionSeconds
    self.latePayment = latePayment
    self.lapses = lapses
    self.waitlist = waitlist
  }

  /// The same rules with another time to pay. Throws as `init`.
  public func lasting(_ seconds: Int32) throws(ValidationError) -> HoldRules {
    try HoldRules(
      seconds: seconds, extensions: extensions, extensionSeconds: extensionSeconds, latePayment: latePayment,
      lapses: lapses, waitlist: waitlist)
  }
}

/// Who wants units that come back waits in the order of the log, and is offered them for a time.
public struct WaitlistRules: Hashable, Sendable {
  /// What happens if less has come back than the first in line wants.
  public enum Short: String, Hashable, Sendable, Codable, CaseIterable {
    /// Who is behind and wants no more than there is gets it.
    case skip
    /// The first in line gets what there is, and her order is for that.
    case partial
    /// The units are kept for the first in line until there are enough.
    case gather
  }

  /// Seconds for which units are offered: 1 to `Limits.holdSeconds`. No offer outlives the sale.
  public let offerSeconds: Int32

  /// The least time to pay, in seconds: 1 to `offerSeconds`. If the sale ends sooner, no offer is made.
  public let leastSeconds: Int32

  public let short: Short

  /// Creates the rules, or says which one is out of range.
  public init(offerSeconds: Int32, leastSeconds: Int32, short: Short = .skip) throws(ValidationError) {
    guard (1...Limits.holdSeconds).contains(offerSeconds) else {
      throw ValidationError("waitlist.offer_seconds", "must be 1 to \(Limits.holdSeconds)")
    }
    guard (1...offerSeconds).contains(leastSeconds) else {
      throw ValidationError("waitlist.least_seconds", "must be 1 to offer_seconds")
    }
    self.offerSeconds = offerSeconds
    self.leastSeconds = leastSeconds
    self.short = short
  }
}

// MARK: - JSON

extension HoldRules: Encodable {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case seconds
    case extend
    case latePayment = "late_payment"
    case lapses
    case waitlist
  }

  private enum ExtendKeys: String, CodingKey {
    case times, seconds
  }

  private enum WaitlistKeys: String, CodingKey {
    case offerSeconds = "offer_seconds"
    case leastSeconds = "least_seconds"
    case short
  }

  /// Encodes as the JSON form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(seconds, forKey: .seconds)
    if extensions > 0 {
      var extend = container.nestedContainer(keyedBy: ExtendKeys.self, forKey: .extend)
      try extend.encode(extensions, forKey: .times)
      try extend.encode(extensionSeconds, forKey: .seconds)
    }
    try container.encode(latePayment, forKey: .latePayment)
    try container.encodeIfPresent(lapses, forKey: .lapses)
    guard let waitlist else { return }
    var rules = container.nestedContainer(keyedBy: WaitlistKeys.self, forKey: .waitlist)
    try rules.encode(waitlist.offerSeconds, forKey: .offerSeconds)
    try rules.encode(waitlist.leastSeconds, forKey: .leastSeconds)
    try rules.encode(waitlist.short, forKey: .short)
  }
}

extension HoldRules {
  /// Reads the JSON form, by itself.
  ///
  /// - Throws: `malformed` if it is no JSON object; else the first field that is wrong.
  public init(parsing body: UnsafeRawBufferPointer) throws(BodyError) {
    self = try JSONReader.object(in: body) { json throws(BodyError) in try HoldRules(fields: &json, at: "") }
  }

  /// Reads the fields of the object that has begun at `place`. A rule may be `null`: as if it were left out.
  init(fields json: inout JSONReader, at place: String) throws(BodyError) {
    var fields = JSONFields(of: "holds", CodingKeys.allCases.map(\.rawValue), at: place)
    var seconds: Int32?
    var extend: (times: Int32, seconds: Int32) = (0, 0)
    var latePayment = LatePayment.refund
    var lapses: Int32?
    var waitlist: WaitlistRules?
    while let field = try fields.next(&json) {
      if json.takeNull() { continue }
      let at = fields[field]
      switch CodingKeys(rawValue: field) {
      case .extend: extend = try Self.extend(&json, at: at)
      case .latePayment: latePayment = try json.word(at)
      case .lapses: lapses = try json.wholeNumber(at, in: 1...Limits.holdLapses)
      case .waitlist: waitlist = try WaitlistRules(&json, at: at)
      case .seconds, nil: seconds = try json.wholeNumber(at, in: 1...Limits.holdSeconds)
      }
    }
    let required = try fields.required(seconds, "seconds")
    do throws(ValidationError) {
      try self.init(
        seconds: required, extensions: extend.times, extensionSeconds: extend.seconds, latePayment: latePayment,
        lapses: lapses, waitlist: waitlist)
    } catch {
      throw BodyError(error, at: place)
    }
  }

  private static func extend(
    _ json: inout JSONReader, at place: String
  ) throws(BodyError) -> (times: Int32, seconds: Int32) {
    guard json.beginObject() else { throw .invalidField(place, "must be an object with times and seconds") }
    var fields = JSONFields(of: "extend", ["times", "seconds"], at: place)
    var times: Int32?
    var seconds: Int32?
    while let field = try fields.next(&json) {
      switch field {
      case "times": times = try json.wholeNumber(fields[field], in: 0...Limits.holdExtensions)
      default: seconds = try json.wholeNumber(fields[field], in: 1...Limits.holdSeconds)
      }
    }
    return try (fields.required(times, "times"), fields.required(seconds, "seconds"))
  }
}

extension WaitlistRules {
  /// Reads the object that begins at `place`.
  init(_ json: inout JSONReader, at place: String) throws(BodyError) {
    guard json.beginObject() else { throw .invalidField(place, "must be an object") }
    var fields = JSONFields(of: "a waitlist", ["offer_seconds", "least_seconds", "short"], at: place)
    var offer: Int32?
    var least: Int32?
    var short = Short.skip
    while let field = try fields.next(&json) {
      switch field {
      case "offer_seconds": offer = try json.wholeNumber(fields[field], in: 1...Limits.holdSeconds)
      case "least_seconds": least = try json.wholeNumber(fields[field], in: 1...Limits.holdSeconds)
      default: short = try json.word(fields[field])
      }
    }
    let seconds = try (fields.required(offer, "offer_seconds"), fields.required(least, "least_seconds"))
    do throws(ValidationError) {
      try self.init(offerSeconds: seconds.0, leastSeconds: seconds.1, short: short)
    } catch {
      throw .invalidField("\(place).least_seconds", error.reason)
    }
  }
}

extension JSONReader {
  /// One of a rule's words.
  fileprivate mutating func word<Word: RawRepresentable<String> & CaseIterable>(
    _ field: String
  ) throws(BodyError) -> Word {
    guard isAtString, let word = Word(rawValue: try string()) else {
      throw .invalidField(field, "must be one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return word
  }
}
