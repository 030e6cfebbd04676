internal import FlashSale
internal import Foundation
internal import SaleStore
internal import Time

/// What a form asks to change of a sale.
struct SaleChange {
  let change: CommandRequest.Change

  /// The same, as the body of the API's PATCH.
  let body: String
}

/// What a form that changes a sale comes to.
enum SaleFormResult {
  case change(SaleChange)
  /// Its rules are as the form has them.
  case nothing
  /// The form's `errors` say what.
  case wrong
}

extension SaleForm {
  /// What differs between a sale and the form.
  mutating func result(for sale: Sale) -> SaleFormResult {
    guard let wanted = self.sale(.change(sale)) else { return .wrong }
    errors["items"] = Self.fault(of: wanted.items, in: sale, SeenSale(seen)?.units ?? [:])
    if wanted.perBuyerLimit != sale.perBuyerLimit {
      if sale.perBuyerLimit == nil { errors["limit"] = .reason("cannot be given to a sale that has none") }
      if wanted.perBuyerLimit == nil { errors["limit"] = .reason("cannot be taken away from a sale that has one") }
    }
    guard errors.isEmpty else { return .wrong }
    var fields: [String: Any] = [:]
    if wanted.startsAt != sale.startsAt { fields["starts_at"] = "\(wanted.startsAt)" }
    if wanted.endsAt != sale.endsAt { fields["ends_at"] = "\(wanted.endsAt)" }
    if wanted.perBuyerLimit != sale.perBuyerLimit {
      fields["per_buyer_limit"] = wanted.perBuyerLimit.map { Int($0.rawValue) }
    }
    var prices: [String: Int64] = [:]
    for item in wanted.items where sale.item(item.sku)?.price != item.price {
      prices[item.sku.rawValue] = item.price.minor
    }
    if !prices.isEmpty { fields["prices"] = prices }
    if fields.isEmpty { return .nothing }
    fields["reason"] = reason
    return parsed(fields)
  }

  private mutating func parsed(_ fields: [String: Any]) -> SaleFormResult {
    do {
      let body = try JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys, .withoutEscapingSlashes])
      let change = try body.withUnsafeBytes { bytes in try CommandRequest.Change(parsing: bytes) }
      return .change(SaleChange(change: change, body: String(decoding: body, as: UTF8.self)))
    } catch let error as BodyError {
      if case .invalidField(let field, let why) = error {
        let place = field.hasPrefix("prices") ? "items" : field
        errors[["reason", "items"].contains(place) ? place : "starts"] = .reason(why)
      } else {
        errors["reason"] = .reason("\(error)")
      }
    } catch {
      errors["reason"] = .reason("\(error)")
    }
    return .wrong
  }

  /// The first item that only another command could make of the sale's. Units that stand as the form has shown them are
  /// as they should be: somebody else may have put more up since.
  private static func fault(of wanted: [SaleItem], in sale: Sale, _ seen: [SKU: Units]) -> SaleFormError? {
    for item in wanted {
      guard let old = sale.item(item.sku) else { return .item(item.sku, .notInSale) }
      if item.stock != old.stock, item.stock != seen[item.sku] { return .item(item.sku, .unitsStay) }
      if item.price.currency != old.price.currency { return .item(item.sku, .currencyStays) }
    }
    return sale.items.first { item in !wanted.contains { $0.sku == item.sku } }.map { .item($0.sku, .skuStays) }
  }
}
