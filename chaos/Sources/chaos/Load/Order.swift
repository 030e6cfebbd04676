import FlashSale
import Time

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
  ///
  /// - Parameter token: of the sale's waiting room.
  func request(port: UInt16, token: String? = nil) -> [UInt8] {
    let shown = token.map { "X-Room-Token: \($0)\r\n" } ?? ""
    let body = #"{"sku":"\#(sku)","quantity":\#(quantity)}"#
    let head = """
      POST /v1/sales/\(sale)/orders HTTP/1.1\r
      Host: 127.0.0.1:\(port)\r
      X-Buyer-Id: \(buyer)\r
      Idempotency-Key: \(key)\r
      \(shown)Content-Type: application/json\r
      Content-Length: \(body.utf8.count)\r
      \r

      """
    return Array((head + body).utf8)
  }
}

/// What is on sale: a few scarce SKUs that sell out, many that do not, and one with a limit for each buyer.
struct Goods: Sendable {
  static let open = "open"
  static let limited = "limited"
  static let scarce = 6
  static let limitedItems = [(sku: "ticket", stock: 1_500)]
  static let perBuyerLimit = 2

  /// Of the sale `open`.
  let items: [(sku: String, stock: Int)]
  /// SKUs that do not sell out, one in each partition, each with the same share of the orders; empty: any SKU as likely
  /// as any other.
  private let spread: [String]

  /// 24 SKUs, wherever they fall.
  static let anywhere = Goods(
    items: (0..<24).map { (sku: "sku\($0)", stock: $0 < scarce ? 100 : 100_000) }, spread: [])

  /// The same scarce SKUs, and one for each partition.
  static func spread(over partitions: Int) throws -> Goods {
    var found: [Partition: String] = [:]
    var number = scarce
    while found.count < partitions {
      let sku = "sku\(number)"
      number += 1
      let partition = try Self.partition(of: sku, among: partitions)
      if found[partition] == nil { found[partition] = sku }
    }
    let spread = found.sorted { $0.key < $1.key }.map(\.value)
    return Goods(
      items: (0..<scarce).map { (sku: "sku\($0)", stock: 100) } + spread.map { (sku: $0, stock: 1_000_000) },
      spread: spread)
  }

  /// The order of this number, drawn.
  ///
  /// - Parameter turn: orders so far that were dealt to the partitions, one after another: each partition's come at
  ///   even distances, so that a pause is not mistaken for a gap between two of them.
  func order(_ number: Int, turn: inout Int, _ dice: inout Dice) -> Order {
    if dice.happens(perMille: 100) {
      return Order(
        number: number, sale: Self.limited, sku: "ticket", buyer: "few\(dice.number(in: 0...799))",
        quantity: dice.number(in: 1...2))
    }
    let isSpread = !spread.isEmpty && dice.happens(perMille: 950)
    let sku = isSpread ? spread[turn % spread.count] : items[dice.number(in: 0...(items.count - 1))].sku
    if isSpread { turn += 1 }
    return Order(
      number: number, sale: Self.open, sku: sku, buyer: "b\(dice.number(in: 0...19_999))",
      quantity: dice.number(in: 1...3))
  }

  /// Where the order goes, if it is of those that are spread.
  func partition(of order: Order) -> Partition? { spread.firstIndex(of: order.sku).map { Partition(Int32($0)) } }

  private static func partition(of sku: String, among count: Int) throws -> Partition {
    let item = try SaleItem(
      sku: SKU(validating: sku), stock: Units(1), price: Price(minor: 1, currency: "CNY"))
    let sale = try Sale(
      id: SaleID(validating: open), name: open, startsAt: Timestamp(microseconds: 0),
      endsAt: Timestamp(microseconds: 1), perBuyerLimit: nil, items: [item])
    return RecordKey(sale: sale, sku: item.sku).partition(of: Int32(count))
  }
}
