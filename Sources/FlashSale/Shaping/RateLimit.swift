/// At most so many requests in so many seconds: all of them at once, and then one each time that as much of the time
/// has passed.
public struct RateLimit: Hashable, Sendable {
  /// 1 to `Limits.rateRequests`.
  public let requests: Int32

  /// 1 to `Limits.rateSeconds`.
  public let perSeconds: Int32

  /// Creates a limit, or says which number is out of range.
  public init(requests: Int32, perSeconds: Int32) throws(ValidationError) {
    guard (1...Limits.rateRequests).contains(requests) else {
      throw ValidationError("requests", "must be 1 to \(Limits.rateRequests)")
    }
    guard (1...Limits.rateSeconds).contains(perSeconds) else {
      throw ValidationError("per_seconds", "must be 1 to \(Limits.rateSeconds)")
    }
    self.requests = requests
    self.perSeconds = perSeconds
  }
}

extension RateLimit {
  /// A limit whose numbers are known to be in range.
  public init(unchecked requests: Int32, perSeconds: Int32) {
    (self.requests, self.perSeconds) = (requests, perSeconds)
  }
}

extension RateLimit: Encodable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case requests
    case perSeconds = "per_seconds"
  }

  /// Reads `{"requests": 10, "per_seconds": 60}`.
  init(parsing json: inout JSONReader, at place: String) throws(BodyError) {
    guard json.beginObject() else { throw .invalidField(place, "must be an object") }
    var fields = JSONFields(of: "a rate limit", CodingKeys.allCases.map(\.rawValue), at: place)
    var (requests, seconds): (Int32?, Int32?) = (nil, nil)
    while let field = try fields.next(&json) {
      switch CodingKeys(rawValue: field) {
      case .requests, nil: requests = try json.wholeNumber(fields[field], in: 1...Limits.rateRequests)
      case .perSeconds: seconds = try json.wholeNumber(fields[field], in: 1...Limits.rateSeconds)
      }
    }
    let parts = try (fields.required(requests, "requests"), fields.required(seconds, "per_seconds"))
    do throws(ValidationError) {
      try self.init(requests: parts.0, perSeconds: parts.1)
    } catch {
      throw BodyError(error, at: place)
    }
  }
}

/// How many requests for orders are looked at, by who sends them. What is left out is not limited.
public struct RequestLimits: Hashable, Sendable {
  /// For each buyer.
  public var perBuyer: RateLimit?

  /// For each address that requests come from; of IPv6, for each network of 64 bits.
  public var perAddress: RateLimit?

  /// Limits nothing, or what is named.
  public init(perBuyer: RateLimit? = nil, perAddress: RateLimit? = nil) {
    self.perBuyer = perBuyer
    self.perAddress = perAddress
  }

  /// These, and for what is left out here, `others`.
  public func filled(by others: RequestLimits) -> RequestLimits {
    RequestLimits(perBuyer: perBuyer ?? others.perBuyer, perAddress: perAddress ?? others.perAddress)
  }
}

extension RequestLimits: Encodable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case perBuyer = "per_buyer"
    case perAddress = "per_address"
  }

  /// Reads `{"per_buyer": …, "per_address": …}`; each may be left out or `null`.
  init(parsing json: inout JSONReader, at place: String) throws(BodyError) {
    self.init()
    guard json.beginObject() else { throw .invalidField(place, "must be an object") }
    var fields = JSONFields(of: "limits", CodingKeys.allCases.map(\.rawValue), at: place)
    while let field = try fields.next(&json) {
      if json.takeNull() { continue }
      let limit = try RateLimit(parsing: &json, at: fields[field])
      switch CodingKeys(rawValue: field) {
      case .perBuyer, nil: perBuyer = limit
      case .perAddress: perAddress = limit
      }
    }
  }
}
