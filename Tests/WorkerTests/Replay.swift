import FlashSale
import SaleStore
import Testing

/// What the log means, decided anew from its beginning by the pure function alone (I10).
struct Replay {
  private(set) var orders: [Audit.Order] = []
  private(set) var quarantined: Set<LogPosition> = []
  private(set) var left: [StockKey: Int32] = [:]
  private(set) var repeats = 0

  /// - Parameter refused: buyers whose orders the database refuses, which are quarantined instead.
  init(
    _ log: [Int32: [Result<LogRecord, UnreadableRecord>]], of sales: [StoredSale], refused: Set<String> = []
  ) {
    for (partition, records) in log {
      var state = LaneStock()
      for sale in sales {
        let rules = SaleRules(
          startsAt: sale.sale.startsAt, endsAt: sale.sale.endsAt, perBuyerLimit: sale.sale.perBuyerLimit)
        for item in sale.sale.items {
          state.stock[StockKey(sale: sale.number, sku: item.sku)] = LaneStock.Level(
            left: item.stock, isClosed: false, rules: rules)
        }
      }
      let before = state.stock
      for (offset, record) in records.enumerated() {
        add(record, at: LogPosition(partition: Partition(partition), offset: Offset(Int64(offset))), &state, refused)
      }
      // One lane decides one stock, so a partition that didn't touch it has nothing to say.
      for (key, level) in state.stock where level != before[key] { left[key] = level.left.rawValue }
    }
    orders.sort { $0.position < $1.position }
  }

  private mutating func add(
    _ record: Result<LogRecord, UnreadableRecord>, at position: LogPosition, _ state: inout LaneStock,
    _ refused: Set<String>
  ) {
    guard case .success(let record) = record else {
      quarantined.insert(position)
      return
    }
    if case .place(let request) = record, refused.contains(request.buyer.rawValue) {
      quarantined.insert(position)
      return
    }
    switch (decide(&state, [record]).first, record) {
    case (.decided(let outcome), .place(let request)):
      orders.append(
        Audit.Order(
          position: position, order: request.order, stock: request.stock, buyer: request.buyer.rawValue,
          quantity: request.quantity, outcome: outcome, acceptedAt: request.acceptedAt))
    case (.repeated, _): repeats += 1
    case (.unknown, _): quarantined.insert(position)
    default: break
    }
  }
}

extension LogBench {
  /// Expects the rows in the database to be what a replay of the log gives, and the counts to agree.
  @discardableResult
  func expectReplayed(_ sales: [StoredSale], refused: Set<String> = []) async throws -> Replay {
    let replay = Replay(try await log(), of: sales, refused: refused)
    let audit = Audit(database)
    let orders = try await audit.orders()
    #expect(orders == replay.orders, "I10")
    let quarantined = try await audit.quarantined()
    #expect(Set(quarantined.map(\.position)) == replay.quarantined, "I4")
    for sale in sales {
      let own = orders.filter { $0.stock.sale == sale.number }
      for item in sale.sale.items {
        let key = StockKey(sale: sale.number, sku: item.sku)
        let sold = own.filter { $0.stock == key && $0.outcome == .confirmed }.map(\.quantity.rawValue).reduce(0, +)
        let left = try await store.sale(sale.sale.id)?.stock[item.sku]?.left.rawValue
        #expect(left == item.stock.rawValue - sold, "I1 of \(item.sku)")
      }
      let tally = try await audit.tallies()[sale.number] ?? .init(requests: 0, repeats: 0)
      let kept = quarantined.count { $0.sale == sale.number }
      #expect(tally.requests - tally.repeats == Int64(own.count + kept), "I4: accepted = decided + quarantined")
    }
    return replay
  }
}
