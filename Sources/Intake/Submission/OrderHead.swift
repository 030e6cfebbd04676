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
  private(set) var authorization: String?
  private(set) var proof: String?
  private(set) var verdict: String?
  /// A field that must not be repeated and is: it would be a guess which of the two counts.
  private(set) var repeated: String?
  /// The same of the two fields that say who asks.
  private var repeatedCaller: String?

  init(_ fields: HTTPFields) {
    for field in fields {
      switch field.name {
      case .contentType: take(field.value, into: \.contentType, "Content-Type")
      case .contentLength: contentLength = Int(field.value)
      case Self.buyerName: take(field.value, into: \.buyer, BuyerID.field)
      case Self.tokenName: take(field.value, into: \.token, ShownToken.field)
      case .authorization: take(field.value, into: \.authorization, Self.authorizationName)
      case Self.proofName: take(field.value, into: \.proof, EntryCheck.proofField)
      case Self.verdictName: take(field.value, into: \.verdict, EntryCheck.verdictField)
      case Self.keyName: take(field.value, into: \.key, IdempotencyKey.field)
      case Self.subjectsName: take(field.value, into: \.subjects, SubjectLimits.field)
      default: break
      }
    }
  }

  private static let buyerName = HTTPField.Name(BuyerID.field)
  private static let tokenName = HTTPField.Name(ShownToken.field)
  private static let proofName = HTTPField.Name(EntryCheck.proofField)
  private static let verdictName = HTTPField.Name(EntryCheck.verdictField)
  private static let authorizationName = "Authorization"
  private static let keyName = HTTPField.Name(IdempotencyKey.field)
  private static let subjectsName = HTTPField.Name(SubjectLimits.field)

  private mutating func take(_ value: String, into field: WritableKeyPath<OrderFields, String?>, _ name: String) {
    if self[keyPath: field] != nil {
      repeated = name
      if name == BuyerID.field || name == Self.authorizationName { repeatedCaller = name }
    }
    self[keyPath: field] = value
  }

  /// Who sends the request.
  ///
  /// - Parameter believesField: of the request's peer, see `Identification.believesField(of:)`.
  func caller(_ recognition: SharedRecognition, believesField: Bool) throws(Problem) -> Caller {
    switch repeatedCaller {
    case nil: return try recognition.caller(buyer: buyer, authorization: authorization, believesField: believesField)
    case BuyerID.field: throw .unauthenticated("is there twice")
    case let name?: throw .invalidHeader(name, "is there twice")
    }
  }

  /// Lends what the request shows to `body`.
  func lendShown<Answer>(_ body: (ShownFields) -> Answer) -> Answer {
    proof.lendBytes { proof in
      verdict.lendBytes { verdict in body(ShownFields(proof: proof, verdict: verdict)) }
    }
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
  let caller: Caller
  let key: IdempotencyKey?
  /// Where it comes from, if the sale limits that and it is known.
  var address: ClientAddress?
  /// Read only if the sale has a waiting room.
  let token: ShownToken
  /// What the gateway says of the order's limit subjects, where the sale limits any.
  let subjects: String?
  /// Why it is not taken: what it does not show of what the sale asks for. Whoever has won hears that first.
  var refusal: Problem? {
    get { refused?.problem }
    set { refused = newValue.map(Refused.init) }
  }
  private var refused: Refused?

  /// Whether it has to be known where it comes from.
  var needsAddress: Bool { sale.paces?.address != nil }

  var buyer: BuyerID { caller.buyer }

  /// The order that the key names.
  var order: OrderID? { key.map { OrderID(sale: sale.number, buyer: buyer, key: $0) } }

  /// Checks a head in the order in which shaping meets it (design §8).
  ///
  /// - Parameter believesField: of the request's peer, see `Identification.believesField(of:)`.
  init(
    _ fields: OrderFields, sale name: String, catalog: Catalog, recognition: SharedRecognition, believesField: Bool,
    entry: EntryCheck
  ) throws(Problem) {
    guard fields.isJSON else { throw .unsupportedMediaType }
    if let length = fields.contentLength, length > Limits.bodyBytes { throw .bodyTooLarge }
    caller = try fields.caller(recognition, believesField: believesField)
    if let name = fields.repeated { throw .invalidHeader(name, "is there twice") }
    do throws(ValidationError) {
      key = try fields.key.map { value throws(ValidationError) in try IdempotencyKey(validatingField: value) }
    } catch {
      throw .invalidHeader(error.field, error.reason)
    }
    guard let id = SaleID(rawValue: name), let sale = catalog[id] else { throw .saleNotFound }
    self.sale = sale
    token = sale.hasRoom ? ShownToken(fields.token) : .none
    // Of a client that shows a token it would be her own word.
    subjects = believesField && sale.sale.shaping.subjects != nil ? fields.subjects : nil
    refusal = fields.lendShown { [caller] shown in entry.refusal(of: caller, shown, to: sale) }
  }
}

extension OrderHead {
  /// The head of an order in the plain form; `nil` if something is wrong with it.
  init?(_ request: PlainRequest, sale: CatalogSale, caller: Caller, believesField: Bool) {
    self.sale = sale
    self.caller = caller
    token = sale.hasRoom ? ShownToken(request.token) : .none
    let readsSubjects = request.subjects != nil && sale.sale.shaping.subjects != nil && believesField
    subjects = readsSubjects ? request.subjects.map { String(decoding: $0, as: UTF8.self) } : nil
    guard let text = request.key else {
      key = nil
      return
    }
    guard let key = IdempotencyKey(field: text) else { return nil }
    self.key = key
  }
}

/// A problem in a box, so that an order that has none carries one word of it.
private final class Refused: Sendable {
  let problem: Problem

  init(_ problem: Problem) { self.problem = problem }
}
