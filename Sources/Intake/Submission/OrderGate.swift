internal import FlashSale
internal import HTTPServing
internal import NIOCore
internal import OrderLog
internal import Time

/// An admitted order on its way into the log.
struct Submission {
  let order: OrderID
  let buyer: BuyerID
  let item: CatalogItem
  let hasKey: Bool
}

/// What becomes of an order that may have been sent before, if the store does not know it.
enum Otherwise {
  /// It goes into the log.
  case take(Submission, LogRecord)
  case refuse(Problem)
}

/// Decides which orders go into the log, and writes them. Shared by all loops; holds nothing that changes.
struct OrderGate: Sendable {
  let writers: OrderWriters
  let signer: TicketSigner
  let backlogLimit: Int64
  let entry: EntryCheck

  /// What follows from an order.
  enum Passage {
    /// It is on its way into the log: the waiter will be told once what became of it.
    case submitted(Submission, SlotID)
    /// It may have been sent before, and only the store knows what became of it. If the store does not know it,
    /// `settle` goes on.
    case lookUp(OrderInquiry, otherwise: Otherwise)
  }

  /// Takes an order in, unless it has to be looked up first.
  ///
  /// - Parameter state: of the loop that `waiter` is on.
  func submit(
    _ head: OrderHead, body: UnsafeRawBufferPointer, from waiter: any OrderWaiter, on state: LoopState
  ) throws(Problem) -> Passage {
    switch try examine(head, body: body, now: .now, &state.random) {
    case .pass(let submission, let record):
      let slot = try send(submission, record, from: waiter, on: state)
      return .submitted(submission, slot)
    case .lookUp(let inquiry, let otherwise): return .lookUp(inquiry, otherwise: otherwise)
    }
  }

  /// Goes on with an order that was looked up and not found.
  func settle(
    _ otherwise: Otherwise, from waiter: any OrderWaiter, on state: LoopState
  ) throws(Problem) -> (Submission, SlotID) {
    switch otherwise {
    case .take(let submission, let record):
      return (submission, try send(submission, record, from: waiter, on: state))
    case .refuse(let problem): throw problem
    }
  }

  private func send(
    _ submission: Submission, _ record: LogRecord, from waiter: any OrderWaiter, on state: LoopState
  ) throws(Problem) -> SlotID {
    // A place in the backlog and one in the loop's table; both are given back if the record is not produced.
    let item = submission.item
    guard !item.standing.isHalted else { throw .partitionHalted }
    guard item.standing.admit(limit: backlogLimit) else {
      throw item.standing.isStalled ? .logStalled : .busy("The line for this item is full.")
    }
    guard let slot = state.wait(waiter) else {
      item.standing.withdraw()
      throw .busy("Too many orders are on their way.")
    }
    do throws(KafkaError) {
      let tag = RecordTag(loop: state.index, partition: item.partition, slot: slot)
      try writers.write(record, under: item.key, to: item.partition, tag: tag)
    } catch {
      state.forget(slot)
      item.standing.withdraw()
      throw .busy("The order was not taken: \(error.description).")
    }
    return slot
  }

  private enum Examined {
    case pass(Submission, LogRecord)
    case lookUp(OrderInquiry, otherwise: Otherwise)
  }

  /// Checks an order against what is known here, in the order of design §8, and makes its record.
  private func examine(
    _ head: OrderHead, body: UnsafeRawBufferPointer, now: Timestamp, _ random: inout BufferedRandom
  ) throws(Problem) -> Examined {
    let request: OrderRequest
    do throws(BodyError) {
      request = try OrderRequest(parsing: body)
    } catch {
      throw .body(error)
    }
    let sale = head.sale
    guard let item = sale[request.sku] else { throw .unknownSKU }
    // Before the winners are looked at.
    let moment = SaleMoment(sale, item, at: now)
    guard let key = head.key else {
      if let refusal = moment.refusal { throw refusal }
      let order = OrderID(randomFor: sale.number, using: &random)
      let (submission, record) = try record(of: order, hasKey: false, head, item, request, now)
      return .pass(submission, record)
    }
    let order = OrderID(sale: sale.number, buyer: head.buyer, key: key)
    // Whoever has won and asks again hears so before anything else (I2): one search of a table in memory.
    let hasWon = sale.winners?.contains(order) ?? false
    let inquiry = OrderInquiry(order: order, buyer: head.buyer, position: nil)
    switch moment.meeting(order, hasWon: hasWon, isComplete: sale.winners?.isComplete ?? false) {
    case .take:
      let (submission, record) = try record(of: order, hasKey: true, head, item, request, now)
      return .pass(submission, record)
    case .refuse(let problem): throw problem
    case .lookUp(let problem?): return .lookUp(inquiry, otherwise: .refuse(problem))
    case .lookUp(nil):
      let (submission, record) = try record(of: order, hasKey: true, head, item, request, now)
      return .lookUp(inquiry, otherwise: .take(submission, record))
    }
  }

  private func record(
    of order: OrderID, hasKey: Bool, _ head: OrderHead, _ item: CatalogItem, _ request: OrderRequest, _ now: Timestamp
  ) throws(Problem) -> (Submission, LogRecord) {
    do throws(ValidationError) {
      let purchase = try PurchaseRequest(
        order: order, stock: StockKey(sale: head.sale.number, sku: item.sku), buyer: head.buyer,
        quantity: request.quantity, acceptedAt: now)
      return (Submission(order: order, buyer: head.buyer, item: item, hasKey: hasKey), .place(purchase))
    } catch {
      throw .body(.invalidField(error.field, error.reason))
    }
  }

  /// Writes the answer to an order that the log acknowledged at `offset`.
  func write(_ submission: Submission, at offset: Offset, to json: inout JSONWriter) {
    let item = submission.item
    let ticket = Ticket(LogPosition(partition: item.partition, offset: offset))
    let position = item.standing.position(of: offset)
    json.field("order_id", submission.order)
    json.field("status", "queued")
    json.field("ticket", bytes: Ticket.textBytes) {
      signer.sign(ticket, order: submission.order, buyer: submission.buyer, into: $0)
    }
    json.field("position", position)
    json.field("eta_ms", orNull: item.standing.eta(position: position))
    // Approximate: the line may hold orders for other things too.
    if position >= Int64(item.gauge.level.left.rawValue) { json.field("likely_sold_out", true) }
  }
}
