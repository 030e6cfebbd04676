internal import FlashSale

/// What an intake has put into one line, as `LineStanding` counts it.
struct SimulatedLine {
  var flying: Int64 = 0
  var entered: Int64 = 0
  var line = IntakeLine()

  /// Units in line.
  var units: Int64 { flying + entered - line.decided }

  /// Those of them that are in the log, or may be.
  var landed: Int64 { entered - line.decided }
}

/// What an intake reads from the store: stock and progress, of one moment.
struct StoreReading {
  let levels: [StockKey: StockLevel]
  let watermarks: [Partition: Offset]
  let known: KnownLevels.Reading
  /// Behind the last winners that the intake knew when it asked.
  let winners: [SaleLane: Offset]
}

extension World {
  /// The progress of each partition.
  var watermarks: [Partition: Offset] {
    Dictionary(uniqueKeysWithValues: store.progress.enumerated().map { (Partition(Int32($0.offset)), $0.element.next) })
  }

  /// Whether another order is let into the line of an item.
  mutating func isLineOpen(_ key: StockKey, at intake: Int) -> Bool {
    guard let cap = shop[key.sale].sale.shaping.queueCap, let level = intakes[intake].levels[key] else { return true }
    let line = intakes[intake].lines[key]?.units ?? 0
    guard LineGate.isFull(line: line, left: level.left, cap: cap) else { return true }
    met(.lineFull)
    note("intake \(intake)", "has \(line) units of \(key.sku) in line, and \(level.left) are left")
    return false
  }

  /// An order is on its way into the log.
  mutating func enterLine(_ send: Int, _ request: PurchaseRequest) {
    if shop[request.stock.sale].sale.shaping.backlog != nil {
      let lane = SaleLane(sale: request.stock.sale, partition: sends[send].partition)
      sends[send].lane = lane
      intakes[sends[send].intake].lanes[lane, default: SimulatedLine()].flying += 1
    }
    guard shop[request.stock.sale].sale.shaping.queueCap != nil else { return }
    for line in request.lines {
      let (key, units) = (StockKey(sale: request.stock.sale, sku: line.sku), Int64(line.quantity.rawValue))
      sends[send].lines.append((key, units))
      intakes[sends[send].intake].lines[key, default: SimulatedLine()].flying += units
    }
  }

  /// The log has taken it at `offset`, or nobody knows.
  mutating func settleLine(of send: Int, at offset: Offset?) {
    let intake = sends[send].intake
    guard !sends[send].isOrphan else { return }
    let partition = sends[send].partition
    if let offset {
      intakes[intake].ends[partition] = max(intakes[intake].ends[partition] ?? Offset(0), offset.next)
    }
    for (key, units) in sends[send].lines {
      intakes[intake].lines[key]?.flying -= units
      intakes[intake].lines[key]?.entered += units
    }
    guard let lane = sends[send].lane else { return }
    intakes[intake].lanes[lane]?.flying -= 1
    intakes[intake].lanes[lane]?.entered += 1
    if offset != nil { intakes[intake].logged.insert(sends[send].order) }
  }

  /// An intake hears how far partitions are decided.
  mutating func moveLines(at intake: Int, _ watermarks: [Partition: Offset]) {
    intakes[intake].watermarks.merge(watermarks, uniquingKeysWith: max)
    moveLanes(at: intake, watermarks)
    guard bug != .gateStaysShut else { return }
    for key in intakes[intake].lines.keys.sorted() {
      let partition = RecordKey(sale: shop[key.sale].sale, sku: key.sku).partition(of: shop.partitions)
      guard let watermark = watermarks[partition], var line = intakes[intake].lines[key] else { continue }
      let end = intakes[intake].ends[partition] ?? Offset(0)
      line.line.observe(entered: line.entered, end: end, watermark: watermark)
      intakes[intake].lines[key] = line
    }
  }

  /// I2: at the end, when all is decided and every intake has read the store, no gate keeps units from being sold.
  mutating func checkLinesAtEnd() {
    for intake in intakes.indices where intakes[intake].isRunning {
      moveLines(at: intake, watermarks)
      for sale in shop.sales where saleLine(of: sale.number, at: intake).orders != 0 {
        let orders = saleLine(of: sale.number, at: intake).orders
        return violate("I2", "intake \(intake) has \(orders) orders of sale \(sale.number) in a line that is decided")
      }
      for key in intakes[intake].lines.keys.sorted() {
        guard let row = store.stock[key], row.level.left > .zero, let line = intakes[intake].lines[key],
          let cap = shop[key.sale].sale.shaping.queueCap
        else { continue }
        if line.units != 0 {
          return violate("I2", "intake \(intake) has \(line.units) units of \(key.sku) in a line that is decided")
        }
        if LineGate.isFull(line: line.units, left: row.level.left, cap: cap) {
          return violate(
            "I2", "intake \(intake) lets nobody have the \(row.level.left) units of \(key.sku) that are left")
        }
      }
    }
  }
}
