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

  /// What a browser saves it as. The name says as of which vector it is, unless that is too long for a file's name; the
  /// admin log says it in any case.
  func name(of sale: SaleID, asOf vector: OffsetVector) -> String {
    let whole = "\(sale)-orders-\(vector).\(rawValue)"
    return whole.utf8.count <= Limits.fileNameBytes ? whole : "\(sale)-orders.\(rawValue)"
  }

  /// A body that reads a page of orders when the one before it was sent.
  ///
  /// If the store fails in between, the last line says that the file is not whole, and the answer ends without its last
  /// chunk, which every HTTP client takes for an error.
  ///
  /// - Parameters:
  ///   - hasMark: whether CSV begins with a byte order mark, by which Excel knows UTF-8.
  ///   - masksBuyers: whether who reads it may not know the buyers.
  ///   - exported: counts the orders as they are read: an export that runs far ahead of its reader would show there.
  func body(_ pages: OrderPages, hasMark: Bool, masksBuyers: Bool, exported: Counter) -> ResponseBody {
    ResponseBody { writer in
      if case .csv = self {
        try await writer.write(ByteBuffer(string: (hasMark ? "\u{FEFF}" : "") + Self.csvHeader))
      }
      var iterator = pages.makeAsyncIterator()
      while true {
        let page: [LivingOrder]?
        do {
          page = try await iterator.next()
        } catch {
          try await writer.write(ByteBuffer(string: notWhole))
          throw error
        }
        guard let page else { return try await writer.finish(nil) }
        exported.increment(by: page.count)
        try await writer.write(lines(of: page, masksBuyers))
      }
    }
  }

  /// The last line of a file that lacks orders.
  var notWhole: String {
    switch self {
    case .csv: CSVFile.notWhole
    case .jsonLines: #"{"error":"not_whole","detail":"The database failed on the way. Export again."}"# + "\n"
    }
  }

  private func lines(of orders: [LivingOrder], _ masksBuyers: Bool) -> ByteBuffer {
    switch self {
    case .csv: Self.csvLines(of: orders, masksBuyers)
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

  private static func csvLines(of orders: [LivingOrder], _ masksBuyers: Bool) -> ByteBuffer {
    var row = CSVRow(ByteBufferAllocator().buffer(capacity: orders.count * 200))
    for living in orders {
      let order = living.decision
      row.add(order.order)
      row.add(order.position.partition.rawValue)
      row.add(order.position.offset.rawValue)
      row.add(foreign: order.stock.sku.rawValue)
      row.add(foreign: order.buyer.shown(masksBuyers))
      row.add(order.quantity.rawValue)
      row.add(order.outcome.name)
      row.add(order.refusal?.code ?? "")
      row.add(order.acceptedAt)
      row.add(order.decidedAt)
      row.add(milliseconds: order.delayMicroseconds)
      row.add(living.state)
      row.add(living.liveUnits.rawValue)
      if let amount = living.amount {
        row.add(amount.minor)
        row.add(amount.currency)
      } else {
        row.add("")
        row.add("")
      }
      row.add(living.refundDueText ?? "")
      row.add(foreign: living.linesText)
      row.add(foreign: order.refusedSKU?.rawValue ?? "")
      row.end()
    }
    return row.buffer
  }

  private static func jsonLines(of orders: [LivingOrder], _ masksBuyers: Bool) -> ByteBuffer {
    var json = JSONWriter(fieldsIn: ByteBufferAllocator().buffer(capacity: orders.count * 450))
    for living in orders {
      let order = living.decision
      json.beginLine()
      json.field("order_id", order.order)
      json.field("partition", order.position.partition.rawValue)
      json.field("offset", order.position.offset.rawValue)
      json.field("sku", order.stock.sku.rawValue)
      json.field("buyer", order.buyer.shown(masksBuyers))
      json.field("quantity", order.quantity.rawValue)
      json.field("outcome", order.outcome.name)
      if let refusal = order.refusal { json.field("reason", refusal.code) } else { json.null("reason") }
      json.field("accepted_at", order.acceptedAt)
      json.field("decided_at", order.decidedAt)
      json.field("delay_ms", millisecondsOf: order.delayMicroseconds)
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
      json.endLine()
    }
    return json.buffer
  }
}

extension JSONWriter {
  fileprivate mutating func field(_ name: StaticString, _ time: Timestamp) {
    guard time.hasPlainText else { return field(name, "\(time)") }
    field(name, bytes: Timestamp.textBytes) { time.write(to: $0) }
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
    let due = refundDue
    return due.isEmpty ? nil : due.map { "\($0.minor) \($0.currency)" }.joined(separator: "; ")
  }
}

extension StoredOrder {
  fileprivate var refusal: Refusal? {
    if case .rejected(let refusal) = outcome { refusal } else { nil }
  }

  fileprivate var delayMicroseconds: Int64 { decidedAt.microseconds(since: acceptedAt) }
}
