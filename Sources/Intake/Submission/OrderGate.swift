internal import FlashSale
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

  /// Checks an order against what is known here, in the order of design §8, and makes its record.
  func examine(
    _ head: OrderHead, body: UnsafeRawBufferPointer, now: Timestamp
  ) throws(Problem) -> (Submission, LogRecord) {
    let request: OrderRequest
    do throws(OrderRequestError) {
      request = try OrderRequest(parsing: body)
    } catch {
      throw .body(error)
    }
    let sale = head.sale
    guard let item = sale[request.sku] else { throw .unknownSKU }
    let keyed = head.key.map { OrderID(sale: sale.number, buyer: head.buyer, key: $0) }
    guard sale.sale.startsAt <= now else { throw .notStarted(sale.sale.startsAt) }
    guard now < sale.sale.endsAt, sale.closedAt == nil, !item.gauge.isClosed else { throw .ended(keyed) }
    // Only nothing is nothing (I2): two units may be left for an order of three, and another one takes them.
    guard item.gauge.left > .zero else { throw .soldOut(keyed) }
    let order = keyed ?? OrderID(randomFor: sale.number)
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

  /// Takes a place in the backlog for an order; `produce` gives it back when it fails.
  func admit(_ submission: Submission) throws(Problem) {
    guard submission.item.standing.admit(limit: backlogLimit) else { throw .busy("The line for this item is full.") }
  }

  /// Hands an admitted order to the producer. When this returns, a report for `tag` will follow.
  func produce(_ record: LogRecord, for submission: Submission, tag: RecordTag) throws(Problem) {
    let item = submission.item
    let failure: KafkaError? = item.key.withUnsafeBytes { key in
      record.encoded().withUnsafeBytes { value in
        do throws(KafkaError) {
          try producer.produce(partition: item.partition.rawValue, key: key, value: value, tag: tag.rawValue)
          return nil
        } catch {
          return error
        }
      }
    }
    guard let failure else { return }
    item.standing.withdraw()
    throw .busy("The order was not taken: \(failure.description).")
  }

  /// The answer to an order that the log acknowledged at `offset`.
  func accepted(_ submission: Submission, at offset: Offset, into buffer: ByteBuffer) -> ByteBuffer {
    let item = submission.item
    let ticket = Ticket(LogPosition(partition: item.partition, offset: offset))
    let position = item.standing.position(of: offset)
    var json = JSONWriter(buffer)
    json.field("order_id", submission.order.description)
    json.field("status", "queued")
    json.field("ticket", signer.sign(ticket, order: submission.order, buyer: submission.buyer))
    json.field("position", position)
    json.field("eta_ms", orNull: item.standing.eta(position: position))
    // Approximate: the line may hold orders for other things too.
    if position >= Int64(item.gauge.left.rawValue) { json.field("likely_sold_out", true) }
    return json.finish()
  }
}
