public import Foundation
internal import FlashSale
internal import SaleStore

/// The result of an audit.
public struct AuditReport: Sendable, Codable {
  /// The whole in one word. The raw values are the JSON's.
  public enum Verdict: String, Sendable, Codable {
    /// Everything was checked and is right.
    case sound

    /// Something is wrong.
    case violated

    /// Nothing is wrong in what could be checked, but not everything could.
    case unchecked
  }

  /// Sums over all partitions.
  public struct Counts: Sendable, Codable, Hashable {
    /// Records of the log from its beginning to its end.
    public internal(set) var requestsInLog: Int64 = 0

    /// Records below the progress that were read and compared.
    public internal(set) var compared: Int64 = 0

    /// First decisions.
    public internal(set) var decided: Int64 = 0
    public internal(set) var confirmed: Int64 = 0

    /// By `Refusal.code`; every code is there.
    public internal(set) var rejected: [String: Int64] = [:]
    public internal(set) var quarantined: Int64 = 0

    /// Records of orders that had their outcome already.
    public internal(set) var repeats: Int64 = 0

    /// Records that close stock.
    public internal(set) var closes: Int64 = 0

    /// First decisions that let an order wait for units.
    public internal(set) var waitlisted: Int64 = 0

    /// Commands about orders and stock.
    public internal(set) var commands: Int64 = 0

    /// Rows of lives, payments and the history that were compared.
    public internal(set) var lives: Int64 = 0
    public internal(set) var payments: Int64 = 0
    public internal(set) var history: Int64 = 0

    /// Records past the progress.
    public internal(set) var inFlight: Int64 = 0

    /// Requests without an outcome, by the log and, where there is one, by the ledger.
    public internal(set) var lost: Int64 = 0

    /// Orders or records with more than one outcome.
    public internal(set) var doubled: Int64 = 0

    /// Units confirmed beyond those put up.
    public internal(set) var oversold: Int64 = 0

    /// Requests that were refused for lack of stock while there was enough.
    public internal(set) var unsold: Int64 = 0

    /// Outcomes that no record of the log asks for.
    public internal(set) var unasked: Int64 = 0

    /// Outcomes whose records are no longer in the log.
    public internal(set) var believed: Int64 = 0
  }

  /// The captures of one sale in one currency, in its minor units (I13), by their rows.
  public struct MoneyReport: Sendable, Codable, Hashable {
    /// The sale's number.
    public let sale: Int32
    public let currency: String
    public let captured: Int64

    /// What orders with units are paid with.
    public let applied: Int64
    public let refundDue: Int64
    public let refunded: Int64
  }

  /// One partition.
  public struct PartitionReport: Sendable, Codable, Hashable {
    public let partition: Int32

    /// From this offset on the log supports the outcomes; `nil`: nothing was compared.
    public let vouchedFrom: Int64?

    /// The progress.
    public let nextOffset: Int64
    public let logBegins: Int64
    public let logEnds: Int64
    public let inFlight: Int64
  }

  /// The outcomes of the ledger's lines.
  public struct LedgerReport: Sendable, Codable, Hashable {
    public let accepted: Int64
    public let unknown: Int64
    public let decided: Int64
    public let quarantined: Int64
    public let inFlight: Int64
    public let lost: Int64
    /// Payments and cancellations that were answered, and those that are not stored as they were.
    public let commands: Int64
    public let commandsLost: Int64
  }

  public let topic: String
  public let verdict: Verdict
  public let counts: Counts

  /// All violations by kind, including those that are not described.
  public let violationCounts: [String: Int64]

  /// The first of each kind.
  public let violations: [Violation]

  /// What could not be checked, and why.
  public let unchecked: [String]

  /// What a person should know although it breaks nothing.
  public let notes: [String]
  public let partitions: [PartitionReport]
  public let money: [MoneyReport]
  public let ledger: LedgerReport?

  /// 0 sound, 1 violated, 2 not all could be checked.
  public var exitCode: Int32 {
    switch verdict {
    case .sound: 0
    case .violated: 1
    case .unchecked: 2
    }
  }

  /// The report as JSON, its names in snake case, its keys sorted.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }
}

extension AuditReport {
  init(_ run: AuditRun<some AuditLog>) {
    let findings = run.replay.findings
    self.init(
      topic: run.topic, findings: findings, counts: Counts(run),
      partitions: run.lines.map(PartitionReport.init), money: MoneyReport.all(run.replay.lives.money),
      ledger: run.ledger.map(LedgerReport.init))
  }

  /// The report on a topic that the store does not know.
  static func unknownTopic(_ topic: String) -> AuditReport {
    var findings = Findings()
    findings.couldNotCheck(unknown(topic))
    return AuditReport(topic: topic, findings: findings, counts: Counts(), partitions: [], money: [], ledger: nil)
  }

  /// Why nothing can be said of such a topic.
  static func unknown(_ topic: String) -> String { "the database knows no topic \(topic): nothing has run on it" }

  private init(
    topic: String, findings: Findings, counts: Counts, partitions: [PartitionReport], money: [MoneyReport],
    ledger: LedgerReport?
  ) {
    self.topic = topic
    self.counts = counts
    self.partitions = partitions
    self.money = money
    self.ledger = ledger
    violations = findings.violations
    violationCounts = Dictionary(uniqueKeysWithValues: findings.counts.map { ($0.key.rawValue, $0.value) })
    unchecked = findings.unchecked
    notes = findings.notes
    verdict = !findings.violations.isEmpty ? .violated : findings.unchecked.isEmpty ? .sound : .unchecked
  }
}

extension AuditReport.Counts {
  fileprivate init(_ run: AuditRun<some AuditLog>) {
    let read = run.replay.counts
    requestsInLog = run.lines.map(\.log.count).reduce(0, +)
    compared = read.records
    decided = read.decided
    confirmed = read.outcomes[.confirmed] ?? 0
    for refusal in Refusal.allCases { rejected[refusal.code] = read.outcomes[.rejected(refusal)] ?? 0 }
    quarantined = read.quarantined
    repeats = read.repeats
    closes = read.closes
    waitlisted = read.outcomes[.waitlisted] ?? 0
    commands = read.commands
    lives = read.lives
    payments = read.payments
    history = read.history
    inFlight = run.lines.map(\.inFlight).reduce(0, +)
    lost = read.lost + (run.ledger?.lostBesideLog ?? 0)
    doubled = read.doubled
    oversold = run.replay.shelves.map { key, shelf in
      guard shelf.isLiving else { return shelf.oversold }
      let units = run.replay.lives.shelves[key] ?? LiveShelf()
      return max(0, units.reserved + units.sold - Int64(shelf.stored.putUp.rawValue))
    }.reduce(0, +)
    unsold = read.undersold
    unasked = read.unasked
    believed = read.believed + read.believedLives
  }
}

extension AuditReport.MoneyReport {
  fileprivate static func all(_ money: [MoneyKey: MoneySum]) -> [Self] {
    money.sorted { $0.key < $1.key }.map { key, sum in
      Self(
        sale: key.sale.rawValue, currency: key.currency, captured: Int64(clamping: sum.captured),
        applied: Int64(clamping: sum.applied), refundDue: Int64(clamping: sum.refundDue),
        refunded: Int64(clamping: sum.refunded))
    }
  }
}

extension AuditReport.PartitionReport {
  fileprivate init(_ line: PartitionLine) {
    partition = line.partition.rawValue
    vouchedFrom = line.compared.isEmpty && line.next.rawValue > 0 ? nil : line.compared.lowerBound.rawValue
    nextOffset = line.next.rawValue
    logBegins = line.log.lowerBound.rawValue
    logEnds = line.log.upperBound.rawValue
    inFlight = line.inFlight
  }
}

extension AuditReport.LedgerReport {
  fileprivate init(_ counts: LedgerCounts) {
    accepted = counts.accepted
    unknown = counts.unknown
    decided = counts.decided
    quarantined = counts.quarantined
    inFlight = counts.inFlight
    lost = counts.lost
    commands = counts.commands
    commandsLost = counts.commandsLost
  }
}
