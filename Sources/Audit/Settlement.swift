internal import FlashSale
internal import SaleStore

extension Replay {
  /// A row at or past its partition's progress: an effect without the step that belongs to it.
  mutating func ahead(_ row: AuditedOrder, of next: Offset) {
    counts.unasked += 1
    findings.add(
      .progress, at: row.position,
      "order \(row.order) is stored as \(Self.words(row.outcome)), though the partition's progress is only at \(next)")
    take(row)
  }
}

extension Replay {
  /// An entry of the history at or past its partition's progress.
  mutating func ahead(_ row: AuditedEntry, of next: Offset) {
    findings.add(
      .progress, at: row.position, "the history has an entry there, though the partition's progress is only at \(next)")
  }
}

extension AuditRun {
  /// Compares what only all partitions together show: stock, tallies, and duplicates.
  mutating func settle() {
    settleStock()
    settleTallies()
    for (partition, gap) in replay.gaps.sorted(by: { $0.key < $1.key }) {
      replay.findings.couldNotCheck(gap.words(in: partition))
    }
    let (doubled, ahead, read) = (snapshot.doubled, snapshot.quarantinedAhead, replay.counts)
    if doubled.count > 0 {
      let example = doubled.example.map { ", as \($0)" } ?? ""
      replay.counts.doubled = max(read.doubled, doubled.count)
      replay.findings.add(.doubled, "\(doubled.count) orders have more than one row\(example)")
    }
    if ahead.count > 0 {
      replay.findings.add(
        .progress, at: ahead.first, "\(ahead.count) records are in quarantine past their progress")
    }
    if read.setAside > 0 {
      replay.findings.note("\(read.setAside) records that can be read are in quarantine: PostgreSQL refused their rows")
    }
    let accounted = read.decided + read.repeats + read.quarantined + read.closes + read.commands + read.lost
    if read.records != accounted {
      replay.findings.add(.tally, "\(read.records) records were read, and \(accounted) are accounted for")
    }
  }

  private mutating func settleStock() {
    let whole = Set(lines.filter(\.isWhole).map(\.partition))
    for (key, shelf) in replay.shelves.sorted(by: { $0.key < $1.key }) {
      let stored = shelf.stored
      if shelf.isLiving {
        settleLives(key, shelf)
      } else if Int64(stored.left.rawValue) != shelf.left {
        replay.findings.add(
          .stock,
          """
          \(shelf.name): \(stored.putUp) put up and \(stored.left) left, but the confirmed orders have \(shelf.sold) \
          units
          """)
      }
      if shelf.oversold > 0, !shelf.isLiving {
        replay.findings.add(.oversold, "\(shelf.name): \(shelf.sold) units were confirmed of \(stored.putUp) put up")
      }
      guard whole.contains(shelf.lane), replay.state.stock[key]?.isClosed != stored.isClosed else { continue }
      replay.findings.add(
        .closed, "\(shelf.name) is stored as \(stored.isClosed ? "closed" : "open"), and the log says otherwise")
    }
  }

  /// A stock row beside the lives of its orders, and beside what the log leaves.
  private mutating func settleLives(_ key: StockKey, _ shelf: Shelf) {
    let (stored, units) = (shelf.stored, replay.lives.shelves[key] ?? LiveShelf())
    let (putUp, left) = (Int64(stored.putUp.rawValue), Int64(stored.left.rawValue))
    if putUp != left + units.reserved + units.sold || Int64(stored.reserved.rawValue) != units.reserved {
      replay.findings.add(
        .stock,
        """
        \(shelf.name): \(putUp) put up (\(stored.putUpAtFirst) at first), \(left) left and \(stored.reserved) \
        reserved, but the orders hold \(units.reserved) units and have \(units.sold)
        """)
    }
    if units.reserved + units.sold > putUp {
      replay.findings.add(
        .oversold, "\(shelf.name): \(units.reserved + units.sold) units are held and sold of \(putUp) put up")
    }
    guard !replay.lives.believed.contains(key), let level = replay.state.stock[key] else { return }
    let different = [
      level.left != stored.left ? "units_left (\(level.left) by the log)" : nil,
      level.reserved != stored.reserved ? "reserved (\(level.reserved) by the log)" : nil,
      level.putUp != stored.putUp ? "put_up (\(level.putUp) by the log)" : nil,
      level.price != stored.priceNow ? "price_minor (\(level.price.minor) by the log)" : nil,
      level.rules.startsAt != stored.rulesNow.startsAt ? "starts_at (\(level.rules.startsAt) by the log)" : nil,
      level.rules.endsAt != stored.rulesNow.endsAt ? "ends_at (\(level.rules.endsAt) by the log)" : nil,
      level.rules.perBuyerLimit != stored.rulesNow.perBuyerLimit ? "per_buyer_limit" : nil,
    ].compactMap { $0 }
    guard !different.isEmpty else { return }
    replay.findings.add(
      .stock, "\(shelf.name): the stock row differs from the log in \(different.joined(separator: ", "))")
  }

  private mutating func settleTallies() {
    let stored = Dictionary(snapshot.tallies.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    let whole = Set(lines.filter(\.isWhole).map(\.partition))
    for key in Set(stored.keys).union(replay.tallies.keys).sorted(by: Self.isBefore) {
      guard whole.contains(key.partition) || !(0..<partitions).contains(key.partition.rawValue) else { continue }
      let (counted, found) = (stored[key], replay.tallies[key] ?? .init())
      guard (counted?.requests ?? 0, counted?.repeats ?? 0) != (found.requests, found.repeats) else { continue }
      replay.findings.add(
        .tally,
        """
        partition \(key.partition), sale number \(key.sale): the lanes counted \(counted?.requests ?? 0) requests with \
        \(counted?.repeats ?? 0) repeats, the log has \(found.requests) with \(found.repeats)
        """)
    }
  }

  private static func isBefore(_ a: AuditedTally.Key, _ b: AuditedTally.Key) -> Bool {
    (a.partition, a.sale) < (b.partition, b.sale)
  }
}
