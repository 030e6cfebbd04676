internal import Accounts
internal import FlashSale
public import SaleStore

/// How far an audit has come.
public enum AuditProgress: Sendable, Equatable {
  /// The server sorts the orders.
  case sorting

  /// Records of the log that were compared, of how many.
  case comparing(done: Int64, of: Int64)

  /// Lines of the ledger that were looked up.
  case ledger(lines: Int64)
}

/// Compares the log with the store, from the log's first record to the store's progress.
///
/// It can run beside workers: it looks at one instant, and later records are in flight.
public struct Auditor<Log: AuditLog>: Sendable {
  private let store: AuditStore
  private let log: Log
  private let topic: String

  /// An audit of a topic. The store's connection is its own until it is done.
  public init(store: AuditStore, log: Log, topic: String) {
    self.store = store
    self.log = log
    self.topic = topic
  }

  /// Runs the audit once.
  ///
  /// - Parameters:
  ///   - ledger: what clients were promised, to look up in the store.
  ///   - report: called with the progress after each stretch.
  /// - Throws: `PostgresError`, `KafkaError`, `StoreError` and `LedgerError`, when it cannot be carried through.
  public func run(
    ledger: LedgerFile? = nil, report: @escaping @Sendable (AuditProgress) -> Void = { _ in }
  ) async throws -> AuditReport {
    report(.sorting)
    let snapshot = try await store.snapshot(topic: topic, withLives: true)
    guard let partitions = snapshot.partitions else {
      return .unknownTopic(topic)
    }
    var run = AuditRun(store: store, log: log, topic: topic, snapshot: snapshot, partitions: partitions)
    try await run.compareAll(report)
    try await run.compareLives()
    run.settle()
    if let ledger { try await run.compare(ledger, report) }
    run.note(try await store.checkAdminLog())
    return AuditReport(run)
  }
}

/// One run's state.
struct AuditRun<Log: AuditLog> {
  let store: AuditStore
  let log: Log
  let topic: String
  let snapshot: AuditSnapshot
  let partitions: Int32
  private(set) var lines: [PartitionLine] = []
  var replay: Replay
  var ledger: LedgerCounts?
  private var cursor: OrderCursor
  private var entries: HistoryCursor
  private var done: Int64 = 0

  init(store: AuditStore, log: Log, topic: String, snapshot: AuditSnapshot, partitions: Int32) {
    self.store = store
    self.log = log
    self.topic = topic
    self.snapshot = snapshot
    self.partitions = partitions
    replay = Replay(snapshot.stock, living: snapshot.living, partitions: partitions)
    cursor = OrderCursor(store)
    entries = HistoryCursor(store, isEmpty: snapshot.living.isEmpty)
  }

  /// What was found of the admin log.
  mutating func note(_ check: AdminLogCheck) {
    if let number = check.firstBroken {
      replay.findings.add(.adminLog, "line \(number) of the admin log is not as it was written, or is gone")
    } else if check.head.number > 0 {
      let hash = Hexadecimal.text(check.head.hash)
      replay.findings.note(
        "the admin log has \(check.head.number) lines, each as it was written; the last hash is \(hash)")
    }
  }

  /// Compares every partition, and the rows that are in none.
  mutating func compareAll(_ report: (AuditProgress) -> Void) async throws {
    for number in 0..<partitions {
      let partition = Partition(number)
      let progress = snapshot.progress.first { $0.partition == partition }
      let bounds = try await log.bounds(of: partition)
      let isAnother = try await log.isAnother(than: progress, within: bounds)
      // If a lane has halted, the log is another one. Otherwise the progress may be wrong.
      let isRefused = isAnother && progress?.haltedReason != nil
      lines.append(PartitionLine(partition, progress, log: bounds, isAnother: isAnother, isRefused: isRefused))
    }
    believeLives()
    let all = lines.map(\.compared.count).reduce(0, +)
    try await refuseRows(before: LogPosition(partition: Partition(0), offset: Offset(.min)))
    for line in lines {
      try await compare(line) { done in report(.comparing(done: done, of: all)) }
    }
    try await refuseRows(before: nil)
  }

  /// Where a lane cannot be decided from its first record on, what became of its orders is believed.
  private mutating func believeLives() {
    let whole = Set(lines.filter(\.isWhole).map(\.partition))
    for (key, shelf) in replay.shelves where shelf.isLiving && !whole.contains(shelf.lane) {
      replay.lives.believed.insert(key)
    }
    let stocks = Dictionary(grouping: replay.lives.believed) { replay.shelves[$0]?.lane ?? Partition(0) }
    for (lane, keys) in stocks.sorted(by: { $0.key < $1.key }) {
      replay.findings.couldNotCheck(
        """
        partition \(lane): what became of the orders of \(keys.count) SKUs can be decided again from the log's first \
        record only, and is believed
        """)
    }
  }

  private mutating func compare(_ line: PartitionLine, _ report: (Int64) -> Void) async throws {
    for problem in line.problems { replay.findings.couldNotCheck(problem) }
    let start = LogPosition(partition: line.partition, offset: line.compared.lowerBound)
    if line.compared.lowerBound.rawValue == 0 {
      try await refuseRows(before: start)
    } else {
      try await believeRows(before: start)
    }
    var next = line.compared.lowerBound
    while next < line.compared.upperBound {
      let end = min(Offset(next.rawValue + Limits.stretchRecords), line.compared.upperBound)
      var orders: [AuditedOrder] = []
      orders.reserveCapacity(Int(end.rawValue - next.rawValue))
      while true {
        let page = try await cursor.next(before: LogPosition(partition: line.partition, offset: end))
        if page.isEmpty { break }
        orders += page
      }
      let history = try await entries.rows(before: LogPosition(partition: line.partition, offset: end))
      let stretch = try await Stretch(
        line.partition, next..<end, isFromTheBeginning: line.isFromTheBeginning, orders: orders, history: history,
        topic: topic, log: log, store: store, living: replay.lives.sales, isLimited: replay.isLimited)
      replay.compare(stretch)
      Heaps.trim()
      done += stretch.range.count
      report(done)
      next = end
    }
    // What the log cannot bear out.
    try await believeRows(before: LogPosition(partition: line.partition, offset: line.next))
    try await refuseRowsAhead(of: line)
  }

  private mutating func believeRows(before position: LogPosition) async throws {
    while true {
      let page = try await cursor.next(before: position)
      if page.isEmpty { break }
      for row in page { replay.believe(row) }
    }
    _ = try await entries.rows(before: position)
  }

  private mutating func refuseRows(before position: LogPosition?) async throws {
    while true {
      let page = try await cursor.next(before: position)
      if page.isEmpty { break }
      for row in page { replay.unasked(row, row.position) }
    }
    for row in try await entries.rows(before: position) { replay.unasked(row, row.position) }
  }

  private mutating func refuseRowsAhead(of line: PartitionLine) async throws {
    let end = LogPosition(partition: Partition(line.partition.rawValue + 1), offset: Offset(.min))
    while true {
      let page = try await cursor.next(before: end)
      if page.isEmpty { break }
      for row in page { replay.ahead(row, of: line.next) }
    }
    for row in try await entries.rows(before: end) { replay.ahead(row, of: line.next) }
  }
}

extension Range<Offset> {
  /// How many offsets.
  var count: Int64 { upperBound.rawValue - lowerBound.rawValue }
}
