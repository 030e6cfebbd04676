/// What the body of an order asks for.
public struct OrderRequest: Equatable, Sendable {
  /// What is wanted.
  public var sku: SKU

  /// How many of it: 1 to `Limits.orderUnits`.
  public var quantity: Units

  /// An access code as the client sent it, not checked: any text.
  public var code: String?

  /// Whether it waits for units that come back if there are none.
  public var waits: Bool

  init(sku: SKU, quantity: Units, code: String? = nil, waits: Bool = false) {
    self.sku = sku
    self.quantity = quantity
    self.code = code
    self.waits = waits
  }
}

extension OrderRequest {
  /// Reads `{"sku": "…", "quantity": …}`, and perhaps a `code` and `waitlist`: JSON (RFC 8259) of exactly this shape,
  /// fields in any order, nothing behind.
  ///
  /// - Parameter body: the bytes as a client sent them; any bytes are allowed.
  /// - Throws: `malformed` if it is no JSON; else what is wrong first, from left to right.
  public init(parsing body: UnsafeRawBufferPointer) throws(BodyError) {
    self = try JSONReader.object(in: body) { json throws(BodyError) in try OrderRequest(fields: &json) }
  }

  private init(fields json: inout JSONReader) throws(BodyError) {
    var sku: SKU?
    var quantity: Units?
    var code: String??
    var waits: Bool?
    while let name = try json.nextField() {
      switch name {
      case "sku":
        guard sku == nil else { throw .duplicateField("sku") }
        sku = try json.identifier("sku")
      case "quantity":
        guard quantity == nil else { throw .duplicateField("quantity") }
        quantity = Units(try json.wholeNumber("quantity", in: 1...Limits.orderUnits))
      case "code":
        guard code == nil else { throw .duplicateField("code") }
        code = json.takeNull() ? .some(nil) : try json.text("code")
      case "waitlist":
        guard waits == nil else { throw .duplicateField("waitlist") }
        waits = try json.bool("waitlist")
      default: throw .unknownField(name, "is unknown: an order has the fields sku, quantity, code and waitlist")
      }
    }
    guard let sku else { throw .invalidField("sku", "is missing") }
    guard let quantity else { throw .invalidField("quantity", "is missing") }
    self.init(sku: sku, quantity: quantity, code: code ?? nil, waits: waits ?? false)
  }
}
