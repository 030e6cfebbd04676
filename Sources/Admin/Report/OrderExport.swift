internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import Hummingbird
internal import Metrics
internal import NIOCore
internal import SaleStore
internal import Time

/// The forms in which all orders of a sale can be had, written while they are read. The raw values are the extensions
/// of their files.
enum OrderExport: String, CaseIterable {
  case csv
  case jsonLines = "jsonl"

  var mediaType: String {
    switch self {
    case .csv: "text/csv; charset=utf-8; header=present"
    case .jsonLines: "application/x-ndjson"
    }
  }

  /// A body that reads a page of orders when the one before it was sent. If the store fails in between, the answer ends
  /// without its last chunk, which every HTTP client takes for an error.
  ///
  /// `exported` counts the orders as they are read: an export that runs far ahead of its reader would show there.
  func body(_ pages: OrderPages, masksBuyers: Bool, exported: Counter) -> ResponseBody {
    ResponseBody { writer in
      if case .csv = self { try await writer.write(ByteBuffer(string: Self.csvHeader)) }
      for try await page in pages {
        exported.increment(by: page.count)
        try await writer.write(lines(of: page, masksBuyers))
      }
      try await writer.finish(nil)
    }
  }

  private func lines(of orders: [LivingOrder], _ masksBuyers: Bool) -> ByteBuffer {
    switch self {
    case .csv: ByteBuffer(string: Self.csvLines(of: orders, masksBuyers))
    case .jsonLines: Self.jsonLines(of: orders, masksBuyers)
    }
  }

  private static let csvHeader: String = {
    var header = CSVLines()
    header.add(
      "order_id", "partition", "offset", "sku", "buyer", "quantity", "outcome", "reason", "accepted_at", "decided_at",
      "delay_ms", "state", "units_live", "amount_minor", "currency", "refund_due", "lines", "refused_sku")
    return header.text
  }()

  private static func csvLines(of orders: [LivingOrder], _ masksBuyers: Bool) -> String {
    var lines = CSVLines()
    for living in orders {
      let order = living.decision
      lines.add(
        "\(order.order)", "\(order.position.partition)", "\(order.position.offset)",
        CSVLines.foreign(order.stock.sku.rawValue), CSVLines.foreign(order.buyer.shown(masksBuyers)),
        "\(order.quantity)",
        order.outcomeName, order.refusal?.code ?? "", "\(order.acceptedAt)", "\(order.decidedAt)",
        "\(order.delayMilliseconds)", living.state, "\(living.liveUnits)", living.amount.map { "\($0.minor)" } ?? "",
        living.amount?.currency ?? "", living.refundDueText ?? "", CSVLines.foreign(living.linesText),
        CSVLines.foreign(order.refusedSKU?.rawValue ?? ""))
    }
    return lines.text
  }

  private static func jsonLines(of orders: [LivingOrder], _ masksBuyers: Bool) -> ByteBuffer {
    var lines = ByteBuffer()
    var json = JSONWriter(ByteBuffer())
    for living in orders {
      let order = living.decision
      json.restart()
      json.field("order_id", order.order)
      json.field("partition", order.position.partition.rawValue)
      json.field("offset", order.position.offset.rawValue)
      json.field("sku", order.stock.sku.rawValue)
      json.field("buyer", order.buyer.shown(masksBuyers))
      json.field("quantity", order.quantity.rawValue)
      json.field("outcome", order.outcomeName)
      if let refusal = order.refusal { json.field("reason", refusal.code) } else { json.null("reason") }
      json.field("accepted_at", order.acceptedAt.description)
      json.field("decided_at", order.decidedAt.description)
      json.field("delay_ms", order.delayMilliseconds)
      json.field("state", living.state)
      json.field("units_live", living.liveUnits.rawValue)
      json.field("amount_minor", orNull: living.amount?.minor)
      if let currency = living.amount?.currency { json.field("currency", currency) } else { json.null("currency") }
      if let due = living.refundDueText { json.field("refund_due", due) } else { json.null("refund_due") }
      json.array("lines", of: order.lines) { json, line in
        json.field("sku", line.sku.rawValue)
        json.field("quantity", line.quantity.rawValue)
        json.field("units_live", living.liveUnits(of: line.sku).rawValue)
      }
      if let sku = order.refusedSKU { json.field("refused_sku", sku.rawValue) } else { json.null("refused_sku") }
      json.end()
      lines.writeImmutableBuffer(json.buffer)
      lines.writeStaticString("\n")
    }
    return lines
  }
}

extension BuyerID {
  fileprivate func shown(_ isMasked: Bool) -> String { isMasked ? BuyerMask.text(self) : rawValue }
}

extension LivingOrder {
  /// The units of one line of a basket that count for its buyer.
  fileprivate func liveUnits(of sku: SKU) -> Units {
    liveUnits > .zero ? lines.first { $0.sku == sku }?.units ?? .zero : .zero
  }

  /// Each line of a basket as SKU, quantity and live units: `phone 2 2; case 1 0`. Empty for an order of one line.
  fileprivate var linesText: String {
    decision.lines.map { "\($0.sku) \($0.quantity) \(liveUnits(of: $0.sku))" }.joined(separator: "; ")
  }

  /// Minor units with their currency, as `199900 CNY`; with a semicolon between currencies, which are never added.
  fileprivate var refundDueText: String? {
    refundDue.isEmpty ? nil : refundDue.map { "\($0.minor) \($0.currency)" }.joined(separator: "; ")
  }
}

extension StoredOrder {
  fileprivate var refusal: Refusal? {
    if case .rejected(let refusal) = outcome { refusal } else { nil }
  }

  fileprivate var outcomeName: String {
    switch outcome {
    case .confirmed: "confirmed"
    case .waitlisted: "waitlisted"
    case .rejected: "rejected"
    }
  }

  fileprivate var delayMilliseconds: Double { Double(decidedAt.microseconds(since: acceptedAt)) / 1_000 }
}
