internal import FlashSale
internal import Hummingbird
internal import Metrics
internal import NIOCore
internal import SaleStore

/// Lines of CSV (RFC 4180): CRLF, and quotes where a value needs them.
struct CSVLines {
  private(set) var text = ""

  /// Adds a line of values that are numbers, instants or names of ours.
  mutating func add(_ values: String...) {
    for (index, value) in values.enumerated() {
      if index > 0 { text += "," }
      if value.utf8.contains(where: Self.needsQuotes) {
        text += "\"\(value.replacing("\"", with: "\"\""))\""
      } else {
        text += value
      }
    }
    text += "\r\n"
  }

  private static func needsQuotes(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\r"), UInt8(ascii: "\n"): true
    default: false
    }
  }

  /// A value that someone outside chose. A spreadsheet runs what begins with one of these as a formula; an apostrophe
  /// in front makes it text (OWASP, CSV injection).
  static func foreign(_ value: String) -> String {
    guard let first = value.first, "=+-@\t\r".contains(first) else { return value }
    return "'\(value)"
  }
}

/// All orders of a sale as CSV, written while they are read.
enum OrderCSV {
  /// A body that reads a page of orders when the one before it was sent. If the store fails in between, the answer ends
  /// without its last chunk, which every HTTP client takes for an error.
  ///
  /// `exported` counts the orders as they are read: an export that runs far ahead of its reader would show there.
  static func body(_ pages: OrderPages, exported: Counter) -> ResponseBody {
    ResponseBody { writer in
      var header = CSVLines()
      header.add(
        "order_id", "partition", "offset", "sku", "buyer", "quantity", "outcome", "reason", "accepted_at", "decided_at",
        "delay_ms")
      try await writer.write(ByteBuffer(string: header.text))
      for try await page in pages {
        exported.increment(by: page.count)
        try await writer.write(ByteBuffer(string: lines(page)))
      }
      try await writer.finish(nil)
    }
  }

  private static func lines(_ orders: [StoredOrder]) -> String {
    var lines = CSVLines()
    for order in orders {
      let (outcome, reason) =
        switch order.outcome {
        case .confirmed: ("confirmed", "")
        case .rejected(let refusal): ("rejected", refusal.code)
        }
      let delay = Double(order.decidedAt.microseconds(since: order.acceptedAt)) / 1_000
      lines.add(
        "\(order.order)", "\(order.position.partition)", "\(order.position.offset)",
        CSVLines.foreign(order.stock.sku.rawValue), CSVLines.foreign(order.buyer.rawValue), "\(order.quantity)",
        outcome,
        reason, "\(order.acceptedAt)", "\(order.decidedAt)", "\(delay)")
    }
    return lines.text
  }
}
