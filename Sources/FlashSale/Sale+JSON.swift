internal import Time

// The sale's JSON shape: what the admin API and `penstock sale create --file` take.

extension Sale {
  /// Reads a sale: JSON (RFC 8259) with the fields below in any order, and no others, so that a misspelt limit is not
  /// silently no limit. `per_buyer_limit`, `ordering`, `shaping` and `holds` may be left out or `null`.
  ///
  /// - Parameter body: the bytes as they were sent; any bytes are allowed.
  /// - Throws: `malformed` if it is no JSON; else the first field that is wrong, as `items[2].stock`.
  public init(parsing body: UnsafeRawBufferPointer) throws(BodyError) {
    self = try JSONReader.object(in: body) { json throws(BodyError) in try Sale(fields: &json) }
  }

  private init(fields json: inout JSONReader) throws(BodyError) {
    var fields = JSONFields(
      of: "a sale", ["id", "name", "starts_at", "ends_at", "per_buyer_limit", "ordering", "shaping", "holds", "items"])
    var id: SaleID?
    var name: String?
    var window: (startsAt: Timestamp?, endsAt: Timestamp?)
    var limit: Units?
    var ordering: Ordering?
    var shaping = SaleShaping()
    var holds: HoldRules?
    var items: [SaleItem]?
    while let field = try fields.next(&json) {
      switch field {
      case "id": id = try json.identifier(field)
      case "name": name = try json.text(field)
      case "starts_at": window.startsAt = try json.time(field)
      case "ends_at": window.endsAt = try json.time(field)
      case "per_buyer_limit":
        if !json.takeNull() { limit = Units(try json.wholeNumber(field, in: 1...Limits.stockUnits)) }
      case "ordering":
        if !json.takeNull() { ordering = try json.ordering(field) }
      case "shaping":
        if !json.takeNull() { shaping = try json.shaping(field) }
      case "holds":
        if !json.takeNull() { holds = try json.holds(field) }
      default: items = try json.items(field)
      }
    }
    let parts = try (
      fields.required(id, "id"), fields.required(name, "name"), fields.required(window.startsAt, "starts_at"),
      fields.required(window.endsAt, "ends_at"), fields.required(items, "items")
    )
    try shaping.room?.checkBeacons(startsAt: parts.2, endsAt: parts.3)
    do throws(ValidationError) {
      try ValidationError.refuseTurned(parts.1, "name")
      try self.init(
        id: parts.0, name: parts.1, startsAt: parts.2, endsAt: parts.3, perBuyerLimit: limit, ordering: ordering,
        shaping: shaping, holds: holds, items: parts.4)
    } catch {
      throw BodyError(error)
    }
  }
}

extension SaleItem {
  fileprivate init(fields json: inout JSONReader, at place: String) throws(BodyError) {
    guard json.beginObject() else { throw .invalidField(place, "must be an object") }
    var fields = JSONFields(of: "an item", ["sku", "stock", "price_minor", "currency"], at: place)
    var sku: SKU?
    var stock: Units?
    var price: Int64?
    var currency: String?
    while let field = try fields.next(&json) {
      switch field {
      case "sku": sku = try json.identifier(fields[field])
      case "stock": stock = Units(try json.wholeNumber(fields[field], in: 1...Limits.stockUnits))
      case "price_minor": price = try json.wholeNumber(fields[field], in: 0...Limits.priceMinor)
      default: currency = try json.text(fields[field])
      }
    }
    let parts = try (
      fields.required(sku, "sku"), fields.required(stock, "stock"), fields.required(price, "price_minor"),
      fields.required(currency, "currency")
    )
    do throws(ValidationError) {
      try self.init(sku: parts.0, stock: parts.1, price: Price(minor: parts.2, currency: parts.3))
    } catch {
      throw BodyError(error, at: place)
    }
  }
}

extension JSONReader {
  fileprivate mutating func items(_ field: String) throws(BodyError) -> [SaleItem] {
    guard beginArray() else { throw .invalidField(field, "must be an array of items") }
    var items: [SaleItem] = []
    while try nextElement() {
      guard items.count < Limits.saleItems else { throw .invalidField(field, Sale.itemsRule) }
      items.append(try SaleItem(fields: &self, at: "\(field)[\(items.count)]"))
    }
    return items
  }

  fileprivate mutating func shaping(_ field: String) throws(BodyError) -> SaleShaping {
    guard beginObject() else { throw .invalidField(field, "must be an object") }
    return try SaleShaping(fields: &self, at: field)
  }

  fileprivate mutating func holds(_ field: String) throws(BodyError) -> HoldRules {
    guard beginObject() else { throw .invalidField(field, "must be an object") }
    return try HoldRules(fields: &self, at: field)
  }

  fileprivate mutating func ordering(_ field: String) throws(BodyError) -> Ordering {
    guard isAtString, let ordering = Ordering(rawValue: try string()) else {
      throw .invalidField(field, "must be \"sale\" or \"sku\", or left out")
    }
    return ordering
  }
}
