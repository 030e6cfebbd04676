/// What a customer wants, sent as often as necessary, always with the same key.
struct Order: Sendable, Hashable {
  let number: Int
  let sale: String
  let sku: String
  let buyer: String
  let quantity: Int

  /// Its idempotency key.
  var key: String { "k\(number)" }

  /// The request on the wire.
  func request(port: UInt16) -> [UInt8] {
    let body = #"{"sku":"\#(sku)","quantity":\#(quantity)}"#
    let head = """
      POST /v1/sales/\(sale)/orders HTTP/1.1\r
      Host: 127.0.0.1:\(port)\r
      X-Buyer-Id: \(buyer)\r
      Idempotency-Key: \(key)\r
      Content-Type: application/json\r
      Content-Length: \(body.utf8.count)\r
      \r

      """
    return Array((head + body).utf8)
  }
}

/// What is on sale: a few scarce SKUs that sell out, many that do not, and one with a limit for each buyer.
enum Goods {
  static let open = "open"
  static let limited = "limited"
  static let scarce = 6
  static let items: [(sku: String, stock: Int)] =
    (0..<24).map { (sku: "sku\($0)", stock: $0 < scarce ? 100 : 100_000) }
  static let limitedItems = [(sku: "ticket", stock: 1_500)]
  static let perBuyerLimit = 2

  /// The order of this number, drawn.
  static func order(_ number: Int, _ dice: inout Dice) -> Order {
    if dice.happens(perMille: 100) {
      return Order(
        number: number, sale: limited, sku: "ticket", buyer: "few\(dice.number(in: 0...799))",
        quantity: dice.number(in: 1...2))
    }
    let sku = items[dice.number(in: 0...(items.count - 1))].sku
    return Order(
      number: number, sale: open, sku: sku, buyer: "b\(dice.number(in: 0...19_999))", quantity: dice.number(in: 1...3))
  }
}
