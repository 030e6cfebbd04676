public import FlashSale
public import Time

/// Which orders of a sale are looked for; what is `nil` does not matter.
public struct OrderFilter: Hashable, Sendable {
  /// By the first decision.
  public enum Decision: Hashable, Sendable {
    case confirmed, waitlisted
    /// For whatever reason.
    case rejected
    case refused(Refusal)

    /// The one of this name: an outcome, or a refusal's code.
    public init?(_ name: String) {
      switch name {
      case "confirmed": self = .confirmed
      case "waitlisted": self = .waitlisted
      case "rejected": self = .rejected
      default:
        guard let refusal = Refusal.allCases.first(where: { $0.code == name }) else { return nil }
        self = .refused(refusal)
      }
    }

    func fits(_ outcome: Outcome) -> Bool {
      switch (self, outcome) {
      case (.confirmed, .confirmed), (.waitlisted, .waitlisted), (.rejected, .rejected): true
      case (.refused(let mine), .rejected(let other)): mine == other
      default: false
      }
    }

    var isRefusal: Bool {
      switch self {
      case .rejected, .refused: true
      case .confirmed, .waitlisted: false
      }
    }
  }

  public var buyer: BuyerID?
  public var sku: SKU?
  public var decision: Decision?

  /// Where the order stands, as of the search's vector.
  public var state: Hold.State?

  /// Accepted from then on, and before then.
  public var from: Timestamp?
  public var until: Timestamp?

  /// Whether a buyer's refusals are looked for too. They are in no index: all orders of the sale are read for them.
  public var includesRefused = false

  /// Any order.
  public init() {}

  /// Whether an order's first decision is looked for.
  func fits(_ order: StoredOrder) -> Bool {
    if let buyer, order.buyer != buyer { return false }
    if let decision, !decision.fits(order.outcome) { return false }
    if let from, order.acceptedAt < from { return false }
    if let until, order.acceptedAt >= until { return false }
    return state == nil || order.outcome.isCounted
  }

  /// Whether an order is for the SKU that is looked for. The lines of a basket are known by then.
  func fitsSKU(_ order: StoredOrder) -> Bool {
    guard let sku else { return true }
    return order.stock.sku == sku || order.lines.contains { $0.sku == sku }
  }

  /// Where such orders are found.
  enum Path: UInt8 {
    /// Generation by generation, by id.
    case all = 0
    /// Winners, in the order of the log.
    case winners = 1
    /// What has a life of its own and stands, or stood, in this state; in the order of the log.
    case state = 2
    /// What a buyer has won or waits for, in the order of the log.
    case buyer = 3
    /// Those that waited, or wait, for units, in the order of the log.
    case waitlisted = 4
  }

  var path: Path {
    if buyer != nil, !includesRefused, decision?.isRefusal != true { return .buyer }
    if let state, state != .confirmed { return .state }
    if state == .confirmed || decision == .confirmed { return .winners }
    if decision == .waitlisted { return .waitlisted }
    return .all
  }

  /// Tells two filters apart in a cursor.
  var fingerprint: UInt64 {
    let parts: [String] = [
      buyer?.rawValue ?? "", sku?.rawValue ?? "", decision.map { "\($0)" } ?? "", state?.code ?? "",
      from.map { "\($0.microseconds)" } ?? "", until.map { "\($0.microseconds)" } ?? "", "\(includesRefused)",
    ]
    let text = Array(parts.joined(separator: "\n").utf8)
    return text.withUnsafeBytes { UInt64(bitPattern: RecordFingerprint(of: $0).rawValue) }
  }
}

/// Where a page of orders begins: of which sale and filter, as of which vector, and behind which order.
///
/// Its text form is opaque and checked. A cursor of another sale or filter is refused, so that no page mixes two.
public struct OrderCursor: Hashable, Sendable {
  /// Behind which order a page begins.
  enum Place: Hashable, Sendable {
    case id(generation: Int32, OrderID)
    case log(LogPosition)
  }

  /// All pages of one listing are as of it.
  public let asOf: OffsetVector
  let sale: SaleNumber
  let filter: UInt64
  let place: Place

  init(asOf: OffsetVector, sale: SaleNumber, filter: UInt64, place: Place) {
    (self.asOf, self.sale, self.filter, self.place) = (asOf, sale, filter, place)
  }

  /// Whether it is of this sale and filter.
  public func belongs(to sale: SaleNumber, _ filter: OrderFilter) -> Bool {
    guard self.sale == sale, self.filter == filter.fingerprint else { return false }
    if case .id = place { return filter.path == .all }
    return filter.path != .all
  }
}

extension OrderCursor: LosslessStringConvertible {
  private static let label = "penstock orders 1"

  /// The text form.
  public var description: String {
    var writer = VarintWriter()
    writer.add(UInt64(UInt32(bitPattern: sale.rawValue)))
    writer.add(filter)
    switch place {
    case .id(let generation, let order):
      writer.add(0)
      writer.add(UInt64(UInt32(bitPattern: generation)))
      writer.add(order.high)
      writer.add(order.low)
    case .log(let position):
      writer.add(1)
      writer.add(UInt64(UInt32(bitPattern: position.partition.rawValue)))
      // The place before the first record is -1.
      writer.add(UInt64(bitPattern: position.offset.rawValue))
    }
    return CheckedText.encode(writer.bytes + asOf.bytes, as: Self.label)
  }

  /// The cursor of a text form; `nil` if it is none, or was changed.
  public init?(_ text: String) {
    guard var bytes = CheckedText.decode(text, as: Self.label)?[...],
      let sale = VarintWriter.read(&bytes).flatMap({ UInt32(exactly: $0) }),
      let filter = VarintWriter.read(&bytes), let kind = VarintWriter.read(&bytes),
      let first = VarintWriter.read(&bytes).flatMap({ UInt32(exactly: $0) }),
      let second = VarintWriter.read(&bytes)
    else { return nil }
    switch kind {
    case 0:
      guard let low = VarintWriter.read(&bytes) else { return nil }
      place = .id(generation: Int32(bitPattern: first), OrderID(high: second, low: low))
    case 1:
      place = .log(
        LogPosition(partition: Partition(Int32(bitPattern: first)), offset: Offset(Int64(bitPattern: second))))
    default: return nil
    }
    guard let vector = OffsetVector(reading: &bytes), bytes.isEmpty else { return nil }
    asOf = vector
    self.sale = SaleNumber(rawValue: Int32(bitPattern: sale))
    self.filter = filter
  }
}
