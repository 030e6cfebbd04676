internal import FlashSale

/// A fact that breaks an invariant, with the place where it shows.
public struct Violation: Sendable, Hashable, Codable {
  /// What is wrong. The raw values are the JSON's.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// A request in the log, below the progress, has no outcome.
    case lost
    /// One order or one record has more than one outcome.
    case doubled
    /// There is an outcome where the log has no such request.
    case unasked
    /// A row differs from its request.
    case altered
    /// An order was decided at a later record than its first.
    case late
    /// Refused for lack of stock, while there was enough.
    case undersold
    /// Confirmed without the units for it.
    case oversold
    /// Confirmed past the limit of the buyer, of a limit subject or of an access code.
    case limit
    /// What an order counts for a limit subject is not stored, or stored otherwise.
    case subject
    /// An outcome that the log does not give.
    case outcome
    /// A later request won units that an earlier one was refused.
    case order
    /// A stock row and its orders disagree.
    case stock
    /// What became of an order is not stored, or stored otherwise than the log has it.
    case life
    /// What a record did is not in the history, or otherwise.
    case history
    /// A capture is not what the log makes of it, or the money of a currency does not add up.
    case money
    /// Units that came back were offered to an order past another that waited longer.
    case waitlist
    /// A stock row is closed and the log does not say so, or the other way round.
    case closed
    /// There is an effect at or past the progress.
    case progress
    /// The lanes' count differs from the log's.
    case tally
    /// A quarantined record is not the log's, or should be there and isn't.
    case quarantine
    /// Decided in the wrong lane for its key.
    case lane
    /// A request that was promised an outcome has none, or is not in the log.
    case ledger
    /// A line of the admin log is not as it was written.
    case adminLog = "admin_log"

    /// The invariant of the design that it breaks.
    public var invariant: String {
      switch self {
      case .oversold, .stock: "I1"
      case .undersold: "I2"
      case .lost, .doubled, .tally, .quarantine, .ledger: "I4"
      case .order, .waitlist: "I5"
      case .progress: "I6"
      case .lane: "I7"
      case .late: "I8"
      case .limit, .subject: "I9"
      case .unasked, .altered, .outcome, .closed, .life, .history, .adminLog: "I10"
      case .money: "I13"
      }
    }
  }

  public let kind: Kind

  /// `I1` to `I14`.
  public let invariant: String

  /// `partition@offset`, where it has a place in the log.
  public let at: String?

  /// One sentence for a person.
  public let words: String
}

/// What an audit has found so far. Every violation is counted; the first ones of each kind are described.
struct Findings: Sendable {
  private(set) var violations: [Violation] = []
  private(set) var counts: [Violation.Kind: Int64] = [:]

  /// What could not be checked, and why.
  private(set) var unchecked: [String] = []

  /// What a person should know although it breaks nothing.
  private(set) var notes: [String] = []

  mutating func add(_ kind: Violation.Kind, at position: LogPosition? = nil, _ words: @autoclosure () -> String) {
    counts[kind, default: 0] += 1
    guard counts[kind, default: 0] <= Limits.describedPerKind else { return }
    violations.append(
      Violation(kind: kind, invariant: kind.invariant, at: position.map { "\($0)" }, words: words()))
  }

  mutating func couldNotCheck(_ words: String) { unchecked.append(words) }

  mutating func note(_ words: String) { notes.append(words) }
}
