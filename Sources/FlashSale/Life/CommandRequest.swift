public import Time

/// What the body of a command asks for: JSON of exactly one of these shapes, each field once, in any order.
///
/// All throw `malformed` for what is no JSON object; else the first field that is wrong.
public enum CommandRequest {
  /// What a person or a service says of a cancellation: `{"units": 1, "sku": "…", "reason": "…"}`, all of which may be
  /// left out.
  public struct Cancel: Equatable, Sendable {
    /// `nil`: all.
    public var units: Units?

    /// The line that is meant, of an order of several; `nil`: the whole order.
    public var sku: SKU?
    public var reason: String

    /// What is asked for.
    public var action: OrderCommand.Action { .cancel(units, of: sku) }

    /// Reads it; an empty body is as an empty object.
    ///
    /// - Parameter needsReason: whether the reason must be there.
    public init(parsing body: UnsafeRawBufferPointer, needsReason: Bool = false) throws(BodyError) {
      (units, sku, reason) = (nil, nil, "")
      if !body.isEmpty {
        self = try JSONReader.object(in: body) { json throws(BodyError) in try Cancel(fields: &json) }
      }
      if needsReason { try CommandRequest.check(reason) }
    }

    private init(fields json: inout JSONReader) throws(BodyError) {
      var fields = JSONFields(of: "a cancellation", ["units", "sku", "reason"])
      (units, sku, reason) = (nil, nil, "")
      while let field = try fields.next(&json) {
        switch field {
        case "units": if !json.takeNull() { units = Units(try json.wholeNumber(field, in: 1...Limits.orderUnits)) }
        case "sku": if !json.takeNull() { sku = try json.identifier(field) }
        default: reason = try json.text(field)
        }
      }
    }
  }

  /// Money of an order: `{"payment_id": "…", "amount_minor": 199900, "currency": "CNY"}`, and `order_id` where the path
  /// does not say it. Of a capture `buyer` can say whose order it is for.
  public struct Money: Equatable, Sendable {
    /// Which fields there are.
    public enum Shape: Sendable {
      /// A capture; the path names the order.
      case capture
      /// A capture, with `order_id`.
      case notice
      /// What was paid back, with a `reason`. The currency can be left out: it is the payment's.
      case refund
    }

    public var order: OrderID?

    /// The buyer whose order a capture is for; `nil`: its teller does not say.
    public var buyer: BuyerID?
    public var payment: PaymentID
    public var minor: Int64

    /// Empty for a refund that does not say it.
    public var currency: String
    public var reason: String

    /// The capture that it tells of.
    public var capture: Capture {
      get throws(ValidationError) { try Capture(payment: payment, minor: minor, currency: currency) }
    }

    /// Reads it.
    ///
    /// - Parameter needsReason: whether the reason of a refund must be there.
    public init(
      parsing body: UnsafeRawBufferPointer, as shape: Shape, needsReason: Bool = false
    ) throws(BodyError) {
      self = try JSONReader.object(in: body) { json throws(BodyError) in try Money(fields: &json, as: shape) }
      if needsReason { try CommandRequest.check(reason) }
    }

    /// Refuses a refund that names another currency than its payment's: its minor units are other money.
    public func check(against currency: String) throws(BodyError) {
      guard self.currency.isEmpty || self.currency == currency else {
        throw .invalidField("currency", "must be the payment's, \(currency)")
      }
    }

    private init(fields json: inout JSONReader, as shape: Shape) throws(BodyError) {
      var names = ["payment_id", "amount_minor"]
      names += ["currency", shape == .refund ? "reason" : "buyer"]
      if shape == .notice { names.append("order_id") }
      var fields = JSONFields(of: shape == .refund ? "a refund" : "a payment", names)
      var payment: PaymentID?
      var minor: Int64?
      var (currency, reason, order, buyer) = (String?.none, "", OrderID?.none, BuyerID?.none)
      while let field = try fields.next(&json) {
        switch field {
        case "payment_id": payment = try json.identifier(field)
        case "amount_minor": minor = try json.wholeNumber(field, in: 1...Limits.captureMinor)
        case "currency":
          let text = try json.text(field)
          guard Price.isCurrency(text) else { throw .invalidField(field, Price.currencyRule) }
          currency = text
        case "reason": reason = try json.text(field)
        case "buyer": buyer = try json.identifier(field)
        default:
          guard let id = OrderID(try json.text(field)) else { throw .invalidField(field, "must be an order's id") }
          order = id
        }
      }
      self.payment = try fields.required(payment, "payment_id")
      self.minor = try fields.required(minor, "amount_minor")
      self.currency = shape == .refund ? currency ?? "" : try fields.required(currency, "currency")
      self.order = shape == .notice ? try fields.required(order, "order_id") : nil
      self.buyer = buyer
      self.reason = reason
    }
  }

  /// Units more or less: `{"units": 100, "reason": "…"}`; or with `reason` alone.
  public struct Stock: Equatable, Sendable {
    /// `nil` where none are asked for.
    public var units: Units?
    public var reason: String

    /// Reads it.
    ///
    /// - Parameter hasUnits: whether `units` must be there, or must not.
    public init(parsing body: UnsafeRawBufferPointer, hasUnits: Bool) throws(BodyError) {
      self = try JSONReader.object(in: body) { json throws(BodyError) in try Stock(fields: &json, hasUnits) }
      try CommandRequest.check(reason)
    }

    private init(fields json: inout JSONReader, _ hasUnits: Bool) throws(BodyError) {
      var fields = JSONFields(of: "the body", hasUnits ? ["units", "reason"] : ["reason"])
      (units, reason) = (nil, "")
      while let field = try fields.next(&json) {
        switch field {
        case "units": units = Units(try json.wholeNumber(field, in: 1...Limits.stockUnits))
        default: reason = try json.text(field)
        }
      }
      if hasUnits { units = try fields.required(units, "units") }
    }
  }

  /// Why something is done that asks for nothing else: `{"reason": "…"}`, or nothing at all.
  public struct Note: Equatable, Sendable {
    /// Empty: none was given.
    public var reason: String

    /// Reads it; an empty body is as an empty object.
    public init(parsing body: UnsafeRawBufferPointer) throws(BodyError) {
      reason = ""
      if body.isEmpty { return }
      reason = try JSONReader.object(in: body) { json throws(BodyError) in
        var fields = JSONFields(of: "the body", ["reason"])
        var reason = ""
        while let field = try fields.next(&json) { reason = try json.text(field) }
        return reason
      }
      try CommandRequest.checkGiven(reason)
    }
  }

  /// New rules of a sale: `{"starts_at", "ends_at", "per_buyer_limit", "prices": {SKU: minor units}, "reason"}`; each
  /// but the reason may be left out, and one of them must be there.
  public struct Change: Equatable, Sendable {
    public var startsAt: Timestamp?
    public var endsAt: Timestamp?
    public var perBuyerLimit: Units?
    public var prices: [SKU: Int64]
    public var reason: String

    /// Reads it.
    public init(parsing body: UnsafeRawBufferPointer) throws(BodyError) {
      self = try JSONReader.object(in: body) { json throws(BodyError) in try Change(fields: &json) }
      guard startsAt != nil || endsAt != nil || perBuyerLimit != nil || !prices.isEmpty else {
        throw .invalidField("starts_at", "is missing, as is everything else that could change")
      }
      try CommandRequest.check(reason)
    }

    private init(fields json: inout JSONReader) throws(BodyError) {
      var fields = JSONFields(of: "a change", ["starts_at", "ends_at", "per_buyer_limit", "prices", "reason"])
      (startsAt, endsAt, perBuyerLimit, prices, reason) = (nil, nil, nil, [:], "")
      while let field = try fields.next(&json) {
        switch field {
        case "starts_at": startsAt = try json.time(field)
        case "ends_at": endsAt = try json.time(field)
        case "per_buyer_limit": perBuyerLimit = Units(try json.wholeNumber(field, in: 1...Limits.stockUnits))
        case "prices": prices = try Self.prices(&json, at: field)
        default: reason = try json.text(field)
        }
      }
    }

    private static func prices(_ json: inout JSONReader, at place: String) throws(BodyError) -> [SKU: Int64] {
      guard json.beginObject() else { throw .invalidField(place, "must be an object of prices by SKU") }
      var prices: [SKU: Int64] = [:]
      while let name = try json.nextField() {
        guard let sku = SKU(rawValue: name) else { throw .invalidField("\(place).\(name.prefix(64))", SKU.rule) }
        guard prices.count < Limits.saleItems else { throw .invalidField(place, "has too many SKUs") }
        let price = try json.wholeNumber("\(place).\(sku)", in: 1...Limits.priceMinor)
        guard prices.updateValue(price, forKey: sku) == nil else { throw .duplicateField("\(place).\(sku)") }
      }
      return prices
    }

    /// What changes of one SKU; `nil`: nothing.
    public func rules(of sku: SKU) throws(ValidationError) -> RuleChange? {
      let change = try RuleChange(
        startsAt: startsAt, endsAt: endsAt, perBuyerLimit: perBuyerLimit, priceMinor: prices[sku])
      return change.isEmpty ? nil : change
    }
  }

  /// Refuses a reason that `check` would refuse; none at all is fine.
  static func checkGiven(_ reason: String) throws(BodyError) {
    if !reason.isEmpty { try check(reason) }
  }

  /// Refuses a reason that is missing, or that `Actor` would refuse.
  private static func check(_ reason: String) throws(BodyError) {
    guard reason.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
      throw .invalidField("reason", "is missing: say why, for the history")
    }
    do throws(ValidationError) {
      _ = try Actor(name: "-", reason: reason)
      try ValidationError.refuseTurned(reason, "reason")
    } catch {
      throw BodyError(error)
    }
  }
}
