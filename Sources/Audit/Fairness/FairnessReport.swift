public import Foundation
internal import FlashSale

/// Whether a sale was first come, first served, and how finely that can be said.
public struct FairnessReport: Sendable, Codable {
  /// The whole in one word. The raw values are the JSON's.
  public enum Verdict: String, Sendable, Codable {
    /// No later request won while an earlier eligible one lost.
    case fair
    /// One did, or a request has no outcome.
    case unfair
    /// Nothing is wrong in what could be looked at, but not everything could.
    case unchecked
  }

  /// Requests of the sale in the log, below the progress.
  public struct Counts: Sendable, Codable, Hashable {
    public internal(set) var requests: Int64 = 0
    /// First decisions: one for each order.
    public internal(set) var decided: Int64 = 0
    public internal(set) var confirmed: Int64 = 0
    /// Lost for want of stock alone.
    public internal(set) var eligibleLosers: Int64 = 0
    /// Lost for a reason of their own: over the limit, too early, too late.
    public internal(set) var ineligible: Int64 = 0
    public internal(set) var repeats: Int64 = 0
    public internal(set) var quarantined: Int64 = 0
    /// Without an outcome.
    public internal(set) var missing: Int64 = 0
    /// Won while an earlier eligible request of the same stock had lost.
    public internal(set) var unfair: Int64 = 0
    /// Past the progress: not looked at.
    public internal(set) var inFlight: Int64 = 0

    init() {}
  }

  /// How much later, by intakes' clocks, somebody ahead in the line was accepted: milliseconds over all requests. The
  /// line's order says nothing about who came first within that time. If the clocks of intakes differ, so does this.
  public struct Resolution: Sendable, Codable, Hashable {
    public let p50Ms: Double
    public let p99Ms: Double
    public let maxMs: Double
    /// Requests that stand behind one which was accepted later.
    public let overtaken: Int64
  }

  /// A tenth of the orders, by when they were accepted.
  public struct Decile: Sendable, Codable, Hashable {
    public let decile: Int
    public let requests: Int64
    public let confirmed: Int64
    public let from: String?
    public let to: String?
  }

  /// Buyers who sent so many requests, repeats among them.
  public struct Persistence: Sendable, Codable, Hashable {
    public let requests: String
    public let buyers: Int64
    public let winners: Int64
  }

  /// Those who sent more than one request.
  public struct Retrying: Sendable, Codable, Hashable {
    public let buyers: Int64
    /// Of them, those beside whom, in the same tenth of first arrivals, somebody asked once.
    public let compared: Int64
    /// Of these, those who won.
    public let winners: Int64
    /// Winners there would be among as many who asked once and came as early.
    public let expected: Double
  }

  public let sale: String
  public let verdict: Verdict
  public let counts: Counts
  public let resolution: Resolution
  public let deciles: [Decile]
  public let persistence: [Persistence]
  /// `nil`: everybody asked once.
  public let retrying: Retrying?
  /// The first unfair decisions, in words.
  public let unfair: [String]
  /// What could not be looked at, and why.
  public let unchecked: [String]

  /// The report on what was looked at.
  public init(of sale: String, _ check: FairnessCheck, inFlight: Int64 = 0, unchecked: [String] = []) {
    var counts = check.counts
    counts.inFlight = inFlight
    self.sale = sale
    self.counts = counts
    self.unchecked = unchecked
    verdict = counts.unfair + counts.missing > 0 ? .unfair : unchecked.isEmpty ? .fair : .unchecked
    resolution = check.resolution
    deciles = check.deciles
    persistence = check.persistence
    retrying = check.retrying
    unfair = check.unfair
  }

  /// 0 fair, 1 unfair, 2 not fully checked.
  public var exitCode: Int32 {
    switch verdict {
    case .fair: 0
    case .unfair: 1
    case .unchecked: 2
    }
  }

  /// As JSON.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }
}
