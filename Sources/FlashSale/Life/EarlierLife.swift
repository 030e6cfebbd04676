/// Where an order stood at an earlier place of the log, reckoned from its first decision and what the history says up
/// to there.
///
/// (1) Steps come in the order of the log, and only those of the order.
/// (2) After all of its steps it stands where the store's row of it says.
public struct EarlierLife: Hashable, Sendable {
  /// What the history says of one record.
  public struct Step: Hashable, Sendable {
    public let action: HistoryEntry.Action
    public let result: HistoryEntry.Result
    public let units: Int32
    public let minor: Int64
    public let state: Hold.State?
    public let sequence: Int32
    public let payment: PaymentID?
    public let lineUnits: [Int32]

    /// Takes it as the history has it.
    public init(
      action: HistoryEntry.Action, result: HistoryEntry.Result, units: Int32, minor: Int64, state: Hold.State?,
      sequence: Int32, payment: PaymentID?, lineUnits: [Int32] = []
    ) {
      self.action = action
      self.result = result
      self.units = units
      self.minor = minor
      self.state = state
      self.sequence = sequence
      self.payment = payment
      self.lineUnits = lineUnits
    }
  }

  /// The money of one capture, in minor units.
  public struct Money: Hashable, Sendable {
    public let captured: Int64
    public fileprivate(set) var refundDue: Int64
    public fileprivate(set) var refunded: Int64 = 0
    fileprivate var applied: Int64 { captured - refundDue - refunded }
  }

  /// Where it stood; `nil`: it was refused.
  public private(set) var state: Hold.State?

  /// The units that counted for its buyer.
  public private(set) var liveUnits: Units

  /// The same of each line of a basket; empty for an order of one line.
  public private(set) var lineUnits: [Units]

  /// The captures that had come for it.
  public private(set) var money: [PaymentID: Money] = [:]

  /// The number of its last event; 0: it was refused.
  public private(set) var sequence: Int32

  /// Whether its units were offered to one who waited, and whether they were not paid in time.
  public private(set) var isOffer = false
  public private(set) var isLapsed = false

  /// The payment that its units were paid with.
  public private(set) var paidWith: PaymentID?

  /// As the first decision left it.
  ///
  /// - Parameters:
  ///   - lines: the units of each line of a basket; empty for an order of one line.
  ///   - hasHolds: whether what is won in the order's sale is held until it is paid.
  public init(_ outcome: Outcome, _ quantity: Units, lines: [Units] = [], hasHolds: Bool) {
    switch outcome {
    case .confirmed: state = hasHolds ? .reserved : .confirmed
    case .waitlisted: state = .waiting
    case .rejected: state = nil
    }
    liveUnits = outcome.isCounted ? quantity : .zero
    lineUnits = outcome.isCounted ? lines : lines.map { _ in .zero }
    sequence = outcome.isCounted ? 1 : 0
  }

  /// A later record.
  public mutating func add(_ step: Step) {
    addMoney(step)
    guard step.sequence > 0, let state = step.state else { return }
    switch step.action {
    case .offer: isOffer = true
    // Who waits until the sale is over had no hold that could lapse.
    case .expire: isLapsed = self.state == .reserved
    case .pay where step.result == .applied: isLapsed = false
    default: break
    }
    self.state = state
    liveUnits = Units(liveUnits.rawValue + step.units)
    for (line, change) in step.lineUnits.enumerated() where lineUnits.indices.contains(line) {
      lineUnits[line] = Units(lineUnits[line].rawValue + change)
    }
    sequence = step.sequence
  }

  private mutating func addMoney(_ step: Step) {
    switch step.action {
    case .pay:
      guard step.result != .repeated, let id = step.payment, money[id] == nil else { return }
      money[id] = Money(captured: step.minor, refundDue: step.result == .applied ? 0 : step.minor)
      if step.result == .applied { paidWith = id }
    case .refund:
      guard step.result == .applied, let id = step.payment, var paid = money[id] else { return }
      let ofDue = min(step.minor, paid.refundDue)
      paid.refunded += min(step.minor, ofDue + paid.applied)
      paid.refundDue -= ofDue
      money[id] = paid
    default:
      // Units that were paid are given back.
      guard step.result == .refundDue, let id = paidWith, var paid = money[id] else { return }
      paid.refundDue += min(step.minor, paid.applied)
      money[id] = paid
    }
  }
}

extension Hold {
  /// It, as it stood then. `due` is not known of an earlier reservation.
  public func standing(as earlier: EarlierLife) -> Hold? {
    guard let state = earlier.state else { return nil }
    guard earlier.sequence != sequence else { return self }
    var hold = self
    hold.state = state
    if state.isLive {
      hold.units = earlier.liveUnits
      for (line, units) in earlier.lineUnits.enumerated() where hold.lines.indices.contains(line) {
        hold.lines[line].units = units
      }
    }
    hold.due = nil
    hold.isOffer = earlier.isOffer
    hold.isLapsed = earlier.isLapsed
    hold.payment = earlier.paidWith
    hold.sequence = earlier.sequence
    return hold
  }
}

extension Payment {
  /// It, as it stood then; `nil`: it had not come.
  public func standing(as earlier: EarlierLife) -> Payment? {
    earlier.money[key.id].map { money in
      Payment(
        key: key, order: order, sku: sku, isCounted: isCounted, currency: currency, captured: money.captured,
        refundDue: money.refundDue, refunded: money.refunded, asOf: asOf)
    }
  }
}
