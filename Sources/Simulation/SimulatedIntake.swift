internal import FlashSale

/// An intake process: its clock, what signals told it, and which requests wait for the log.
struct SimulatedIntake {
  /// One request on its way into the log. It outlives its process: a message on the wire arrives or not.
  struct Send {
    let client: Int
    let intake: Int
    let order: OrderID
    let partition: Partition
    let record: SimulatedLog.Record
    var sendsLeft = Limits.sends
    var appends = 0
    var isAnswered = false
    var wasCalledFailed = false

    /// Units that the lines of its items were promised.
    var lines: [(key: StockKey, units: Int64)] = []

    /// Whose line it counts in as one order.
    var lane: SaleLane?

    /// The process that sent it is gone: nobody sends it again or hears of it.
    var isOrphan = false
  }

  var isRunning = true

  /// How far its clock is from the world's, in microseconds.
  var skew: Int64 = 0

  /// How often it was started.
  private(set) var run: Int

  /// Stock as signals and readings told.
  var known = KnownLevels()

  /// Stock as buyers are told.
  var levels: [StockKey: StockLevel]

  /// Who has won, as far as it knows.
  var winners: SimulatedWinners

  /// What it has put into the lines of items whose sale caps them, and how far it knows the log.
  var lines: [StockKey: SimulatedLine] = [:]
  var lanes: [SaleLane: SimulatedLine] = [:]
  var ends: [Partition: Offset] = [:]
  var watermarks: [Partition: Offset] = [:]

  /// Orders of sales with a backlog that it has seen in the log.
  var logged: Set<OrderID> = []

  /// What is due of each buyer whose rate a sale limits, and when that buyer was let through, by its own clock.
  var dues: [String: Int64] = [:]
  var passed: [String: [Int64]] = [:]

  /// Those who listen to their orders' events here.
  var watching: SimulatedWatchers

  /// The first one, or one after this one.
  init(_ shop: Shop, _ bug: PlantedBug?, after last: SimulatedIntake? = nil) {
    watching = SimulatedWatchers(partitions: shop.partitions, bug: bug)
    winners = SimulatedWinners(of: shop.keptSales)
    run = (last?.run ?? 0) + 1
    levels = Dictionary(uniqueKeysWithValues: shop.stock.map { ($0.key, $0.level.level) })
  }
}

extension World {
  // MARK: Stock levels

  mutating func signalArrives(
    at intake: Int, _ levels: [StockKey: StockLevel], _ partition: Partition, _ watermark: Offset
  ) {
    moveLines(at: intake, [partition: watermark])
    for (key, level) in levels.sorted(by: { $0.key < $1.key }) {
      let isNewest = intakes[intake].known.heard(level, of: key)
      if !isNewest { met(.staleSignal) }
      if isNewest || bug == .signalOutOfOrder { learn(level, of: key, at: intake) }
    }
    readWinners(of: intakes[intake].winners.grounds.wanting, at: intake)
    askForEnds(at: intake)
    watermarksMoved(at: intake)
    if random.happens(perMille: Limits.readingsPerMille) { beginReading(at: intake) }
  }

  /// Begins to read what the store has now. It is brought later, while signals come.
  mutating func beginReading(at intake: Int) {
    let known = intakes[intake].known.reading()
    let levels = store.stock.mapValues(\.level.level)
    let read = StoreReading(
      levels: levels, watermarks: watermarks, known: known, winners: intakes[intake].winners.grounds.next)
    after(Limits.slowNetwork, .levelsRead(intake: intake, run: intakes[intake].run, read))
  }

  mutating func levelsRead(by intake: Int, _ run: Int, _ reading: StoreReading) {
    guard intakes[intake].run == run else { return }
    moveLines(at: intake, reading.watermarks)
    intakes[intake].winners.grounds.learned(progress: reading.watermarks, before: reading.winners)
    for (key, level) in reading.levels.sorted(by: { $0.key < $1.key }) {
      let isNewest = intakes[intake].known.read(level, of: key, in: reading.known)
      if isNewest { learn(level, of: key, at: intake) } else { met(.staleReading) }
    }
    readWinners(of: salesToRead(at: intake), at: intake)
    askForEnds(at: intake)
    watermarksMoved(at: intake)
  }
}

extension World {
  /// Sends a request's record on its way into the log.
  mutating func send(_ request: PurchaseRequest, of client: Int, from intake: Int, under key: RecordKey) {
    if random.happens(perMille: faults.queueFull) { return answer(client, .failed) }
    let record = SimulatedLog.Record(
      key: Array(key.text.utf8), value: LogRecord.place(request).encoded(),
      origin: .purchase(clients[client].purchase))
    let send = sends.count
    sends.append(
      SimulatedIntake.Send(
        client: client, intake: intake, order: request.order, partition: key.partition(of: shop.partitions),
        record: record))
    enterLine(send, request)
    note(
      "intake \(intake)",
      "sends \(request.lines.map { "\($0.quantity) × \($0.sku)" }.joined(separator: " and ")) of sale "
        + "\(request.stock.sale) for \(request.buyer), "
        + "client \(client), to p\(sends[send].partition) (send \(send))")
    if bug == .answerBeforeAcknowledgement {
      accepted(send, at: log.end(of: sends[send].partition))
    }
    deliver(send)
    scheduler.after(Limits.answerDeadline, .answerDeadline(send))
  }

  /// The producer sends once: it is lost on the way, or arrives, sometimes late.
  private mutating func deliver(_ send: Int) {
    sends[send].sendsLeft -= 1
    if random.happens(perMille: faults.sendLost) {
      note("log", "send \(send) is lost on its way")
      return deliverAgain(send)
    }
    after(random.happens(perMille: faults.deliveryLate) ? Limits.slowNetwork : Limits.network, .sendArrives(send))
  }

  private mutating func deliverAgain(_ send: Int) {
    guard sends[send].sendsLeft > 0, !sends[send].isOrphan else { return }
    deliver(send)
  }

  mutating func sendArrives(_ send: Int) {
    let partition = sends[send].partition
    let offset = append(sends[send].record, to: partition)
    note("log", "p\(partition)@\(offset) is send \(send)")
    sends[send].appends += 1
    if sends[send].appends > 1 { met(.appendedTwice) }
    if sends[send].isAnswered { met(.appendedAfterUnknown) }
    checkFailed(send)
    checkEnds(send)
    if random.happens(perMille: faults.acknowledgementLost) {
      note("log", "the acknowledgement of \(partition)@\(offset) is lost")
      return deliverAgain(send)
    }
    after(
      random.happens(perMille: faults.deliveryLate) ? Limits.slowNetwork : Limits.network, .acknowledged(send, offset))
  }

  mutating func acknowledged(_ send: Int, at offset: Offset) {
    guard !sends[send].isOrphan else { return }
    guard !sends[send].isAnswered else { return met(.lateAcknowledgement) }
    accepted(send, at: offset)
  }

  private mutating func accepted(_ send: Int, at offset: Offset) {
    sends[send].isAnswered = true
    settleLine(of: send, at: offset)
    met(.accepted)
    let place = LogPosition(partition: sends[send].partition, offset: offset)
    checkAccepted(send, at: place)
    watch(sends[send].order, at: place, intake: sends[send].intake)
    let buyer = shop.purchases[clients[sends[send].client].purchase].buyer
    let ticket = signer.sign(Ticket(place), order: sends[send].order, buyer: buyer)
    answer(sends[send].client, .accepted(sends[send].order, ticket: ticket))
    planLife(of: sends[send].order, purchase: clients[sends[send].client].purchase)
  }

  mutating func answerDeadline(of send: Int) {
    guard !sends[send].isAnswered else { return }
    sends[send].isAnswered = true
    settleLine(of: send, at: nil)
    met(.unknown)
    guard bug != .unknownGivenBack || sends[send].isOrphan else {
      sends[send].wasCalledFailed = true
      let purchase = shop.purchases[clients[sends[send].client].purchase]
      for line in purchase.lines { store.giveBack(line.quantity, of: StockKey(sale: purchase.sale, sku: line.sku)) }
      checkFailed(send)
      return answer(sends[send].client, .failed)
    }
    // The process is gone, so the client hears nothing.
    answer(sends[send].client, .unknown)
  }

  /// The shop closes one SKU: a record like any other. Sent again when it isn't acknowledged.
  mutating func close(_ key: StockKey) {
    let sale = shop[key.sale]
    let place = RecordKey(sale: sale.sale, sku: key.sku)
    let at = shop.clock(at: scheduler.now)
    let record = SimulatedLog.Record(
      key: Array(place.text.utf8), value: LogRecord.close(key, at: at).encoded(), origin: .close)
    let offset = append(record, to: place.partition(of: shop.partitions))
    note("admin", "closes \(key.sku) of sale \(key.sale) at p\(place.partition(of: shop.partitions))@\(offset)")
    if random.happens(perMille: faults.acknowledgementLost) { after(Limits.slowNetwork, .close(key)) }
  }

  /// Appends, and wakes the lanes that wait for a record of this partition.
  mutating func append(_ record: SimulatedLog.Record, to partition: Partition) -> Offset {
    let offset = log.append(record, to: partition)
    for lane in lanes.indices where lanes[lane].partition == partition { wakeLane(lane) }
    return offset
  }

  mutating func intakeRestarts(_ intake: Int) {
    note("intake \(intake)", "is back")
    intakes[intake] = SimulatedIntake(shop, bug, after: intakes[intake])
    beginReading(at: intake)
  }
}
