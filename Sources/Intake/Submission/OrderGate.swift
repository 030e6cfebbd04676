internal import FlashSale
internal import HTTPServing
internal import Kafka
internal import NIOCore

/// An order that was let through and is on its way into the log.
struct Submission {
  let order: OrderID
  let buyer: BuyerID
  let item: CatalogItem
  let hasKey: Bool
}

/// Decides which orders go into the log, and hands them to the producer. Shared by all loops; holds nothing that
/// changes.
struct OrderGate: Sendable {
  let producer: Producer
  let signer: TicketSigner
  let backlogLimit: Int64

  /// Takes an order in: when this returns, `waiter` will be told once what became of it.
  ///
  /// - Parameter state: of the loop that `waiter` is on.
  func submit(
    _ head: OrderHead, body: UnsafeRawBufferPointer, from waiter: any OrderWaiter, on state: LoopState
  ) throws(Problem) -> (Submission, SlotID) {
    let (submission, record) = try examine(head, body: body, now: .now, &state.random)
    // A place in the backlog and one in the loop's table; both are given back if the record is not produced.
    let item = submission.item
    guard !item.standing.isHalted else { throw .partitionHalted }
    guard item.standing.admit(limit: backlogLimit) else { throw .busy("The line for this item is full.") }
    guard let slot = state.wait(waiter) else {
      item.standing.withdraw()
      throw .busy("Too many orders are on their way.")
    }
    do throws(KafkaError) {
      try produce(record, for: item, tag: RecordTag(loop: state.index, partition: item.partition, slot: slot))
    } catch {
      state.forget(slot)
      item.standing.withdraw()
      throw .busy("The order was not taken: \(error.description).")
    }
    return (submission, slot)
  }

  /// Checks an order against what is known here, in the order of design §8, and makes its record.
  private func examine(
    _ head: OrderHead, body: UnsafeRawBufferPointer, now: Timestamp, _ random: inout BufferedRandom
  ) throws(Problem) -> (Submission, LogRecord) {
    let request: OrderRequest
    do throws(BodyError) {
      request = try OrderRequest(parsing: body)
    } catch {
      throw .body(error)
    }
    let sale = head.sale
    guard let item = sale[request.sku] else { throw .unknownSKU }
    let keyed = head.key.map { OrderID(sale: sale.number, buyer: head.buyer, key: $0) }
    // What is closed does not open at its time.
    guard sale.closedAt == nil, !item.gauge.isClosed else { throw .ended(keyed) }
    guard sale.sale.startsAt <= now else { throw .notStarted(sale.sale.startsAt) }
    guard now < sale.sale.endsAt else { throw .ended(keyed) }
    // Only nothing is nothing (I2): two units may be left for an order of three, and another one takes them.
    guard item.gauge.left > .zero else { throw .soldOut(keyed) }
    let order = keyed ?? OrderID(randomFor: sale.number, using: &random)
    do throws(ValidationError) {
      let purchase = try PurchaseRequest(
        order: order, stock: StockKey(sale: sale.number, sku: item.sku), buyer: head.buyer,
        quantity: request.quantity, acceptedAt: now)
      let submission = Submission(order: order, buyer: head.buyer, item: item, hasKey: keyed != nil)
      return (submission, .place(purchase))
    } catch {
      throw .body(.invalidField(error.field, error.reason))
    }
  }

  private func produce(_ record: LogRecord, for item: CatalogItem, tag: RecordTag) throws(KafkaError) {
    let failure: KafkaError? = item.key.withUnsafeBytes { key in
      record.withEncodedBytes { value in
        do throws(KafkaError) {
          try producer.produce(partition: item.partition.rawValue, key: key, value: value, tag: tag.rawValue)
          return nil
        } catch {
          return error
        }
      }
    }
    if let failure { throw failure }
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
    if position >= Int64(item.gauge.left.rawValue) { json.field("likely_sold_out", true) }
  }
}
