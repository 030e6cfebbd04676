internal import FlashSale
internal import Logging
internal import NIOCore
internal import SaleStore

/// `GET /v1/orders/{id}?ticket=…`: where an order is, for its buyer only.
///
/// With a ticket, an order that is still in line is answered from memory. The store is asked once the watermark has
/// passed the ticket, or without one.
struct OrderStatusRoute: Sendable {
  let signer: TicketSigner
  let standings: [PartitionStanding]
  let lookup: OrderLookup
  let catalog: CurrentCatalog
  let health: Health
  let logger: Logger

  /// The answer's body.
  func answer(order text: String, ticket ticketText: String?, buyer: BuyerID) async throws(Problem) -> ByteBuffer {
    guard let order = OrderID(text) else { throw .orderNotFound }
    let position = try ticketText.map { text throws(Problem) in try verified(text, order, buyer) }
    if let position {
      let standing = standings[Int(position.partition.rawValue)]
      if position.offset >= standing.watermark { return queued(order, position, standing) }
    }
    switch try await find(order, position) {
    case .decided(let stored):
      // Without a ticket, the id alone proves nothing; and to a stranger the order does not exist.
      guard stored.buyer == buyer else { throw .orderNotFound }
      return decided(stored)
    case .quarantined: return outcome(order, "quarantined")
    case .missing:
      guard let position else { throw .orderNotFound }
      // A record behind the watermark has its row, is quarantined, or repeats an order that has its row.
      logger.error("an order behind the watermark is not in the store", metadata: ["position": "\(position)"])
      throw .unaccounted(order)
    }
  }

  private func verified(_ text: String, _ order: OrderID, _ buyer: BuyerID) throws(Problem) -> LogPosition {
    guard let ticket = signer.verify(text, order: order, buyer: buyer),
      standings.indices.contains(Int(ticket.position.partition.rawValue))
    else { throw .badTicket }
    return ticket.position
  }

  private func find(_ order: OrderID, _ position: LogPosition?) async throws(Problem) -> OrderLookup.Finding {
    // The refresher finds out when it is back; until then nobody waits for a connection to be told so.
    guard !health.isStoreAway else { throw .busy("Orders cannot be looked up now.") }
    do {
      return try await lookup.find(order, at: position)
    } catch is OrderLookup.Overloaded {
      throw .busy("Too many orders are being looked up.")
    } catch {
      logger.warning("an order could not be looked up", metadata: ["error": "\(error)"])
      throw .busy("Orders cannot be looked up now.")
    }
  }

  private func queued(_ order: OrderID, _ position: LogPosition, _ standing: PartitionStanding) -> ByteBuffer {
    let place = standing.position(of: position.offset)
    var json = JSONWriter(ByteBuffer())
    json.field("order_id", order.description)
    json.field("status", "queued")
    json.field("position", place)
    json.field("eta_ms", orNull: standing.eta(position: place))
    return json.finish()
  }

  private func outcome(_ order: OrderID, _ status: String) -> ByteBuffer {
    var json = JSONWriter(ByteBuffer())
    json.field("order_id", order.description)
    json.field("status", status)
    return json.finish()
  }

  private func decided(_ stored: StoredOrder) -> ByteBuffer {
    var json = JSONWriter(ByteBuffer())
    json.field("order_id", stored.order.description)
    switch stored.outcome {
    case .confirmed: json.field("status", "confirmed")
    case .rejected(let refusal):
      json.field("status", "rejected")
      json.field("reason", refusal.code)
    }
    if let sale = catalog.current.sale(numbered: stored.stock.sale) { json.field("sale", sale.id.rawValue) }
    json.field("sku", stored.stock.sku.rawValue)
    json.field("quantity", stored.quantity.rawValue)
    json.field("accepted_at", stored.acceptedAt.description)
    json.field("decided_at", stored.decidedAt.description)
    return json.finish()
  }
}
