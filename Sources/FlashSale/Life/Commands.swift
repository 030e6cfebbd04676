public import Time
import Crypto

/// A client's name for one command about an order or a stock, so that a retry of it is known: it is done once.
public struct CommandID: RawRepresentable, Hashable, Sendable {
  public let rawValue: Int64
  public init(rawValue: Int64) { self.rawValue = rawValue }

  /// The shop's or an admin's: the first 64 bits of the key's SHA-256. Two keys of one order, or of one stock, meet
  /// once in 10^19.
  public init(_ key: IdempotencyKey) { self.init(hashing: key.rawValue) }

  /// A buyer's. No key has a space, so a buyer takes no name from the shop, an admin or a payment.
  public init(ofBuyer key: IdempotencyKey) { self.init(hashing: "buyer \(key)") }

  /// A capture's: the provider's id of the payment is its key, however often and in whatever way it is told.
  public init(capturing payment: PaymentID) { self.init(hashing: "payment \(payment)") }

  /// Of what a bulk job does to one order: a refund's is of its payment too. No key names it, for a key has no blanks.
  public init(ofJob job: Int64, refunding payment: PaymentID?) {
    self.init(hashing: "bulk job \(job) \(payment?.rawValue ?? "")")
  }

  /// Of a command that nobody will repeat.
  public static func random() -> CommandID { CommandID(rawValue: Int64.random(in: 1...Int64.max)) }

  private init(hashing text: String) {
    let bits = firstBits(hashing: text)
    // In the log, 0 is no id.
    rawValue = bits == 0 ? 1 : bits
  }
}

/// The first 64 bits of the text's SHA-256.
private func firstBits(hashing text: String) -> Int64 {
  var text = text
  let digest = text.withUTF8 { SHA256.hash(data: UnsafeRawBufferPointer($0)) }
  return Int64(bigEndian: digest.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) })
}

/// Who wants something, and why: for the history.
public struct Actor: Hashable, Sendable {
  /// 1 to `Limits.actorBytes` bytes, as `buyer`, `shop`, `scheduler` or an admin's name.
  public let name: String

  /// At most `Limits.commandReasonBytes` bytes; empty: none was given.
  public let reason: String

  /// Creates an actor, or says what is out of range.
  public init(name: String, reason: String = "") throws(ValidationError) {
    guard (1...Limits.actorBytes).contains(name.utf8.count), !name.unicodeScalars.contains(where: \.isControl)
    else { throw ValidationError("by", "must be 1 to \(Limits.actorBytes) bytes without control characters") }
    guard reason.utf8.count <= Limits.commandReasonBytes, !reason.unicodeScalars.contains(where: \.isControl) else {
      throw ValidationError(
        "reason", "must be at most \(Limits.commandReasonBytes) bytes without control characters")
    }
    self.name = name
    self.reason = reason
  }

  private init(unchecked name: String) {
    self.name = name
    reason = ""
  }

  public static let buyer = Actor(unchecked: "buyer")
  public static let shop = Actor(unchecked: "shop")
  public static let provider = Actor(unchecked: "provider")
  public static let scheduler = Actor(unchecked: "scheduler")
}

/// Something that is to happen to an order after its first decision. It is written under the order's key, so the lane
/// that decided the order decides this too.
public struct OrderCommand: Hashable, Sendable {
  /// What is to happen.
  public enum Action: Hashable, Sendable {
    case pay(Capture)
    /// So many minor units of a payment were paid back: 1 or more. `onlyDue`: of what is due alone; if less is due, the
    /// command does nothing. Otherwise it can take from what the order is paid with, too.
    case refunded(PaymentID, minor: Int64, onlyDue: Bool = false)
    /// So many units are given back, 1 or more; `nil`: all. Of the line of this SKU; `nil`: of the whole order, which
    /// must have one line if not all of it is meant.
    case cancel(Units?, of: SKU? = nil)
    /// The buyer does not want what is held for her any more.
    case release
    case extend
    /// The hold's time is over, if it is.
    case expire
    /// The shop has sent it.
    case fulfil

    /// Whether it is known by its `CommandID`. A payment is known by its own id.
    public var isKnownByID: Bool { if case .pay = self { false } else { true } }

    /// What is asked for, to know a second command by that has the id of a first; `nil`: it is known by its payment. It
    /// is stored: the text never changes.
    public var digest: CommandDigest? {
      switch self {
      case .pay: nil
      case .refunded(let payment, let minor, let onlyDue):
        CommandDigest(hashing: "refund \(onlyDue ? "due " : "")\(minor) \(payment)")
      case .cancel(let units, let sku):
        CommandDigest(hashing: "cancel \(units?.rawValue ?? 0) \(sku?.rawValue ?? "")")
      case .release: CommandDigest(hashing: "release")
      case .extend: CommandDigest(hashing: "extend")
      case .expire: CommandDigest(hashing: "expire")
      case .fulfil: CommandDigest(hashing: "fulfil")
      }
    }

    /// The payment that a capture or a refund names; `nil` for all else.
    public var payment: PaymentID? {
      switch self {
      case .pay(let capture): capture.payment
      case .refunded(let payment, _, _): payment
      case .cancel, .release, .extend, .expire, .fulfil: nil
      }
    }
  }

  public let order: OrderID

  /// What the order is for, or its first line: it says which lane decides.
  public let stock: StockKey

  /// Whose order it is to be; `nil`: whoever's.
  public let buyer: BuyerID?

  /// When it was accepted: the only time that a decision looks at.
  public let at: Timestamp

  public let action: Action

  /// `nil`: repeating it does no harm.
  public let id: CommandID?

  public let by: Actor

  /// What a second command with its id is compared by; `nil`: it is not known by an id.
  public var digest: CommandDigest? { id.flatMap { _ in action.digest } }

  /// Creates a command, or says what is out of range.
  public init(
    order: OrderID, stock: StockKey, buyer: BuyerID? = nil, at: Timestamp, action: Action, id: CommandID? = nil,
    by: Actor
  ) throws(ValidationError) {
    switch action {
    case .cancel(.some(let units), _) where !(1...Limits.orderUnits).contains(units.rawValue):
      throw ValidationError("units", "must be 1 to \(Limits.orderUnits)")
    case .refunded(_, let minor, _) where !(1...Limits.captureMinor).contains(minor):
      throw ValidationError("amount_minor", "must be 1 to \(Limits.captureMinor)")
    default: break
    }
    guard order.sale == stock.sale else { throw ValidationError("order_id", "names another sale") }
    self.order = order
    self.stock = stock
    self.buyer = buyer
    self.at = at
    self.action = action
    self.id = id
    self.by = by
  }
}

/// The first 64 bits of the SHA-256 of what a command asks for, without who asks, when and why.
public struct CommandDigest: RawRepresentable, Hashable, Sendable {
  public let rawValue: Int64
  public init(rawValue: Int64) { self.rawValue = rawValue }

  fileprivate init(hashing text: String) { rawValue = firstBits(hashing: text) }
}

/// Something that is to happen to one stock. It is written under the stock's key.
public struct StockCommand: Hashable, Sendable {
  /// What is to happen.
  public enum Action: Hashable, Sendable {
    /// So many units more are put up: 1 or more.
    case restock(Units)
    /// So many units less: 1 or more. What is sold or held stays.
    case reduce(Units)
    /// What was closed is sold again.
    case reopen
    /// The rules change from here on; what is won stays as it was won.
    case change(RuleChange)
    /// Nothing more of it is sold, until it is reopened.
    case close

    /// What is asked for, to know a second command by that has the id of a first. It is stored: the text never changes.
    public var digest: CommandDigest {
      switch self {
      case .restock(let units): CommandDigest(hashing: "restock \(units.rawValue)")
      case .reduce(let units): CommandDigest(hashing: "reduce \(units.rawValue)")
      case .reopen: CommandDigest(hashing: "reopen")
      case .change(let change): CommandDigest(hashing: "change \(change.values)")
      case .close: CommandDigest(hashing: "close")
      }
    }
  }

  public let stock: StockKey
  public let at: Timestamp
  public let action: Action

  /// `nil`: what wrote it gave it none, and a repeat is done again.
  public let id: CommandID?
  public let by: Actor

  /// What a second command with its id is compared by; `nil`: it has no id.
  public var digest: CommandDigest? { id.map { _ in action.digest } }

  /// Creates a command, or says what is out of range.
  public init(
    stock: StockKey, at: Timestamp, action: Action, id: CommandID? = nil, by: Actor
  ) throws(ValidationError) {
    switch action {
    case .restock(let units), .reduce(let units):
      guard (1...Limits.stockUnits).contains(units.rawValue) else {
        throw ValidationError("units", "must be 1 to \(Limits.stockUnits)")
      }
    case .change(let change):
      guard !change.isEmpty else { throw ValidationError("change", "must change something") }
    case .reopen, .close: break
    }
    self.stock = stock
    self.at = at
    self.action = action
    self.id = id
    self.by = by
  }
}

/// New rules of one stock; `nil` leaves a rule as it is.
public struct RuleChange: Hashable, Sendable {
  public var startsAt: Timestamp?
  public var endsAt: Timestamp?

  /// 1 to `Limits.stockUnits`. Only a limit that is there can be changed, and none can be taken away.
  public var perBuyerLimit: Units?

  /// Minor units of the stock's currency, 0 to `Limits.priceMinor`.
  public var priceMinor: Int64?

  /// Creates a change, or says what is out of range.
  public init(
    startsAt: Timestamp? = nil, endsAt: Timestamp? = nil, perBuyerLimit: Units? = nil, priceMinor: Int64? = nil
  ) throws(ValidationError) {
    if let perBuyerLimit, !(1...Limits.stockUnits).contains(perBuyerLimit.rawValue) {
      throw ValidationError("per_buyer_limit", "must be 1 to \(Limits.stockUnits) units")
    }
    if let priceMinor, !(0...Limits.priceMinor).contains(priceMinor) {
      throw ValidationError("price_minor", "must be 0 to \(Limits.priceMinor)")
    }
    self.startsAt = startsAt
    self.endsAt = endsAt
    self.perBuyerLimit = perBuyerLimit
    self.priceMinor = priceMinor
  }

  /// Each rule's number, or `-` where it stays.
  fileprivate var values: String {
    [
      startsAt?.microseconds, endsAt?.microseconds, perBuyerLimit.map { Int64($0.rawValue) }, priceMinor,
    ].map { $0.map { "\($0)" } ?? "-" }.joined(separator: " ")
  }

  var isEmpty: Bool { startsAt == nil && endsAt == nil && perBuyerLimit == nil && priceMinor == nil }
}
