internal import FlashSale
internal import SaleStore
internal import Time

/// Decides the log again with `decide`, and compares each decision with its row in the store.
///
/// (1) Everything at lower offsets of the partition has been compared before. So what is loaded for a record, from rows
///     at lower offsets, is true unless a violation has been found there already.
/// (2) A request with a row at its own offset must be the first of its order; one without must repeat an order whose
///     row is at a lower offset, or in another partition. That row is compared when its own offset is reached: so each
///     order has one row, at its first record, without remembering any order.
///     Sales whose orders have lives are an exception; see `Lives`.
/// (3) After a difference the replay goes on from what the log gives, not from what the row says. So one wrong row is
///     one violation, not one for each later record.
struct Replay {
  var findings = Findings()
  var counts = ReplayCounts()
  var shelves: [StockKey: Shelf] = [:]
  private(set) var gaps: [Partition: Gap] = [:]
  var tallies: [AuditedTally.Key: ReplayCounts.Tally] = [:]

  /// What is true before the next record.
  var state = LaneStock()
  var lives: Lives
  /// What the stretch counts for limit subjects, by the log.
  var subjectCounts: Set<Effects.SubjectCount> = []
  private var numbers: [SaleID: SaleNumber] = [:]
  private var sales: Set<SaleNumber> = []

  /// Starts with everything put up and nothing sold.
  init(_ stock: [AuditedStock], living: Set<SaleNumber>, partitions: Int32) {
    lives = Lives(living)
    for row in stock {
      shelves[row.key] = Shelf(row, isLiving: living.contains(row.key.sale), partitions: partitions)
      state.stock[row.key] = LaneStock.Level(opening: row.putUpAtFirst, price: row.price, rules: row.rules)
      numbers[row.sale] = row.key.sale
      sales.insert(row.key.sale)
    }
  }

  /// Whether the sale limits a buyer.
  func isLimited(_ key: StockKey) -> Bool {
    state.stock[key]?.rules.perBuyerLimit != nil && !lives.sales.contains(key.sale)
  }

  // MARK: One stretch

  /// Compares a stretch. Stretches of one partition come in their order.
  mutating func compare(_ stretch: Stretch) {
    state.held = stretch.held
    state.heldBySubject = stretch.heldBySubject
    subjectCounts = []
    var rows = stretch.orders[...]
    var next = stretch.range.lowerBound
    var quarantined = stretch.quarantined
    var history = stretch.history
    for record in stretch.records {
      while let row = rows.first, row.position.offset < record.offset { unasked(rows.removeFirst(), row.position) }
      skip(from: next, to: record.offset, in: stretch.partition)
      next = record.offset.next
      var own: [AuditedOrder] = []
      while rows.first?.position.offset == record.offset { own.append(rows.removeFirst()) }
      let position = LogPosition(partition: stretch.partition, offset: record.offset)
      counts.records += 1
      let entries = history.isEmpty ? [] : history.removeValue(forKey: record.offset) ?? []
      if let kept = quarantined.removeValue(forKey: record.offset) {
        compare(record, at: position, with: kept, own)
        for entry in entries { unasked(entry, position) }
      } else {
        compare(record, at: position, with: own, entries, stretch)
      }
    }
    for row in rows { unasked(row, row.position) }
    for entry in history.values.joined().sorted(by: { $0.position < $1.position }) { unasked(entry, entry.position) }
    skip(from: next, to: stretch.range.upperBound, in: stretch.partition)
    for offset in quarantined.keys.sorted() {
      let position = LogPosition(partition: stretch.partition, offset: offset)
      findings.add(.quarantine, at: position, "a record is in quarantine that the log does not have")
    }
    compareSubjects(stretch)
  }

  private mutating func skip(from: Offset, to: Offset, in partition: Partition) {
    guard from < to else { return }
    gaps[partition, default: Gap(first: from, upTo: to)].widen(from: from, upTo: to)
  }

  private mutating func compare(
    _ record: LoggedRecord, at position: LogPosition, with rows: [AuditedOrder], _ entries: [AuditedEntry],
    _ stretch: Stretch
  ) {
    switch record.content {
    case .success(let record) where isBelieved(record): believe(record, at: position, with: rows, entries, stretch)
    case .success(let record): compare(record, at: position, with: rows, entries, stretch)
    case .failure(let error):
      lose(nil, position, "it cannot be read (\(error)), and is not in quarantine")
      for row in rows { unasked(row, position) }
      for entry in entries { unasked(entry, position) }
    }
  }

  // MARK: Quarantine

  private mutating func compare(
    _ record: LoggedRecord, at position: LogPosition, with kept: AuditedQuarantine, _ rows: [AuditedOrder]
  ) {
    counts.quarantined += 1
    if let sale = kept.sale {
      tallies[.init(partition: position.partition, sale: sale), default: .init()].requests += 1
    }
    for row in rows {
      findings.add(.doubled, at: position, "order \(row.order) has an outcome, and its record is in quarantine too")
      take(row)
    }
    if record.fingerprint?.key != kept.keyHash || record.fingerprint?.value != kept.valueHash {
      findings.add(.quarantine, at: position, "the bytes in quarantine are not the log's")
    }
    let known = try? record.content.get()
    let (order, stock) = (known?.request?.order, known?.stock)
    if let stock, shelves[stock] != nil { counts.setAside += 1 }
    if kept.order != order {
      findings.add(.quarantine, at: position, "the quarantined record is stored for another order than the log's")
    }
    let named = stock.flatMap { sales.contains($0.sale) ? $0.sale : nil }
    let sale = named ?? record.fingerprint?.saleInKey.flatMap { numbers[$0] }
    // A record that was set aside before the sale existed belongs to no sale.
    if let stored = kept.sale, stored != sale {
      findings.add(.quarantine, at: position, "the quarantined record is stored for another sale than the log's")
    }
  }

  // MARK: Without a row

  /// Repeats of an order that has its row elsewhere.
  mutating func compareRepeats(
    _ repeats: [SaleNumber: Int], of order: OrderID?, at position: LogPosition, _ stretch: Stretch
  ) {
    for (sale, count) in repeats {
      let key = AuditedTally.Key(partition: position.partition, sale: sale)
      tallies[key, default: .init()].requests += Int64(count)
      tallies[key, default: .init()].repeats += Int64(count)
      counts.repeats += Int64(count)
    }
    guard let order, let place = stretch.places[order]?.position, !repeats.isEmpty else { return }
    if place.partition == position.partition, place.offset > position.offset {
      findings.add(.late, at: position, "order \(order) is first requested here, and was decided at \(place)")
    }
  }

  mutating func lose(_ order: OrderID?, _ position: LogPosition, _ words: String) {
    counts.lost += 1
    if let order, counts.lostOrders.count < Limits.rememberedLosses { counts.lostOrders.insert(order) }
    let subject = order.map { "the request of order \($0)" } ?? "the record"
    findings.add(.lost, at: position, "\(subject) has no outcome: \(words)")
  }

  // MARK: Rows that no record asks for

  mutating func surplus(_ row: AuditedOrder, at position: LogPosition, beside order: OrderID) {
    if row.order == order {
      counts.doubled += 1
      findings.add(.doubled, at: position, "order \(row.order) has a second outcome, \(Self.words(row.outcome))")
      take(row)
    } else {
      unasked(row, position, "the log has a request of order \(order) there")
    }
  }

  /// A row at an offset where the log has no such request.
  mutating func unasked(
    _ row: AuditedOrder, _ position: LogPosition, _ why: String = "the log has no request there"
  ) {
    counts.unasked += 1
    findings.add(.unasked, at: position, "order \(row.order) is stored as \(Self.words(row.outcome)): \(why)")
    take(row)
    lower(row)
  }

  /// A row whose record is no longer in the log: the audit believes it, and compares later records as if it were right.
  mutating func believe(_ row: AuditedOrder) {
    counts.believed += 1
    take(row)
    lower(row)
  }

  // MARK: Stock

  /// Takes a row off its shelf, even if it should not be there.
  mutating func take(_ row: AuditedOrder) {
    for line in row.allLines {
      let key = StockKey(sale: row.sale, sku: line.sku)
      guard let refused = shelves[key]?.take(row, line) else { continue }
      findings.add(
        .order, at: row.position,
        """
        order \(row.order) won \(line.quantity) of \(row.sale)/\(line.sku), of which the earlier request at \
        \(refused) was refused as many
        """)
    }
  }

  private mutating func lower(_ row: AuditedOrder) {
    guard row.outcome?.holdsUnits == true, !lives.sales.contains(row.sale) else { return }
    for line in row.allLines {
      let key = StockKey(sale: row.sale, sku: line.sku)
      guard let level = state.stock[key] else { continue }
      state.stock[key]?.left = Units(max(0, level.left.rawValue - max(0, line.quantity)))
    }
  }
}
