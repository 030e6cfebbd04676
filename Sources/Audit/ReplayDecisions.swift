internal import FlashSale
internal import SaleStore

extension Replay {
  /// Decides a record, and compares its effects with the rows at its offset.
  mutating func compare(
    _ record: LogRecord, at position: LogPosition, with rows: [AuditedOrder], _ entries: [AuditedEntry],
    _ stretch: Stretch
  ) {
    var rows = rows[...]
    let order = record.request?.order
    let own = rows.first?.order == order ? rows.popFirst() : nil
    let shelf = shelves[record.stock]
    if let own, let shelf, !stretch.isFromTheBeginning { closeIfClosedBefore(own, shelf) }
    let left = state.stock[record.stock]?.left ?? .zero
    state.decided.removeAll(keepingCapacity: true)
    if let order, own == nil, stretch.places[order] != nil { state.decided.insert(order) }
    let entrance = enter(record, at: position, stretch)
    var effects = Effects()
    decide(&state, record, at: position.offset, into: &effects)
    if let entrance {
      leave(entrance, record, effects, in: position.partition)
    } else {
      subjectCounts.formUnion(effects.subjects)
    }
    compare(effects.history, at: position, with: entries)
    for key in effects.stock where state.stock[key]?.isClosed == true { shelves[key]?.isCloseSeen = true }
    compareRepeats(effects.repeats, of: order, at: position, stretch)
    if let own, let request = record.request {
      compare(request, at: position, with: own, shelf, expected: effects.orders.first, left: left)
    } else {
      if let request = record.request, effects.repeats.isEmpty {
        tallies[.init(partition: position.partition, sale: request.stock.sale), default: .init()].requests += 1
      }
      for decision in effects.orders {
        lose(
          decision.request.order, position,
          "by the log it is \(Self.words(decision.outcome)); the store has nothing of it")
      }
      for undecided in effects.quarantined {
        lose(order, position, "\(undecided.error), and it is not in quarantine")
      }
      if effects.quarantined.isEmpty {
        switch record {
        case .place: break
        case .close: counts.closes += 1
        case .order, .stock: counts.commands += 1
        }
      }
    }
    for row in rows {
      if let order { surplus(row, at: position, beside: order) } else { unasked(row, position) }
    }
  }

  /// A request and the row of its first decision.
  private mutating func compare(
    _ request: PurchaseRequest, at position: LogPosition, with row: AuditedOrder, _ shelf: Shelf?,
    expected: Effects.Order?, left: Units
  ) {
    counts.outcomes[row.outcome, default: 0] += 1
    tallies[.init(partition: position.partition, sale: request.stock.sale), default: .init()].requests += 1
    compareFields(request, at: position, with: row)
    guard let shelf else {
      return findings.add(
        .outcome, at: position,
        "order \(row.order) is \(Self.words(row.outcome)), of stock that the store does not have")
    }
    if shelf.lane != position.partition {
      findings.add(
        .lane, at: position,
        "\(shelf.name) belongs to partition \(shelf.lane), and was decided in \(position.partition)")
    }
    if expected?.outcome != row.outcome {
      explain(row, expected?.outcome, left: left, shelf.name)
    } else if let expected, case .rejected = expected.outcome, request.isBasket {
      compareRefusedLine(row, Int16(expected.refusedLine))
    }
    take(row)
  }

  /// If the log has lost the partition's beginning, the record that closed the stock can be gone too. The audit
  /// believes the first refusal that says *closed*, if the stock row says it too.
  private mutating func closeIfClosedBefore(_ row: AuditedOrder, _ shelf: Shelf) {
    guard row.outcome == .rejected(.closed), shelf.stored.isClosed, !shelf.isCloseSeen else { return }
    state.stock[shelf.stored.key]?.isClosed = true
  }

  mutating func compareFields(_ request: PurchaseRequest, at position: LogPosition, with row: AuditedOrder) {
    let different = [
      row.sale != request.stock.sale ? "sale" : nil, row.sku != request.stock.sku.rawValue ? "sku" : nil,
      row.buyer != request.buyer.rawValue ? "buyer" : nil,
      row.quantity != request.quantity.rawValue ? "quantity" : nil, row.lines != request.terms.lines ? "lines" : nil,
      row.acceptedAt != request.acceptedAt ? "accepted_at" : nil,
    ].compactMap { $0 }
    guard !different.isEmpty else { return }
    findings.add(
      .altered, at: position,
      "the row of order \(row.order) differs from its request in \(different.joined(separator: ", "))")
  }

  /// The line that a basket is refused for.
  private mutating func compareRefusedLine(_ row: AuditedOrder, _ expected: Int16) {
    guard row.refusedLine != expected else { return }
    findings.add(
      .outcome, at: row.position,
      """
      order \(row.order) is stored as refused for line \(row.refusedLine.map { "\($0)" } ?? "none"), and by the log it \
      is line \(expected), from 0
      """)
  }

  /// Compares what the stretch's orders count for limit subjects with the rows of it.
  mutating func compareSubjects(_ stretch: Stretch) {
    for count in subjectCounts.symmetricDifference(stretch.subjectCounts).sorted(by: { $0.offset < $1.offset }) {
      let (byLog, byRows) =
        subjectCounts.contains(count) ? ("by the log", "the rows do not") : ("by its row", "the log does not")
      findings.add(
        .subject, at: LogPosition(partition: stretch.partition, offset: count.offset),
        "order \(count.order) counts \(count.count) for a \(count.subject.kind) \(byLog), and \(byRows) say so")
    }
  }

  private mutating func explain(_ row: AuditedOrder, _ expected: Outcome?, left: Units, _ name: String) {
    let kind: Violation.Kind =
      switch (expected, row.outcome) {
      case (.confirmed?, .rejected(.soldOut)?), (.confirmed?, .rejected(.insufficientStock)?),
        (.confirmed?, .rejected(.allHeld)?):
        .undersold
      case (.rejected(.soldOut)?, .confirmed?), (.rejected(.insufficientStock)?, .confirmed?),
        (.rejected(.allHeld)?, .confirmed?), (.waitlisted?, .confirmed?):
        .oversold
      case (.rejected(.limitReached)?, .confirmed?), (.rejected(.subjectLimitReached)?, .confirmed?),
        (.rejected(.codeUsedUp)?, .confirmed?), (.rejected(.holdAbuse)?, .confirmed?):
        .limit
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
    case .waitlisted: "waitlisted"
    case .rejected(let refusal): refusal.code
    case nil: "an outcome that does not exist"
    }
  }
}
