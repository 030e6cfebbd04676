public import FlashSale
public import SaleStore

/// Reads one sale's records out of the log, with what they did by the store, for `FairnessCheck`. It can run beside
/// workers: it looks at one instant of the store.
public struct FairnessReading<Log: AuditLog>: Sendable {
  private let store: AuditStore
  private let log: Log
  private let topic: String

  /// A reading of a topic. The store's connection is its own until it is done.
  public init(store: AuditStore, log: Log, topic: String) {
    self.store = store
    self.log = log
    self.topic = topic
  }

  /// What the sale's requests come to; `nil`: there is no such sale.
  ///
  /// - Parameter report: called with the progress after each stretch.
  /// - Throws: `PostgresError`, `KafkaError` and `StoreError`, when it cannot be carried through; `FairnessError`.
  public func run(
    sale: SaleID, report: @escaping @Sendable (AuditProgress) -> Void = { _ in }
  ) async throws -> FairnessReport? {
    report(.sorting)
    let snapshot = try await store.snapshot(topic: topic)
    let stock = snapshot.stock.filter { $0.sale == sale }
    guard let number = stock.first?.key.sale else { return nil }
    guard let partitions = snapshot.partitions else {
      return FairnessReport(of: sale.rawValue, FairnessCheck(), unchecked: [AuditReport.unknown(topic)])
    }
    var lines: [PartitionLine] = []
    for partition in Set(stock.map { $0.recordKey.partition(of: partitions) }).sorted() {
      let progress = snapshot.progress.first { $0.partition == partition }
      let bounds = try await log.bounds(of: partition)
      let isAnother = try await log.isAnother(than: progress, within: bounds)
      lines.append(PartitionLine(partition, progress, log: bounds, isAnother: isAnother, isRefused: isAnother))
    }
    let rules = Dictionary(stock.map { ($0.key, $0.rules) }, uniquingKeysWith: { first, _ in first })
    var run = FairnessRun(sale: number, rules: rules, store: store, log: log, topic: topic)
    let all = lines.map(\.compared.count).reduce(0, +)
    for line in lines { try await run.take(line) { report(.comparing(done: $0, of: all)) } }
    return FairnessReport(
      of: sale.rawValue, run.check, inFlight: lines.map(\.inFlight).reduce(0, +),
      unchecked: lines.flatMap(\.problems) + run.unasked)
  }
}

/// The sale has more requests than one reading holds.
public struct FairnessError: Error, CustomStringConvertible {
  public var description: String { "the log has more than \(Limits.fairnessRecords) requests of the sale" }
}

/// One reading's state.
private struct FairnessRun<Log: AuditLog> {
  let sale: SaleNumber
  let store: AuditStore
  let log: Log
  let topic: String
  private(set) var check: FairnessCheck
  private var cursor: OrderCursor
  private var done: Int64 = 0

  /// Outcomes in what was compared that the log has no request for, and the first of them.
  private var rowsUnasked: (count: Int, first: LogPosition)?

  init(sale: SaleNumber, rules: [StockKey: SaleRules], store: AuditStore, log: Log, topic: String) {
    self.sale = sale
    check = FairnessCheck(rules: rules)
    self.store = store
    self.log = log
    self.topic = topic
    cursor = OrderCursor(store)
  }

  mutating func take(_ line: PartitionLine, _ report: (Int64) -> Void) async throws {
    // The cursor has the rows of other partitions, and of records that are gone, in front.
    while try await !cursor.next(before: LogPosition(partition: line.partition, offset: line.compared.lowerBound))
      .isEmpty
    {}
    var next = line.compared.lowerBound
    while next < line.compared.upperBound {
      let end = min(Offset(next.rawValue + Limits.stretchRecords), line.compared.upperBound)
      try await take(next..<end, of: line.partition)
      Heaps.trim()
      done += (next..<end).count
      report(done)
      next = end
    }
  }

  private mutating func take(_ range: Range<Offset>, of partition: Partition) async throws {
    var outcomes: [Offset: AuditedOrder] = [:]
    while true {
      let page = try await cursor.next(before: LogPosition(partition: partition, offset: range.upperBound))
      if page.isEmpty { break }
      for row in page where row.sale == sale { outcomes[row.position.offset] = row }
    }
    let records = try await log.records(of: partition, in: range, fingerprinting: []).compactMap { record in
      (try? record.content.get()).flatMap { $0.stock.sale == sale ? (record.offset, $0) : nil }
    }
    note(outcomes.values, without: records)
    let undecided = records.compactMap { outcomes[$0.0]?.order != $0.1.request?.order ? $0.1.request?.order : nil }
    let places = try await store.places(of: undecided)
    let quarantined = try await store.quarantined(topic: topic, partition: partition, in: range)
    let history = try await store.history(of: sale, in: partition, range)
    for (offset, record) in records {
      let position = LogPosition(partition: partition, offset: offset)
      if let request = record.request {
        let fate: FairnessRecord.Fate
        if let row = outcomes[offset], row.order == request.order, let outcome = row.outcome {
          fate = .decided(outcome)
        } else if quarantined[offset] != nil {
          fate = .quarantined
        } else {
          fate = places[request.order] == nil ? .missing : .repeated
        }
        check.take(FairnessRecord(position: position, request: request, fate: fate))
      }
      for row in history[offset] ?? [] {
        if let change = FairnessChange(row, of: record) { check.take(change) }
      }
    }
    guard check.counts.requests <= Limits.fairnessRecords else { throw FairnessError() }
  }

  /// Why not all of the sale was looked at, though the log has all that it should.
  var unasked: [String] {
    guard let (count, first) = rowsUnasked else { return [] }
    return ["the log has no request for \(count) of the sale's outcomes, the first of them at \(first)"]
  }

  private mutating func note(_ rows: some Collection<AuditedOrder>, without records: [(Offset, LogRecord)]) {
    let asked = Dictionary(records.map { ($0, $1.request?.order) }, uniquingKeysWith: { first, _ in first })
    let unasked = rows.filter { asked[$0.position.offset] != $0.order }
    guard let first = unasked.map(\.position).min() else { return }
    rowsUnasked = ((rowsUnasked?.count ?? 0) + unasked.count, rowsUnasked?.first ?? first)
  }
}
