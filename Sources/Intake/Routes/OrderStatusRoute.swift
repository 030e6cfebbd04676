internal import FlashSale
internal import HTTPServing
internal import Logging
internal import SaleStore
internal import Time

/// Who asks for which order, and where in the log it stands if a ticket says so.
struct OrderInquiry: Sendable {
  let order: OrderID
  let buyer: BuyerID
  let position: LogPosition?
  /// What a request asks for that names the order by its key; `nil`: only the order's status is asked.
  var request: OrderRequest?
}

/// An order's status, as its buyer is told.
enum OrderAnswer {
  case queued(OrderID, position: Int64, eta: Int64?)
  case decided(StoredOrder, sale: CatalogSale?)
  /// The order's record could not be decided.
  case quarantined(OrderID)

  func write(to json: inout JSONWriter) {
    switch self {
    case .queued(let order, let position, let eta):
      json.field("order_id", order)
      json.field("status", "queued")
      json.field("position", position)
      json.field("eta_ms", orNull: eta)
    case .quarantined(let order):
      json.field("order_id", order)
      json.field("status", "quarantined")
    case .decided(let stored, let sale):
      json.field("order_id", stored.order)
      if let life = stored.life {
        json.field("status", life.state.code)
      } else {
        switch stored.outcome {
        case .confirmed: json.field("status", "confirmed")
        case .waitlisted: json.field("status", "waiting")
        case .rejected(let refusal):
          json.field("status", "rejected")
          json.field("reason", refusal.code)
          if let sku = stored.refusedSKU { json.field("refused_sku", sku.rawValue) }
          if refusal == .allHeld { sale?.writeHeld(stored.refusedSKU ?? stored.stock.sku, at: .now, to: &json) }
        }
      }
      if let sale { json.field("sale", sale.id.rawValue) }
      json.field("sku", stored.stock.sku.rawValue)
      json.field("quantity", stored.quantity.rawValue)
      json.field("accepted_at", stored.acceptedAt.description)
      json.field("decided_at", stored.decidedAt.description)
      if stored.life == nil, !stored.lines.isEmpty {
        json.array("lines", of: stored.lines) { json, line in
          json.field("sku", line.sku.rawValue)
          json.field("units", line.quantity.rawValue)
        }
      }
      if let life = stored.life { life.write(to: &json, sale?.sale.holds) }
    }
  }
}

extension CatalogSale {
  /// Writes what an order that found all units of a SKU held can hope for, as the door tells it, for as long as that is
  /// so: when the first of them can come back, and whether a new order could wait.
  fileprivate func writeHeld(_ sku: SKU, at now: Timestamp, to json: inout JSONWriter) {
    guard let item = self[sku], case .over(.allHeld(let release)) = OrderMoment(self, item, at: now) else { return }
    if let release { json.field("earliest_release_at", release.description) }
    if hasWaitlist { json.field("waitlist", true) }
  }
}

/// `GET /v1/orders/{id}?ticket=…`: an order's status, for its buyer only.
///
/// With a ticket, an order that is still in line is answered from memory. The store is asked once the watermark has
/// passed the ticket, or without one.
struct OrderStatusRoute: Sendable {
  let signer: TicketSigner
  let standings: [PartitionStanding]
  let lookup: OrderLookup
  let health: Health
  let logger: Logger

  /// The inquiry, if its ticket is one of ours for this order and buyer.
  func inquiry(_ order: OrderID, ticket: String?, buyer: BuyerID) throws(Problem) -> OrderInquiry {
    try inquiry(order, buyer, ticket.map { signer.verify($0, order: order, buyer: buyer) })
  }

  /// The same from the ticket's bytes.
  func inquiry(_ order: OrderID, ticket: UnsafeRawBufferPointer?, buyer: BuyerID) throws(Problem) -> OrderInquiry {
    try inquiry(order, buyer, ticket.map { signer.verify($0, order: order, buyer: buyer) })
  }

  private func inquiry(_ order: OrderID, _ buyer: BuyerID, _ ticket: Ticket??) throws(Problem) -> OrderInquiry {
    guard let ticket else { return OrderInquiry(order: order, buyer: buyer, position: nil) }
    guard let position = ticket?.position, standings.indices.contains(Int(position.partition.rawValue)) else {
      throw .badTicket
    }
    return OrderInquiry(order: order, buyer: buyer, position: position)
  }

  /// The answer, if it is known without the store.
  func fromMemory(_ inquiry: OrderInquiry) -> OrderAnswer? {
    guard let position = inquiry.position else { return nil }
    return queued(inquiry, from: standing(of: position).watermark)
  }

  /// The place of an order in line, counted from a watermark; `nil` if that has passed it, or no ticket tells where it
  /// is.
  func queued(_ inquiry: OrderInquiry, from watermark: Offset) -> OrderAnswer? {
    guard let position = inquiry.position, position.offset >= watermark else { return nil }
    let place = position.offset.rawValue - watermark.rawValue
    return .queued(inquiry.order, position: place, eta: standing(of: position).eta(position: place))
  }

  /// What is known of the partition of a ticket's position, which `inquiry` has checked.
  func standing(of position: LogPosition) -> PartitionStanding { standings[Int(position.partition.rawValue)] }

  /// Refuses to ask the store while it is known to be away.
  func checkStore() throws(Problem) {
    // The refresher finds out when it is back; until then no request waits for a connection only to fail.
    guard !health.isStoreAway else { throw .busy("Orders cannot be looked up now.") }
  }

  /// The answer that follows from what the look-up said.
  func answer(
    to inquiry: OrderInquiry, _ result: Result<OrderLookup.Finding, any Error>, _ catalog: Catalog
  ) throws(Problem) -> OrderAnswer {
    switch result {
    case .success(.decided(let stored)):
      // Without a ticket, the id alone proves nothing; and to a stranger the order does not exist.
      guard stored.buyer == inquiry.buyer else { throw .orderNotFound }
      return .decided(stored, sale: catalog.sale(numbered: stored.stock.sale))
    case .success(.quarantined): return .quarantined(inquiry.order)
    case .success(.missing):
      guard let position = inquiry.position else { throw .orderNotFound }
      // A record behind the watermark has its row, is quarantined, or repeats an order that has its row.
      logger.error("an order behind the watermark is not in the store", metadata: ["position": "\(position)"])
      throw .unaccounted(inquiry.order)
    case .failure(is TooManyLookups): throw .busy("Too many orders are being looked up.")
    case .failure(let error):
      logger.warning("an order could not be looked up", metadata: ["error": "\(error)"])
      throw .busy("Orders cannot be looked up now.")
    }
  }
}
