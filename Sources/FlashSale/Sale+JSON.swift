/// The sale's JSON shape, in the admin API, in `penstock sale create --file`, and nowhere else.
extension Sale: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case id, name, ordering, items
    case startsAt = "starts_at"
    case endsAt = "ends_at"
    case perBuyerLimit = "per_buyer_limit"
  }

  /// Decodes and validates; an unknown field is an error, so that a misspelt limit is not silently no limit.
  public init(from decoder: any Decoder) throws {
    try decoder.refuseFields(besides: CodingKeys.allCases.map(\.rawValue))
    let container = try decoder.container(keyedBy: CodingKeys.self)
    do {
      self = try Sale(
        id: container.decode(SaleID.self, forKey: .id),
        name: container.decode(String.self, forKey: .name),
        startsAt: container.decode(Timestamp.self, forKey: .startsAt),
        endsAt: container.decode(Timestamp.self, forKey: .endsAt),
        perBuyerLimit: container.decodeIfPresent(Units.self, forKey: .perBuyerLimit),
        ordering: container.decodeIfPresent(Ordering.self, forKey: .ordering),
        items: container.decode([SaleItem].self, forKey: .items))
    } catch let error as ValidationError {
      throw error.decodingError(in: decoder)
    }
  }

  /// Encodes the shape that `init(from:)` takes.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(name, forKey: .name)
    try container.encode(startsAt, forKey: .startsAt)
    try container.encode(endsAt, forKey: .endsAt)
    try container.encodeIfPresent(perBuyerLimit, forKey: .perBuyerLimit)
    try container.encode(ordering, forKey: .ordering)
    try container.encode(items, forKey: .items)
  }
}

extension SaleItem: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case sku, stock, currency
    case priceMinor = "price_minor"
  }

  public init(from decoder: any Decoder) throws {
    try decoder.refuseFields(besides: CodingKeys.allCases.map(\.rawValue))
    let container = try decoder.container(keyedBy: CodingKeys.self)
    do {
      self = try SaleItem(
        sku: container.decode(SKU.self, forKey: .sku),
        stock: container.decode(Units.self, forKey: .stock),
        price: Price(
          minor: container.decode(Int64.self, forKey: .priceMinor),
          currency: container.decode(String.self, forKey: .currency)))
    } catch let error as ValidationError {
      throw error.decodingError(in: decoder)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(sku, forKey: .sku)
    try container.encode(stock, forKey: .stock)
    try container.encode(price.minor, forKey: .priceMinor)
    try container.encode(price.currency, forKey: .currency)
  }
}

extension ValidationError {
  /// This error as `DecodingError`, at the place that the decoder has reached, with itself as the underlying error.
  fileprivate func decodingError(in decoder: any Decoder) -> DecodingError {
    .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: description, underlyingError: self))
  }
}

extension Decoder {
  /// Throws if the object being decoded has a field that is not one of `known`.
  fileprivate func refuseFields(besides known: [String]) throws {
    let container = try container(keyedBy: AnyKey.self)
    for key in container.allKeys where !known.contains(key.stringValue) {
      throw DecodingError.dataCorrupted(
        .init(codingPath: codingPath + [key], debugDescription: "is not a field here; fields are \(known)"))
    }
  }
}

private struct AnyKey: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
