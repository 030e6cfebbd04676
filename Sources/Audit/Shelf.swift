internal import FlashSale
internal import SaleStore

/// One stock row, and what the orders have taken from it.
struct Shelf {
  let stored: AuditedStock

  /// Whether its orders have lives. Then units come back, and what a row says of a later one proves nothing.
  let isLiving: Bool

  /// The partition that decides it.
  let lane: Partition

  /// Units of its confirmed orders, by their rows.
  private(set) var sold: Int64 = 0

  /// Whether the log has a record that closes it.
  var isCloseSeen = false

  /// The refusal for lack of stock that asked for the fewest units: a later request must not win as many (I5).
  private var refused: (position: LogPosition, quantity: Int32)?

  init(_ stored: AuditedStock, isLiving: Bool, partitions: Int32) {
    self.stored = stored
    self.isLiving = isLiving
    lane = stored.recordKey.partition(of: partitions)
  }

  /// Its name, for people.
  var name: String { "\(stored.sale)/\(stored.key.sku)" }

  /// Units that the rows took beyond what was put up.
  var oversold: Int64 { max(0, sold - Int64(stored.putUp.rawValue)) }

  /// What is left according to the rows.
  var left: Int64 { Int64(stored.putUp.rawValue) - sold }

  /// Takes a row in. Returns the earlier request that was refused what this one got, if there is one. It looks at the
  /// rows alone, not at what `decide` says about them.
  ///
  /// - Parameter line: the row's line of this stock.
  mutating func take(_ row: AuditedOrder, _ line: AuditedOrder.Line) -> LogPosition? {
    guard !isLiving else { return nil }
    switch row.outcome {
    case let outcome? where outcome.holdsUnits:
      sold += Int64(line.quantity)
      // Between partitions there is no order.
      guard let refused, refused.position.partition == row.position.partition, line.quantity >= refused.quantity
      else { return nil }
      return refused.position
    case .rejected(.soldOut) where line.isRefused: note(row, quantity: 1)
    case .rejected(.insufficientStock) where line.isRefused: note(row, quantity: line.quantity)
    default: break
    }
    return nil
  }

  private mutating func note(_ row: AuditedOrder, quantity: Int32) {
    if let refused, refused.position.partition == row.position.partition, refused.quantity <= quantity { return }
    refused = (row.position, quantity)
  }
}

extension AuditedOrder {
  /// One line of a row, valid or not.
  struct Line {
    let sku: SKU
    let quantity: Int32
    /// Whether a refusal is about this line.
    let isRefused: Bool
  }

  /// Its lines, as far as their SKUs can be read.
  var allLines: [Line] {
    guard !lines.isEmpty else {
      return SKU(rawValue: sku).map { [Line(sku: $0, quantity: quantity, isRefused: true)] } ?? []
    }
    return lines.enumerated().map { index, line in
      Line(sku: line.sku, quantity: line.quantity.rawValue, isRefused: refusedLine.map(Int.init) == index)
    }
  }
}
