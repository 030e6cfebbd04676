internal import FlashSale
internal import SaleStore

extension Replay {
  /// A request and the row of its first decision.
  mutating func compare(
    _ request: PurchaseRequest, at position: LogPosition, with row: AuditedOrder, _ stretch: Stretch
  ) {
    counts.outcomes[row.outcome, default: 0] += 1
    tallies[.init(partition: position.partition, sale: request.stock.sale), default: .init()].requests += 1
    compareFields(request, at: position, with: row)
    guard let shelf = shelves[request.stock] else {
      return findings.add(
        .outcome, at: position,
        "order \(row.order) is \(Self.words(row.outcome)), of stock that the store does not have")
    }
    if shelf.lane != position.partition {
      findings.add(
        .lane, at: position,
        "\(shelf.name) belongs to partition \(shelf.lane), and was decided in \(position.partition)")
    }
    if !stretch.isFromTheBeginning { closeIfClosedBefore(row, shelf) }
    let left = state.stock[request.stock]?.left ?? .zero
    state.decided.removeAll(keepingCapacity: true)
    var expected: Outcome?
    if case .decided(let outcome) = decide(&state, .place(request)) { expected = outcome }
    if expected != row.outcome { explain(row, expected, left: left, shelf.name) }
    take(row)
  }

  /// If the log has lost the partition's beginning, the record that closed the stock can be gone too. The audit
  /// believes the first refusal that says *closed*, if the stock row says it too.
  private mutating func closeIfClosedBefore(_ row: AuditedOrder, _ shelf: Shelf) {
    guard row.outcome == .rejected(.closed), shelf.stored.isClosed, !shelf.isCloseSeen else { return }
    state.stock[shelf.stored.key]?.isClosed = true
  }

  private mutating func compareFields(_ request: PurchaseRequest, at position: LogPosition, with row: AuditedOrder) {
    let different = [
      row.sale != request.stock.sale ? "sale" : nil, row.sku != request.stock.sku.rawValue ? "sku" : nil,
      row.buyer != request.buyer.rawValue ? "buyer" : nil,
      row.quantity != request.quantity.rawValue ? "quantity" : nil,
      row.acceptedAt != request.acceptedAt ? "accepted_at" : nil,
    ].compactMap { $0 }
    guard !different.isEmpty else { return }
    findings.add(
      .altered, at: position,
      "the row of order \(row.order) differs from its request in \(different.joined(separator: ", "))")
  }

  private mutating func explain(_ row: AuditedOrder, _ expected: Outcome?, left: Units, _ name: String) {
    let kind: Violation.Kind =
      switch (expected, row.outcome) {
      case (.confirmed?, .rejected(.soldOut)?), (.confirmed?, .rejected(.insufficientStock)?): .undersold
      case (.rejected(.soldOut)?, .confirmed?), (.rejected(.insufficientStock)?, .confirmed?): .oversold
      case (.rejected(.limitReached)?, .confirmed?): .limit
      default: .outcome
      }
    if kind == .undersold { counts.undersold += 1 }
    findings.add(
      kind, at: row.position,
      """
      order \(row.order) is stored as \(Self.words(row.outcome)), and by the log it is \(Self.words(expected)): \
      \(row.quantity) of \(name), with \(left) left
      """)
  }

  static func words(_ outcome: Outcome?) -> String {
    switch outcome {
    case .confirmed: "confirmed"
    case .rejected(let refusal): refusal.code
    case nil: "an outcome that does not exist"
    }
  }

  static func words(_ decision: Decision?) -> String {
    switch decision {
    case .decided(let outcome): words(outcome)
    case .unknown: "of unknown stock, for quarantine"
    case .repeated, .closed, nil: "no first decision"
    }
  }
}
