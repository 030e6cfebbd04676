internal import FlashSale
internal import HTTPServing
internal import SaleStore

/// `GET /v1/sales` and `GET /v1/sales/{sale}`, from memory.
enum SaleRoutes {
  /// All sales, the newest first.
  static func write(_ catalog: Catalog, now: Timestamp, to json: inout JSONWriter) {
    json.field("server_time", now.description)
    json.array("sales", of: catalog.sales) { json, sale in write(sale, now, &json) }
  }

  /// One sale.
  static func write(_ sale: CatalogSale, now: Timestamp, to json: inout JSONWriter) {
    write(sale, now, &json)
    json.field("server_time", now.description)
  }

  private static func write(_ stored: CatalogSale, _ now: Timestamp, _ json: inout JSONWriter) {
    let sale = stored.sale
    json.field("id", sale.id.rawValue)
    json.field("name", sale.name)
    json.field("status", stored.status(at: now).rawValue)
    json.field("starts_at", sale.startsAt.description)
    json.field("ends_at", sale.endsAt.description)
    json.field("per_buyer_limit", orNull: sale.perBuyerLimit?.rawValue)
    json.array("items", of: stored.items) { json, item in
      json.field("sku", item.sku.rawValue)
      json.field("stock", item.putUp.rawValue)
      json.field("price_minor", item.price.minor)
      json.field("currency", item.price.currency)
      json.field("left", item.gauge.left.rawValue)
      // As of the last signal: requests in line are not taken off, nor what was decided since.
      json.field("left_is_approximate", true)
    }
  }
}
