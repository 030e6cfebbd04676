/// Why a request was refused. The raw value is stored; it is never reused for another meaning.
public enum Refusal: Int16, Hashable, Sendable, CaseIterable {
  /// Accepted before the sale's first instant (an intake's clock ran ahead).
  case notStarted = 1

  /// Accepted at or after the sale's end.
  case ended = 2

  /// The sale was closed by the shop before this request's turn came.
  case closed = 3

  /// The buyer would have more units than the sale's per-buyer limit.
  case limitReached = 4

  /// Nothing is left.
  case soldOut = 5

  /// Something is left, but less than the request asks for.
  case insufficientStock = 6

  /// One of the order's limit subjects, such as its card, would have more units than the sale's limit for it.
  case subjectLimitReached = 7

  /// The access code was used as often as it may be.
  case codeUsedUp = 8

  /// Nothing is left, and some units are held that can come back.
  case allHeld = 9

  /// The buyer let as many holds lapse as the sale allows.
  case holdAbuse = 10

  /// The stable name, in the API and in reports.
  public var code: String {
    switch self {
    case .notStarted: "not_started"
    case .ended: "ended"
    case .closed: "closed"
    case .limitReached: "limit_reached"
    case .soldOut: "sold_out"
    case .insufficientStock: "insufficient_stock"
    case .subjectLimitReached: "subject_limit_reached"
    case .codeUsedUp: "code_used_up"
    case .allHeld: "all_held"
    case .holdAbuse: "hold_abuse"
    }
  }
}

/// An order's outcome: its first and only decision (I4).
public enum Outcome: Hashable, Sendable {
  /// It won its units. In a sale with holds they are reserved until they are paid.
  case confirmed

  /// Nothing was left, and it waits for units that come back.
  case waitlisted

  case rejected(Refusal)

  /// Whether the order has units of the stock from then on.
  public var holdsUnits: Bool { self == .confirmed }

  /// Whether the order counts for the limits of its buyer and its subjects.
  public var isCounted: Bool { self == .confirmed || self == .waitlisted }
}
