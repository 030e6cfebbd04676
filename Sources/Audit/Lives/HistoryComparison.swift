internal import FlashSale
internal import SaleStore

extension Replay {
  /// What a record did by the log, and what the history says of it.
  mutating func compare(_ entries: [HistoryEntry], at position: LogPosition, with rows: [AuditedEntry]) {
    counts.history += Int64(rows.count)
    guard !entries.isEmpty || !rows.isEmpty else { return }
    var rows = rows[...]
    for entry in entries {
      while let row = rows.first, row.place < entry.place { unasked(rows.removeFirst(), row.position) }
      guard let row = rows.first, row.place == entry.place else {
        missHistory(entry.words, at: position, "the history does not say so")
        continue
      }
      rows.removeFirst()
      let different = row.differences(from: entry)
      guard !different.isEmpty else { continue }
      findings.add(
        .history, at: position,
        "\(entry.words), and the history says otherwise in \(different.joined(separator: ", "))")
      comparePlaces(entry, row)
    }
    for row in rows { unasked(row, row.position) }
  }

  mutating func missHistory(_ what: String, at position: LogPosition, _ words: String) {
    findings.add(.history, at: position, "\(what): \(words)")
  }

  /// An entry that no record asks for.
  mutating func unasked(_ row: AuditedEntry, _ position: LogPosition) {
    let subject = row.order.map { "order \($0)" } ?? "SKU \(row.sku)"
    findings.add(
      .history, at: position, "the history has \(row.actionName) of \(subject), and the log has nothing of it there")
  }

  /// Units that came back are offered in the order of the log (I5).
  private mutating func comparePlaces(_ entry: HistoryEntry, _ row: AuditedEntry) {
    guard entry.action == .offer, row.action == HistoryEntry.Action.offer.rawValue, let first = entry.order,
      let other = row.order, first != other, case .hold(let mine) = state.lives[first],
      case .hold(let others)? = state.lives[other], mine.offset < others.offset, mine.stock == others.stock
    else { return }
    findings.add(
      .waitlist, at: row.position,
      """
      \(row.sale)/\(row.sku): units were offered to order \(other), which waits since \(others.offset), and order \
      \(first) was before it, at \(mine.offset)
      """)
  }
}

extension AuditedEntry {
  fileprivate var actionName: String { HistoryEntry.Action(rawValue: action)?.code ?? "an action that does not exist" }

  /// The columns that are not as the log has them.
  fileprivate func differences(from entry: HistoryEntry) -> [String] {
    let places = [
      order != entry.order ? "order_id" : nil, sale != entry.stock.sale ? "sale" : nil,
      sku != entry.stock.sku.rawValue ? "sku" : nil, action != entry.action.rawValue ? "action" : nil,
      result != entry.result.rawValue ? "result" : nil, units != entry.units ? "units" : nil,
      lineUnits != entry.lineUnits ? "line_units" : nil,
    ]
    let rest = [
      minor != entry.minor ? "minor" : nil, state != entry.state?.rawValue ? "state" : nil,
      sequence != entry.sequence ? "sequence" : nil, at != entry.at ? "at" : nil,
      command != entry.command?.rawValue ? "command_id" : nil, digest != entry.digest?.rawValue ? "digest" : nil,
      by != entry.by.name ? "by_whom" : nil, reason != entry.by.reason ? "reason" : nil,
      payment != nil && payment != entry.payment?.rawValue ? "payment" : nil,
      due != nil && due != entry.due ? "due" : nil,
    ]
    return (places + rest).compactMap { $0 }
  }
}

extension HistoryEntry {
  fileprivate var words: String {
    "\(action.code) of \(order.map { "order \($0)" } ?? "SKU \(stock.sku)") is \(result.code) by the log"
  }
}
