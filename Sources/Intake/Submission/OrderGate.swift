internal import FlashSale
internal import HTTPServing
internal import NIOCore
internal import OrderLog
internal import Time

/// An admitted order on its way into the log.
struct Submission {
  let order: OrderID
  let buyer: BuyerID
  /// What is bought; of a basket, its first line.
  let item: CatalogItem
  let quantity: Units
  /// All lines of a basket; empty for an order of one line.
  let lines: [BasketLine]
  /// What is bought, of an order with a key.
  let purchase: KnownPurchases.Fingerprint?
  /// It wants to wait if nothing is left.
  var waits = false

  /// The id, if the request's key names it.
  var named: OrderID? { purchase == nil ? nil : order }

  /// Takes it into the lines of its sale and its items, or out of them again: the log's word on it is there, or nobody
  /// waits for that.
  func settle(_ fate: Acknowledgement.Fate) {
    item.backlog?.settle(fate)
    guard lines.isEmpty else {
      for line in lines { Self.settle(fate, line.item, line.quantity) }
      return
    }
    Self.settle(fate, item, quantity)
  }

  private static func settle(_ fate: Acknowledgement.Fate, _ item: CatalogItem, _ quantity: Units) {
    if fate != .refused {
      item.line.enter(quantity, wasAdmitted: item.queueCap != nil)
    } else if item.queueCap != nil {
      item.line.leave(quantity)
    }
  }
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
  /// `nil`: no token counts here.
  let rooms: RoomTokenSigner?
  let codes: AccessCodeSigner
  let backlogLimit: Int64
  let proxies: TrustedProxies
  let entry: EntryCheck
  let limiter = RequestLimiter()
  let purchases = KnownPurchases()

  /// What follows from an order.
  enum Passage {
    /// It is on its way into the log: the waiter will be told once what became of it.
    case submitted(Submission, SlotID)
    /// It may have been sent before, and only the store knows what became of it. If the store does not know it,
    /// `settle` goes on.
    case lookUp(OrderInquiry, otherwise: Otherwise)
  }

  /// Takes an order in, unless it has to be looked up first. Whoever is refused, and may have sent it before, hears
  /// where the outcome of that is.
  ///
  /// - Parameter state: of the loop that `waiter` is on.
  func submit(
    _ head: OrderHead, body: UnsafeRawBufferPointer, from waiter: any OrderWaiter, on state: LoopState
  ) throws(Problem) -> Passage {
    let now = Timestamp.now
    var head = head
    if head.refusal == nil, head.sale.hasRoom { head.refusal = head.roomRefusal(rooms, state.endedPlaces, now: now) }
    // Only an order with a key can be known to have won.
    if head.key == nil, let refusal = head.refusal { throw refusal }
    do throws(Problem) {
      switch try examine(head, body: body, now: now, &state.random) {
      case .pass(let submission, let record):
        let slot = try send(submission, record, from: waiter, on: state)
        return .submitted(submission, slot)
      case .lookUp(let inquiry, let otherwise): return .lookUp(inquiry, otherwise: otherwise)
      }
    } catch {
      throw error.naming(head.order)
    }
  }

  /// Goes on with an order that was looked up and not found.
  func settle(
    _ otherwise: Otherwise, of inquiry: OrderInquiry, from waiter: any OrderWaiter, on state: LoopState
  ) throws(Problem) -> (Submission, SlotID) {
    do throws(Problem) {
      switch otherwise {
      case .take(let submission, let record):
        return (submission, try send(submission, record, from: waiter, on: state))
      case .refuse(let problem): throw problem
      }
    } catch {
      throw error.naming(inquiry.order)
    }
  }

  private func send(
    _ submission: Submission, _ record: LogRecord, from waiter: any OrderWaiter, on state: LoopState
  ) throws(Problem) -> SlotID {
    // A place in the backlog and one in the loop's table; both are given back if the record is not produced.
    let item = submission.item
    guard !item.standing.isHalted else { throw .partitionHalted }
    try submission.admit(isInLog: submission.named.map(purchases.has) ?? false)
    guard item.standing.admit(limit: backlogLimit) else {
      submission.settle(.refused)
      throw item.standing.isStalled ? .logStalled : .backlogFull(item.standing)
    }
    guard let slot = state.wait(waiter) else {
      submission.settle(.refused)
      item.standing.withdraw()
      throw .busy("Too many orders are on their way.")
    }
    do throws(KafkaError) {
      let tag = RecordTag(loop: state.index, partition: item.partition, slot: slot)
      try writers.write(record, under: item.key, to: item.partition, tag: tag)
    } catch {
      state.forget(slot)
      submission.settle(.refused)
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
    guard let item = sale[request.sku] else { throw request.lines.isEmpty ? .unknownSKU : .unknownSKU(ofLine: 0) }
    guard request.lines.isEmpty else { return try examine(basket: request, of: head, item, now: now, &random) }
    // Before the winners are looked at.
    let moment = OrderMoment(sale, item, waits: request.waits, at: now)
    return try examine(request, [], item, moment, of: head, now: now, &random)
  }

  private func examine(
    basket request: OrderRequest, of head: OrderHead, _ item: CatalogItem, now: Timestamp,
    _ random: inout BufferedRandom
  ) throws(Problem) -> Examined {
    let lines = try BasketLine.lines(of: request, in: head.sale)
    let (moment, line) = OrderMoment.ofBasket(lines.lazy.map { OrderMoment(head.sale, $0.item, at: now) })
    do throws(Problem) {
      switch try examine(request, lines, item, moment, of: head, now: now, &random) {
      case .lookUp(let inquiry, .refuse(let problem)):
        return .lookUp(inquiry, otherwise: .refuse(problem.ofLine(line)))
      case let examined: return examined
      }
    } catch {
      throw error.ofLine(line)
    }
  }

  /// - Parameters:
  ///   - lines: of a basket; empty for an order of one line.
  ///   - moment: what it meets.
  private func examine(
    _ request: OrderRequest, _ lines: [BasketLine], _ item: CatalogItem, _ moment: OrderMoment, of head: OrderHead,
    now: Timestamp, _ random: inout BufferedRandom
  ) throws(Problem) -> Examined {
    let sale = head.sale
    guard let order = head.order else {
      if let refusal = moment.refusal { throw refusal.problem(nil, in: sale) }
      try checkRate(head, now)
      let order = OrderID(randomFor: sale.number, using: &random)
      let (submission, record) = try record(of: order, hasKey: false, head, item, lines, request, now)
      return .pass(submission, record)
    }
    // Whoever has won and asks again hears so before anything else (I2): one search of a table in memory.
    let hasWon = sale.winners?.contains(order) ?? false
    let inquiry = OrderInquiry(order: order, buyer: head.buyer, position: nil, request: request)
    switch moment.meeting(hasWon: hasWon, isComplete: sale.winners?.isComplete ?? false) {
    case .take:
      if let refusal = head.refusal {
        // Unless all winners are known, she may be one.
        guard sale.winners?.isComplete == true else { return .lookUp(inquiry, otherwise: .refuse(refusal)) }
        throw refusal
      }
      try checkRate(head, now)
      let (submission, record) = try record(of: order, hasKey: true, head, item, lines, request, now)
      if let purchase = submission.purchase, purchases.isAnother(order, purchase) { throw .idempotencyConflict(order) }
      return .pass(submission, record)
    case .refuse(let refusal): throw head.refusal ?? refusal.problem(order, in: sale)
    case .lookUp(let refusal?): return .lookUp(inquiry, otherwise: .refuse(refusal.problem(order, in: sale)))
    case .lookUp(nil):
      if let refusal = head.refusal { return .lookUp(inquiry, otherwise: .refuse(refusal)) }
      // Whoever has won hears so, whatever is wrong with what she sends now.
      do throws(Problem) {
        let (submission, record) = try record(of: order, hasKey: true, head, item, lines, request, now)
        return .lookUp(inquiry, otherwise: .take(submission, record))
      } catch {
        return .lookUp(inquiry, otherwise: .refuse(error))
      }
    }
  }

  /// A winner who asks again was answered before this.
  private func checkRate(_ head: OrderHead, _ now: Timestamp) throws(Problem) {
    guard let paces = head.sale.paces else { return }
    try limiter.check(paces, head.sale.number, buyer: head.buyer, address: head.address, at: now)
  }

  private func record(
    of order: OrderID, hasKey: Bool, _ head: OrderHead, _ item: CatalogItem, _ lines: [BasketLine],
    _ request: OrderRequest, _ now: Timestamp
  ) throws(Problem) -> (Submission, LogRecord) {
    var terms = head.sale.hasTerms ? try OrderTerms(of: head, request, at: now, codes: codes) : .none
    let waits = request.waits && head.sale.hasWaitlist
    if waits { terms.waits = true }
    do throws(ValidationError) {
      let purchase =
        lines.isEmpty
        ? try PurchaseRequest(
          order: order, stock: StockKey(sale: head.sale.number, sku: item.sku), buyer: head.buyer,
          quantity: request.quantity, acceptedAt: now, terms: terms)
        : try PurchaseRequest(
          order: order, sale: head.sale.number, lines: request.lines, buyer: head.buyer, acceptedAt: now, terms: terms)
      let submission = Submission(
        order: order, buyer: head.buyer, item: item, quantity: request.quantity, lines: lines,
        purchase: hasKey ? KnownPurchases.Fingerprint(purchase) : nil, waits: waits)
      return (submission, .place(purchase))
    } catch {
      throw .body(.invalidField(error.field, error.reason))
    }
  }

  /// Writes the answer to an order that the log acknowledged at `offset`, and that is in the item's line.
  func write(_ submission: Submission, at offset: Offset, to json: inout JSONWriter) {
    let item = submission.item
    if let purchase = submission.purchase { purchases.note(submission.order, purchase) }
    let ticket = Ticket(LogPosition(partition: item.partition, offset: offset))
    let position = item.standing.position(of: offset)
    json.field("order_id", submission.order)
    json.field("status", "queued")
    json.field("ticket", bytes: Ticket.textBytes) {
      signer.sign(ticket, order: submission.order, buyer: submission.buyer, into: $0)
    }
    json.field("position", position)
    json.field("eta_ms", orNull: item.standing.eta(position: position))
    // Who waits for units that come back is not told that there are none.
    if !submission.waits, submission.isLikelySoldOut(position: position) {
      json.field("likely_sold_out", true)
    }
  }
}
