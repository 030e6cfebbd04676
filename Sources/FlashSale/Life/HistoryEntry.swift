public import Time

/// What one record did to one order or stock, or why it did nothing.
public struct HistoryEntry: Hashable, Sendable {
  /// What was to happen. The raw value is stored; it is never reused for another meaning.
  public enum Action: Int16, Hashable, Sendable, CaseIterable {
    case pay = 1
    case refund = 2
    case cancel = 3
    case release = 4
    case extend = 5
    case expire = 6
    case fulfil = 7
    /// Units that came back are held for an order that waited.
    case offer = 8
    case restock = 20
    case reduce = 21
    case reopen = 22
    case change = 23
    case close = 24

    /// The stable name, in the API and in reports.
    public var code: String { "\(self)" }
  }

  /// What came of it. The raw value is stored; it is never reused for another meaning.
  public enum Result: Int16, Hashable, Sendable, CaseIterable {
    case applied = 0
    /// The same command was decided before; or nothing is left to do, as for a stock that is open or closed already.
    case repeated = 1
    /// The stock has no such order.
    case unknownOrder = 2
    /// The order was refused.
    case refused = 3
    /// It is another buyer's.
    case anotherOrder = 4
    /// The order's state does not allow it.
    case notAllowed = 5
    /// The hold's time is not over.
    case notDue = 6
    /// More than the order, the stock or the payment has.
    case tooMuch = 7
    /// As often as the sale allows.
    case noneLeft = 8
    /// The money is to be paid back: another amount or currency than the order's.
    case wrongAmount = 9
    /// The money is to be paid back: the order is paid already.
    case alreadyPaid = 10
    /// The money is to be paid back: the hold has ended.
    case tooLate = 11
    /// The money is to be paid back in part or whole: units that were paid are given back.
    case refundDue = 12
    /// The order has no line of the SKU that the command names; or it has several, and the command names none.
    case unknownLine = 13
    /// The command's id names another one, which was decided before.
    case anotherCommand = 14

    /// The stable name, in the API and in reports.
    public var code: String {
      switch self {
      case .applied: "applied"
      case .repeated: "repeated"
      case .unknownOrder: "unknown_order"
      case .refused: "refused"
      case .anotherOrder: "another_order"
      case .notAllowed: "not_allowed"
      case .notDue: "not_due"
      case .tooMuch: "too_much"
      case .noneLeft: "none_left"
      case .wrongAmount: "wrong_amount"
      case .alreadyPaid: "already_paid"
      case .tooLate: "too_late"
      case .refundDue: "refund_due"
      case .unknownLine: "unknown_line"
      case .anotherCommand: "another_command"
      }
    }
  }

  public let offset: Offset

  /// Which of the entries of its record it is, from 0.
  public internal(set) var place: Int16

  public let stock: StockKey

  /// The order that it is about; `nil`: about the stock.
  public let order: OrderID?

  public let action: Action
  public let result: Result

  /// By how much the order's live units, or the units put up, have changed.
  public let units: Int32

  /// The same of each line of a basket; empty unless a basket's units have changed.
  public let lineUnits: [Int32]

  /// Minor units of money that it moved.
  public let minor: Int64

  /// The order's state behind it; `nil` if there is none.
  public let state: Hold.State?

  /// Its number among the order's events; 0 if it changed nothing of the order.
  public let sequence: Int32

  public let at: Timestamp
  public let command: CommandID?

  /// What a command asks for that is known by its id; `nil` for all else.
  public let digest: CommandDigest?

  /// The payment that a capture or a refund names; `nil` for all else.
  public let payment: PaymentID?

  /// Until when the order's units are held, where it has set that: of an extension and of an offer; `nil` for all else.
  public let due: Timestamp?
  public let by: Actor

  /// An entry, as a decision makes it or as the store has it.
  public init(
    offset: Offset, place: Int16, stock: StockKey, order: OrderID?, action: Action, result: Result, units: Int32,
    lineUnits: [Int32] = [], minor: Int64, state: Hold.State?, sequence: Int32, at: Timestamp, command: CommandID?,
    digest: CommandDigest? = nil, payment: PaymentID? = nil, due: Timestamp? = nil, by: Actor
  ) {
    self.offset = offset
    self.place = place
    self.stock = stock
    self.order = order
    self.action = action
    self.result = result
    self.units = units
    self.lineUnits = lineUnits
    self.minor = minor
    self.state = state
    self.sequence = sequence
    self.at = at
    self.command = command
    self.digest = digest
    self.payment = payment
    self.due = due
    self.by = by
  }
}
