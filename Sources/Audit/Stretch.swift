internal import FlashSale
internal import SaleStore

/// A stretch of one partition with everything that the store says about it. Memory holds one at a time.
struct Stretch {
  let partition: Partition
  let range: Range<Offset>

  /// Whether the log still has the partition from its first record on.
  let isFromTheBeginning: Bool

  let records: [LoggedRecord]

  /// The rows of this stretch, by offset.
  let orders: [AuditedOrder]

  /// The entries of the history of this stretch.
  let history: [Offset: [AuditedEntry]]

  let quarantined: [Offset: AuditedQuarantine]

  /// The places of the rows of orders that are requested here and have no row here.
  let places: [OrderID: AuditedPlace]

  /// The places of the orders that commands here name, and the lanes that took the payments that they name.
  let named: [OrderID: AuditedPlace]
  let lanes: [Payment.Key: Partition]

  /// What the buyers of sales with a limit held before the stretch, by the rows below it.
  let held: [LaneStock.Holder: Units]

  /// What was counted before the stretch for the limit subjects that its requests name, by the rows below it.
  let heldBySubject: [LaneStock.Subject: Units]

  /// What the rows of the stretch count for them.
  let subjectCounts: Set<Effects.SubjectCount>
}

extension Stretch {
  /// Loads what belongs to the stretch, apart from the rows, which come from the cursor.
  init(
    _ partition: Partition, _ range: Range<Offset>, isFromTheBeginning: Bool, orders: [AuditedOrder],
    history: [AuditedEntry], topic: String, log: some AuditLog, store: AuditStore, living: Set<SaleNumber>,
    isLimited: (StockKey) -> Bool
  ) async throws {
    let quarantined = try await store.quarantined(topic: topic, partition: partition, in: range)
    let records = try await log.records(of: partition, in: range, fingerprinting: Set(quarantined.keys))
    var rowsHere: [Offset: OrderID] = [:]
    rowsHere.reserveCapacity(orders.count)
    for row in orders { rowsHere[row.position.offset] = row.order }
    var absent: [OrderID] = []
    var holders: Set<LaneStock.Holder> = []
    var subjects: Set<LaneStock.Subject> = []
    var named: Set<OrderID> = []
    var payments: Set<Payment.Key> = []
    for record in records {
      if case .success(.order(let command)) = record.content {
        named.insert(command.order)
        if case .pay(let capture) = command.action {
          payments.insert(Payment.Key(sale: command.stock.sale, id: capture.payment))
        }
        continue
      }
      guard let request = try? record.content.get().request else { continue }
      if rowsHere[record.offset] != request.order { absent.append(request.order) }
      if isLimited(request.stock) {
        holders.insert(LaneStock.Holder(sale: request.stock.sale, buyer: request.buyer))
      }
      for subject in request.terms.subjects where !living.contains(request.stock.sale) {
        subjects.insert(request.counted(subject))
      }
    }
    self.init(
      partition: partition, range: range, isFromTheBeginning: isFromTheBeginning, records: records, orders: orders,
      history: Dictionary(grouping: history, by: \.position.offset), quarantined: quarantined,
      places: try await store.places(of: absent), named: try await store.places(of: Array(named)),
      lanes: try await store.lanes(of: Array(payments)),
      held: try await store.held(by: Array(holders), in: partition, before: range.lowerBound),
      heldBySubject: try await store.counted(for: Array(subjects), in: partition, before: range.lowerBound),
      subjectCounts: try await store.counts(for: Array(subjects), in: partition, range))
  }
}
