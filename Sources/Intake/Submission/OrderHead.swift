internal import FlashSale
internal import HTTPServing
internal import NIOHTTP1

/// Which sale a request orders from: the `{sale}` of `/v1/sales/{sale}/orders`.
enum OrderTarget {
  private static let prefix = "/v1/sales/"
  private static let suffix = "/orders"

  /// The sale's name as it stands in the path, percent-decoded; `nil` if the target is not that of an order.
  static func sale(in target: String) -> String? {
    var path = Substring(target)
    if !path.utf8.starts(with: "/".utf8) {
      // The absolute form, which a server must take too (RFC 9112 §3.2.2).
      guard let scheme = path.utf8.firstIndex(of: UInt8(ascii: ":")), path[scheme...].utf8.starts(with: "://".utf8),
        let start = path.utf8[scheme...].dropFirst(3).firstIndex(of: UInt8(ascii: "/"))
      else { return nil }
      path = path[start...]
    }
    if let query = path.utf8.firstIndex(of: UInt8(ascii: "?")) { path = path[..<query] }
    guard path.utf8.starts(with: prefix.utf8) else { return nil }
    let rest = path.utf8.dropFirst(prefix.utf8.count)
    guard let slash = rest.firstIndex(of: UInt8(ascii: "/")), rest[slash...].elementsEqual(suffix.utf8) else {
      return nil
    }
    return Substring(rest[..<slash]).percentDecoded
  }
}

/// The head of an order, looked at in one pass over its header fields.
struct OrderHeaders {
  private(set) var contentType: String?
  private(set) var contentLength: Int?
  private(set) var buyer: String?
  private(set) var key: String?
  private(set) var expectsContinue = false
  /// A field that must not be there twice and is: which of the two counts would be anybody's guess.
  private(set) var repeated: String?

  init(_ headers: HTTPHeaders) {
    for (name, value) in headers {
      // By length first: nearly all fields are told apart by it.
      switch name.utf8.count {
      case 6 where name.isField("expect"): expectsContinue = value.lowercased() == "100-continue"
      case 10 where name.isField("x-buyer-id"): take(value, into: \.buyer, BuyerID.field)
      case 12 where name.isField("content-type"): take(value, into: \.contentType, "Content-Type")
      case 14 where name.isField("content-length"): contentLength = Int(value)
      case 15 where name.isField("idempotency-key"): take(value, into: \.key, IdempotencyKey.field)
      default: break
      }
    }
  }

  private mutating func take(_ value: String, into field: WritableKeyPath<OrderHeaders, String?>, _ name: String) {
    if self[keyPath: field] != nil { repeated = name }
    self[keyPath: field] = value
  }

  /// Whether the body is said to be JSON: `application/json`, with or without parameters.
  var isJSON: Bool {
    guard let contentType, repeated != "Content-Type" else { return false }
    let type = contentType.utf8.prefix { $0 != UInt8(ascii: ";") }
    guard let end = type.lastIndex(where: { $0 != 0x20 && $0 != 0x09 }) else { return false }
    return Substring(type[...end]).isField("application/json")
  }
}

/// The head of an order that may be read on.
struct OrderHead {
  let sale: CatalogSale
  let buyer: BuyerID
  let key: IdempotencyKey?

  /// Checks a head in the order in which shaping meets it (design §8).
  init(_ headers: OrderHeaders, sale name: String, catalog: Catalog) throws(Problem) {
    guard headers.isJSON else { throw .unsupportedMediaType }
    if let length = headers.contentLength, length > Limits.bodyBytes { throw .bodyTooLarge }
    guard let buyer = headers.buyer else { throw .unauthenticated("is missing") }
    guard headers.repeated != BuyerID.field else { throw .unauthenticated("is there twice") }
    do throws(ValidationError) {
      self.buyer = try BuyerID(validating: buyer)
    } catch {
      throw .unauthenticated(error.reason)
    }
    guard headers.repeated == nil else { throw .invalidHeader(IdempotencyKey.field, "is there twice") }
    do throws(ValidationError) {
      key = try headers.key.map { value throws(ValidationError) in try IdempotencyKey(validating: value) }
    } catch {
      throw .invalidHeader(error.field, error.reason)
    }
    guard let id = SaleID(rawValue: name), let sale = catalog[id] else { throw .saleNotFound }
    self.sale = sale
  }
}

extension OrderHead {
  /// The head of an order in the plain form; `nil` if something is wrong with it.
  init?(_ request: PlainRequest, sale: CatalogSale?) {
    guard let sale, request.isJSON, let buyer = request.buyer.flatMap(BuyerID.init(bytes:)) else { return nil }
    self.sale = sale
    self.buyer = buyer
    guard let text = request.key else {
      key = nil
      return
    }
    guard let key = IdempotencyKey(bytes: text) else { return nil }
    self.key = key
  }
}

extension StringProtocol {
  /// Whether this is `lowercase` in any case, ASCII only.
  fileprivate func isField(_ lowercase: StaticString) -> Bool {
    guard utf8.count == lowercase.utf8CodeUnitCount else { return false }
    return lowercase.withUTF8Buffer { wanted in
      zip(utf8, wanted).allSatisfy { byte, letter in
        byte == letter || ((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) && byte | 0x20 == letter)
      }
    }
  }
}
