internal import FlashSale
internal import HTTPServing
internal import HTTPTypes

/// The fields of an order's head, looked at in one pass.
struct OrderFields {
  private(set) var contentType: String?
  private(set) var contentLength: Int?
  private(set) var buyer: String?
  private(set) var key: String?
  private(set) var token: String?
  private(set) var subjects: String?
  /// A field that must not be repeated and is: it would be a guess which of the two counts.
  private(set) var repeated: String?

  init(_ fields: HTTPFields) {
    for field in fields {
      switch field.name {
      case .contentType: take(field.value, into: \.contentType, "Content-Type")
      case .contentLength: contentLength = Int(field.value)
      case Self.buyerName: take(field.value, into: \.buyer, BuyerID.field)
      case Self.tokenName: take(field.value, into: \.token, ShownToken.field)
      case Self.keyName: take(field.value, into: \.key, IdempotencyKey.field)
      case Self.subjectsName: take(field.value, into: \.subjects, SubjectLimits.field)
      default: break
      }
    }
  }

  private static let buyerName = HTTPField.Name(BuyerID.field)
  private static let tokenName = HTTPField.Name(ShownToken.field)
  private static let keyName = HTTPField.Name(IdempotencyKey.field)
  private static let subjectsName = HTTPField.Name(SubjectLimits.field)

  private mutating func take(_ value: String, into field: WritableKeyPath<OrderFields, String?>, _ name: String) {
    if self[keyPath: field] != nil { repeated = name }
    self[keyPath: field] = value
  }

  /// Whether the body is said to be JSON: `application/json`, with or without parameters.
  var isJSON: Bool {
    guard let contentType, repeated != "Content-Type" else { return false }
    return HTTPServing.isJSON(mediaType: contentType)
  }
}

/// The head of an order that may be read on.
struct OrderHead {
  let sale: CatalogSale
  let buyer: BuyerID
  let key: IdempotencyKey?
  /// Where it comes from, if the sale limits that and it is known.
  var address: ClientAddress?
  /// Read only if the sale has a waiting room.
  let token: ShownToken
  /// What the gateway says of the order's limit subjects, where the sale limits any.
  let subjects: String?

  /// Whether it has to be known where it comes from.
  var needsAddress: Bool { sale.paces?.address != nil }

  /// Checks a head in the order in which shaping meets it (design §8).
  init(_ fields: OrderFields, sale name: String, catalog: Catalog) throws(Problem) {
    guard fields.isJSON else { throw .unsupportedMediaType }
    if let length = fields.contentLength, length > Limits.bodyBytes { throw .bodyTooLarge }
    guard let buyer = fields.buyer else { throw .unauthenticated("is missing") }
    guard fields.repeated != BuyerID.field else { throw .unauthenticated("is there twice") }
    do throws(ValidationError) {
      self.buyer = try BuyerID(validating: buyer)
    } catch {
      throw .unauthenticated(error.reason)
    }
    if let repeated = fields.repeated { throw .invalidHeader(repeated, "is there twice") }
    do throws(ValidationError) {
      key = try fields.key.map { value throws(ValidationError) in try IdempotencyKey(validatingField: value) }
    } catch {
      throw .invalidHeader(error.field, error.reason)
    }
    guard let id = SaleID(rawValue: name), let sale = catalog[id] else { throw .saleNotFound }
    self.sale = sale
    token = sale.hasRoom ? ShownToken(fields.token) : .none
    subjects = sale.sale.shaping.subjects == nil ? nil : fields.subjects
  }
}

extension OrderHead {
  /// The head of an order in the plain form; `nil` if something is wrong with it.
  init?(_ request: PlainRequest, sale: CatalogSale?) {
    guard let sale, request.isJSON, let buyer = request.buyer.flatMap(BuyerID.init(bytes:)) else { return nil }
    self.sale = sale
    self.buyer = buyer
    token = sale.hasRoom ? ShownToken(request.token) : .none
    let limitsSubjects = request.subjects != nil && sale.sale.shaping.subjects != nil
    subjects = limitsSubjects ? request.subjects.map { String(decoding: $0, as: UTF8.self) } : nil
    guard let text = request.key else {
      key = nil
      return
    }
    guard let key = IdempotencyKey(field: text) else { return nil }
    self.key = key
  }
}
