internal import FlashSale
internal import SaleStore
internal import Time

/// What a form has shown of a sale, as a text that goes with the form: it tells what somebody has changed meanwhile.
///
/// Units are no part of what can be in conflict: a form does not change them.
struct SeenSale {
  enum Field: Hashable { case starts, ends, limit, price(SKU) }

  /// Something that is not as it was. Instants are RFC 3339, prices minor units, and no limit is empty.
  struct Difference: Hashable {
    let field: Field
    let then: String
    let now: String
  }

  /// In the order of the sale's fields.
  private let values: [(field: Field, value: String)]

  /// Units that were put up.
  let units: [SKU: Units]

  init(_ sale: Sale) {
    values =
      [
        (.starts, "\(sale.startsAt)"), (.ends, "\(sale.endsAt)"),
        (.limit, sale.perBuyerLimit.map { "\($0)" } ?? ""),
      ] + sale.items.map { (.price($0.sku), "\($0.price.minor)") }
    units = Dictionary(sale.items.map { ($0.sku, $0.stock) }, uniquingKeysWith: { first, _ in first })
  }

  /// The text: `STARTS|ENDS|LIMIT|SKU=UNITS×PRICE,…`.
  var text: String {
    let items = values.dropFirst(3).map { field, price -> String in
      guard case .price(let sku) = field else { return "" }
      return "\(sku)=\(units[sku] ?? .zero)×\(price)"
    }
    return (values.prefix(3).map(\.value) + [items.joined(separator: ",")]).joined(separator: "|")
  }

  /// Reads a text; `nil` if it is none.
  init?(_ text: String) {
    let parts = text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 4 else { return nil }
    var values: [(field: Field, value: String)] = [(.starts, parts[0]), (.ends, parts[1]), (.limit, parts[2])]
    var units: [SKU: Units] = [:]
    for item in parts[3].split(separator: ",") {
      let parts = item.split { $0 == "=" || $0 == "×" }
      guard parts.count == 3, let sku = SKU(rawValue: String(parts[0])), let stock = Int32(parts[1]) else { return nil }
      units[sku] = Units(stock)
      values.append((.price(sku), String(parts[2])))
    }
    (self.values, self.units) = (values, units)
  }

  /// What is not as it was.
  func differences(from sale: Sale) -> [Difference] {
    let then = Dictionary(values.map { ($0.field, $0.value) }, uniquingKeysWith: { first, _ in first })
    return SeenSale(sale).values.compactMap { field, now in
      let then = then[field] ?? ""
      return then == now ? nil : Difference(field: field, then: then, now: now)
    }
  }
}
