internal import FlashSale

/// The lines of sales that limit their backlogs, as `SaleBacklog` has them.
extension World {
  /// Whether another order is let into the line of its sale.
  mutating func isBacklogOpen(_ order: OrderID, at intake: Int) -> Bool {
    guard let limit = shop[order.sale].sale.shaping.backlog else { return true }
    let line = saleLine(of: order.sale, at: intake)
    guard line.isFull(limit: limit) else { return true }
    guard !line.takesRepeats(limit: limit) || !intakes[intake].logged.contains(order) else {
      met(.backlogPassed)
      return true
    }
    met(.backlogFull)
    note("intake \(intake)", "has \(line.orders) orders of sale \(order.sale) in line")
    return false
  }

  /// The line of a sale; empty if it is not limited.
  func saleLine(of sale: SaleNumber, at intake: Int) -> SaleLine {
    let intake = intakes[intake]
    let lanes = intake.lanes.filter { $0.key.sale == sale }
    var line = SaleLine(flying: lanes.values.reduce(0) { $0 + $1.flying })
    guard shop[sale].sale.shaping.backlog != nil else { return line }
    for lane in shop.lanes where lane.sale == sale {
      let end = intake.ends[lane.partition] ?? Offset(0)
      let undecided = end.rawValue - (intake.watermarks[lane.partition] ?? Offset(0)).rawValue
      line.add(
        own: lanes[lane]?.landed ?? 0, undecided: max(0, undecided),
        isAlone: shop.lanes.count { $0.partition == lane.partition } == 1, drainRate: nil)
    }
    return line
  }

  /// An intake hears how far partitions are decided.
  mutating func moveLanes(at intake: Int, _ watermarks: [Partition: Offset]) {
    guard bug != .backlogStaysFull else { return }
    for lane in intakes[intake].lanes.keys {
      guard let watermark = watermarks[lane.partition], var line = intakes[intake].lanes[lane] else { continue }
      let end = intakes[intake].ends[lane.partition] ?? Offset(0)
      line.line.observe(entered: line.entered, end: end, watermark: watermark)
      intakes[intake].lanes[lane] = line
    }
  }
}
