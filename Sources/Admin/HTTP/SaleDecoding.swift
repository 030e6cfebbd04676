internal import FlashSale
internal import FoundationEssentials
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

extension Sale {
  /// The sale in a request's body. Throws the problem that names what is wrong with it.
  static func decode(from request: Request) async throws -> Sale {
    guard isJSON(request.headers[.contentType]) else {
      throw Problem.unsupportedMediaType
    }
    let body: ByteBuffer
    do {
      body = try await request.body.collect(upTo: Limits.bodyBytes)
    } catch is NIOTooManyBytesError {
      throw Problem.bodyTooLarge(limit: Limits.bodyBytes)
    }
    let data = Data(body.readableBytesView)
    do {
      return try JSONDecoder().decode(Sale.self, from: data)
    } catch let error as DecodingError {
      throw SaleNumbers.problem(in: data) ?? Problem(error)
    }
  }

  /// `application/json`, or a type with the suffix `+json`, with or without parameters.
  private static func isJSON(_ contentType: String?) -> Bool {
    let type = (contentType ?? "").prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
    return type == "application/json" || type.hasSuffix("+json")
  }
}

/// The numbers of a sale, read as what JSON has: one kind of number. `JSONDecoder` reports an integer with a fraction,
/// or past 64 bits, as JSON that is not valid, and does not say where it stands.
private struct SaleNumbers: Decodable {
  struct Item: Decodable {
    var stock: Double?
    var priceMinor: Double?

    private enum CodingKeys: String, CodingKey {
      case stock
      case priceMinor = "price_minor"
    }
  }

  var perBuyerLimit: Double?
  var items: [Item]?

  private enum CodingKeys: String, CodingKey {
    case items
    case perBuyerLimit = "per_buyer_limit"
  }

  /// The first number that is not whole or too large for its field; `nil` if that is not what is wrong.
  static func problem(in data: Data) -> Problem? {
    guard let numbers = try? JSONDecoder().decode(Self.self, from: data) else { return nil }
    var fields: [(String, Double?, isWhole: (Double) -> Bool)] = [
      ("per_buyer_limit", numbers.perBuyerLimit, { Int32(exactly: $0) != nil })
    ]
    for (index, item) in (numbers.items ?? []).enumerated() {
      fields.append(("items[\(index)].stock", item.stock, { Int32(exactly: $0) != nil }))
      fields.append(("items[\(index)].price_minor", item.priceMinor, { Int64(exactly: $0) != nil }))
    }
    let wrong = fields.first { field in field.1.map { !field.isWhole($0) } ?? false }
    return wrong.map { Problem(invalid: $0.0, "must be a whole number, and not so large") }
  }
}

extension Problem {
  /// 400 for what is no JSON, 422 for a field that is wrong.
  init(_ error: DecodingError) {
    switch error {
    case .keyNotFound(let key, let context):
      self.init(invalid: Self.path(context.codingPath + [key]), "is missing")
    case .valueNotFound(_, let context):
      self.init(invalid: Self.path(context.codingPath), "must not be null")
    case .typeMismatch(_, let context):
      self.init(invalid: Self.path(context.codingPath), context.debugDescription)
    case .dataCorrupted(let context):
      let place = Self.path(context.codingPath)
      if let wrong = context.underlyingError as? ValidationError {
        self.init(invalid: place.isEmpty ? wrong.field : "\(place).\(wrong.field)", wrong.reason)
      } else if place.isEmpty {
        self.init(.malformedJSON, detail: "the body is not valid JSON in UTF-8")
      } else {
        self.init(invalid: place, context.debugDescription)
      }
    @unknown default:
      self.init(.malformedJSON, detail: "the body cannot be read")
    }
  }

  fileprivate init(invalid field: String, _ reason: String) {
    self.init(.invalidField, detail: reason, field: field.isEmpty ? nil : field)
  }

  /// `items[2].stock`.
  private static func path(_ keys: [any CodingKey]) -> String {
    keys.reduce("") { path, key in
      if let index = key.intValue { return "\(path)[\(index)]" }
      return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
    }
  }
}
