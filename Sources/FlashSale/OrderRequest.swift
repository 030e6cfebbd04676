/// What the body of an order asks for.
public struct OrderRequest: Equatable, Sendable {
  /// What is wanted; of a basket, its first line.
  public var sku: SKU

  /// How many of it: 1 to `Limits.orderUnits`; of a basket, the units of all lines.
  public var quantity: Units

  /// All lines of a basket, in the buyer's order; empty for an order of one line.
  public var lines: [OrderLine]

  /// An access code as the client sent it, not checked: any text.
  public var code: String?

  /// Whether it waits for units that come back if there are none. A basket does not.
  public var waits: Bool

  init(sku: SKU, quantity: Units, lines: [OrderLine] = [], code: String? = nil, waits: Bool = false) {
    self.sku = sku
    self.quantity = quantity
    self.lines = lines
    self.code = code
    self.waits = waits
  }
}

extension OrderRequest {
  /// Reads `{"sku": "…", "quantity": …}` or `{"lines": [{"sku": "…", "quantity": …}, …]}`, and perhaps a `code` and
  /// `waitlist`: JSON (RFC 8259) of exactly this shape, fields in any order, nothing behind.
  ///
  /// - Parameter body: the bytes as a client sent them; any bytes are allowed.
  /// - Throws: `malformed` if it is no JSON; else what is wrong first, from left to right.
  public init(parsing body: UnsafeRawBufferPointer) throws(BodyError) {
    self = try JSONReader.object(in: body) { json throws(BodyError) in try OrderRequest(fields: &json) }
  }

  private init(fields json: inout JSONReader) throws(BodyError) {
    var sku: SKU?
    var quantity: Units?
    var lines: [OrderLine]?
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
      case "lines":
        guard lines == nil else { throw .duplicateField("lines") }
        lines = try json.orderLines("lines")
      case "code":
        guard code == nil else { throw .duplicateField("code") }
        code = json.takeNull() ? .some(nil) : try json.text("code")
      case "waitlist":
        guard waits == nil else { throw .duplicateField("waitlist") }
        waits = try json.bool("waitlist")
      default:
        throw .unknownField(name, "is unknown: an order has the fields sku, quantity, lines, code and waitlist")
      }
    }
    if let lines {
      try self.init(lines, sku: sku, quantity: quantity, code: code ?? nil, waits: waits ?? false)
      return
    }
    guard let sku else { throw .invalidField("sku", "is missing") }
    guard let quantity else { throw .invalidField("quantity", "is missing") }
    self.init(sku: sku, quantity: quantity, code: code ?? nil, waits: waits ?? false)
  }

  /// One line of `lines` is an order of the other form.
  private init(
    _ lines: [OrderLine], sku: SKU?, quantity: Units?, code: String?, waits: Bool
  ) throws(BodyError) {
    guard sku == nil, quantity == nil else {
      throw .invalidField(sku == nil ? "quantity" : "sku", "stands beside lines: say either sku and quantity, or lines")
    }
    let units: Units
    do throws(ValidationError) { units = try Basket.units(of: lines) } catch { throw BodyError(error) }
    guard !waits || lines.count == 1 else {
      throw .invalidField(
        "waitlist", "must be false for several lines: what comes back of one SKU would lie idle until the rest does")
    }
    self.init(
      sku: lines[0].sku, quantity: units, lines: lines.count > 1 ? lines : [], code: code, waits: waits)
  }
}

extension JSONReader {
  /// The array of lines that begins here.
  fileprivate mutating func orderLines(_ field: String) throws(BodyError) -> [OrderLine] {
    guard beginArray() else { throw .invalidField(field, Basket.countRule) }
    var lines: [OrderLine] = []
    while try nextElement() {
      guard lines.count < Limits.basketLines else { throw .invalidField(field, Basket.countRule) }
      let place = "\(field)[\(lines.count)]"
      guard beginObject() else { throw .invalidField(place, "must be an object with sku and quantity") }
      var fields = JSONFields(of: "a line", ["sku", "quantity"], at: place)
      var sku: SKU?
      var quantity: Units?
      while let name = try fields.next(&self) {
        switch name {
        case "sku": sku = try identifier(fields[name])
        default: quantity = Units(try wholeNumber(fields[name], in: 1...Limits.orderUnits))
        }
      }
      lines.append(
        OrderLine(sku: try fields.required(sku, "sku"), quantity: try fields.required(quantity, "quantity")))
    }
    guard !lines.isEmpty else { throw .invalidField(field, Basket.countRule) }
    return lines
  }
}
