import FlashSale
import Testing
import Time

/// What is read from the bodies of commands.
@Suite("the bodies of commands")
struct CommandRequestTests {
  private func money(_ text: String, _ shape: CommandRequest.Money.Shape = .capture) throws -> CommandRequest.Money {
    var text = text
    return try text.withUTF8 { try CommandRequest.Money(parsing: UnsafeRawBufferPointer($0), as: shape) }
  }

  @Test("a payment has an id, an amount and a currency")
  func payment() throws {
    let read = try money(#"{"payment_id":"pi_1","amount_minor":199900,"currency":"CNY"}"#)
    #expect(read.payment.rawValue == "pi_1" && read.minor == 199_900 && read.currency == "CNY")
    #expect(try read.capture == Capture(payment: read.payment, minor: 199_900, currency: "CNY"))
    let order = "00000001-5b9c-8e1f-a2d4-0c6a1f7e93b5"
    let notice = try money(
      #"{"order_id":"\#(order)","payment_id":"p","amount_minor":1,"currency":"JPY"}"#, .notice)
    #expect(notice.order == OrderID(order) && notice.buyer == nil)
    let hers = try money(#"{"buyer":"ann","payment_id":"p","amount_minor":1,"currency":"JPY"}"#)
    #expect(hers.buyer == BuyerID(unchecked: "ann"))
  }

  @Test("a refund is in its payment's currency, whether it says so or not")
  func refund() throws {
    let plain = try money(#"{"payment_id":"p","amount_minor":1999}"#, .refund)
    try plain.check(against: "CNY")
    let named = try money(#"{"payment_id":"p","amount_minor":1999,"currency":"JPY","reason":"x"}"#, .refund)
    try named.check(against: "JPY")
    #expect(throws: BodyError.invalidField("currency", "must be the payment's, CNY")) {
      try named.check(against: "CNY")
    }
    #expect(throws: BodyError.self) {
      try money(#"{"payment_id":"p","amount_minor":1,"buyer":"ann"}"#, .refund)
    }
  }

  @Test(
    "an amount of 0, below it, above the most, or past 64 bits is refused",
    arguments: ["0", "-1", "9223372036854775808", "1000000000000001", "1.5", "1e3", "\"5\"", "null"])
  func amounts(_ amount: String) {
    let text = #"{"payment_id":"p","amount_minor":\#(amount),"currency":"CNY"}"#
    #expect(throws: BodyError.self) { try money(text) }
  }

  @Test(
    "what is missing, twice, unknown or not allowed is refused",
    arguments: [
      #"{"amount_minor":1,"currency":"CNY"}"#, #"{"payment_id":"p","currency":"CNY"}"#,
      #"{"payment_id":"p","amount_minor":1}"#, #"{"payment_id":"a b","amount_minor":1,"currency":"CNY"}"#,
      #"{"payment_id":"p","amount_minor":1,"currency":"cny"}"#,
      #"{"payment_id":"p","amount_minor":1,"amount_minor":1,"currency":"CNY"}"#,
      #"{"payment_id":"p","amount_minor":1,"currency":"CNY","order_id":"x"}"#, "[]", "",
    ])
  func shapes(_ text: String) {
    #expect(throws: BodyError.self) { try money(text) }
  }

  @Test("a cancellation may say nothing at all; an admin's says why")
  func cancel() throws {
    func cancel(_ text: String, needsReason: Bool = false) throws -> CommandRequest.Cancel {
      var text = text
      return try text.withUTF8 {
        try CommandRequest.Cancel(parsing: UnsafeRawBufferPointer($0), needsReason: needsReason)
      }
    }
    #expect(try cancel("").units == nil)
    #expect(try cancel("{}").units == nil)
    #expect(try cancel(#"{"units":2,"reason":"too many"}"#).units == Units(2))
    #expect(throws: BodyError.self) { try cancel(#"{"units":0}"#) }
    #expect(throws: BodyError.self) { try cancel(#"{"units":10001}"#) }
    #expect(throws: BodyError.self) { try cancel("{}", needsReason: true) }
    #expect(throws: BodyError.self) { try cancel(#"{"reason":"  "}"#, needsReason: true) }
  }

  @Test("a restock has 1 to 1,000,000,000 units and a reason", arguments: ["0", "-5", "2147483648", "1000000001"])
  func stock(_ units: String) throws {
    var good = #"{"units":1000000000,"reason":"delivery"}"#
    #expect(
      try good.withUTF8 { try CommandRequest.Stock(parsing: UnsafeRawBufferPointer($0), hasUnits: true) }.units
        == Units(1_000_000_000))
    var text = #"{"units":\#(units),"reason":"delivery"}"#
    #expect(throws: BodyError.self) {
      try text.withUTF8 { try CommandRequest.Stock(parsing: UnsafeRawBufferPointer($0), hasUnits: true) }
    }
  }

  @Test("a change changes something, and says why")
  func change() throws {
    func change(_ text: String) throws -> CommandRequest.Change {
      var text = text
      return try text.withUTF8 { try CommandRequest.Change(parsing: UnsafeRawBufferPointer($0)) }
    }
    let phone = SKU(unchecked: "phone")
    let read = try change(#"{"prices":{"phone":100},"reason":"voucher"}"#)
    #expect(try read.rules(of: phone) == RuleChange(priceMinor: 100))
    #expect(try read.rules(of: SKU(unchecked: "case")) == nil)
    for text in [
      #"{"reason":"nothing"}"#, #"{"prices":{},"reason":"x"}"#, #"{"prices":{"phone":0},"reason":"x"}"#,
      #"{"ends_at":"tomorrow","reason":"x"}"#, #"{"per_buyer_limit":0,"reason":"x"}"#, #"{"prices":{"phone":1}}"#,
      #"{"prices":{"phone":1,"phone":2},"reason":"x"}"#,
    ] {
      #expect(throws: BodyError.self, "\(text)") { try change(text) }
    }
  }
}

@Suite("amounts as people write them")
struct CurrencyTests {
  @Test(
    "an amount has as many digits behind the point as its currency, and reads back",
    arguments: [
      (199_900, "CNY", "1999.00 CNY"), (1_999, "JPY", "1999 JPY"), (1_999, "BHD", "1.999 BHD"), (5, "CNY", "0.05 CNY"),
      (0, "BHD", "0.000 BHD"), (-150, "EUR", "-1.50 EUR"), (Int64.max, "JPY", "9223372036854775807 JPY"),
      (Int64.min, "KWD", "-9223372036854775.808 KWD"), (12_345, "CLF", "1.2345 CLF"),
    ] as [(Int64, String, String)])
  func text(_ minor: Int64, _ currency: String, _ text: String) {
    #expect(Currency.text(minor: minor, currency) == text)
    if minor >= 0 { #expect(Currency.minor(String(text.dropLast(4)), currency) == minor) }
  }

  @Test(
    "what is no amount of the currency is none",
    arguments: [
      ("1.5", "JPY"), ("1.234", "CNY"), ("", "CNY"), (".5", "CNY"), ("1.", "CNY"), ("-1", "CNY"), ("1,000", "CNY"),
      ("1.0.0", "CNY"), ("92233720368547758.08", "CNY"), (" 1", "CNY"),
    ])
  func none(_ text: String, _ currency: String) {
    #expect(Currency.minor(text, currency) == nil)
  }
}

@Suite("notices of a payment provider")
struct WebhookCheckerTests {
  private let now = Timestamp(microseconds: 1_800_000_000_000_000)
  private let body = Array(#"{"payment_id":"p"}"#.utf8)
  private let old = [UInt8](repeating: 1, count: 24)
  private let new = [UInt8](repeating: 2, count: 24)

  private func check(
    _ checker: WebhookChecker, signedBy secret: [UInt8], at seconds: Int64 = 1_800_000_000, id: String = "msg_1",
    body sent: [UInt8]? = nil
  ) throws(WebhookChecker.Fault) {
    let signature = body.withUnsafeBytes { bytes in
      try? WebhookChecker(secrets: [secret]).sign(id: id, timestamp: seconds, body: bytes)
    }
    let result = (sent ?? body).withUnsafeBytes { bytes in
      Result { () throws(WebhookChecker.Fault) in
        try checker.check(id: id, timestamp: "\(seconds)", signatures: signature, body: bytes, at: now)
      }
    }
    try result.get()
  }

  @Test("two secrets count while one is rotated, and an old one no more afterwards")
  func rotation() throws {
    let both = try WebhookChecker(secrets: [new, old])
    try check(both, signedBy: old)
    try check(both, signedBy: new)
    let one = try WebhookChecker(secrets: [new])
    #expect(throws: WebhookChecker.Fault.forged) { try check(one, signedBy: old) }
    #expect(throws: ValidationError.self) { try WebhookChecker(secrets: [new, old, [UInt8](repeating: 3, count: 24)]) }
    #expect(throws: ValidationError.self) { try WebhookChecker(secrets: [[1, 2, 3]]) }
  }

  @Test("a notice that is an hour late, or from the future, is refused", arguments: [-3_600, -301, 301] as [Int64])
  func late(_ seconds: Int64) throws {
    let checker = try WebhookChecker(secrets: [new])
    #expect(throws: WebhookChecker.Fault.stale) { try check(checker, signedBy: new, at: 1_800_000_000 + seconds) }
    try check(checker, signedBy: new, at: 1_800_000_000 + seconds.signum() * 300)
  }

  @Test("another body, id or time has another signature")
  func forged() throws {
    let checker = try WebhookChecker(secrets: [new])
    #expect(throws: WebhookChecker.Fault.forged) { try check(checker, signedBy: new, body: body + [32]) }
    let signature = body.withUnsafeBytes { checker.sign(id: "a", timestamp: 1_800_000_000, body: $0) }
    body.withUnsafeBytes { bytes in
      func fault(_ id: String?, _ time: String?, _ signatures: String?) -> WebhookChecker.Fault? {
        do throws(WebhookChecker.Fault) {
          try checker.check(id: id, timestamp: time, signatures: signatures, body: bytes, at: now)
          return nil
        } catch {
          return error
        }
      }
      #expect(fault("a", "1800000000", signature) == nil)
      #expect(fault("a", "1800000000", "v2,x v1,AAAA \(signature)") == nil)
      #expect(fault("b", "1800000000", signature) == .forged)
      #expect(fault("a", "1800000001", signature) == .forged)
      #expect(fault(nil, "1800000000", signature) == .malformed("Webhook-Id"))
      #expect(fault("a.b", "1800000000", signature) == .malformed("Webhook-Id"))
      #expect(fault("a", "+1800000000", signature) == .malformed("Webhook-Timestamp"))
      #expect(fault("a", "9223372036854775807", signature) == .malformed("Webhook-Timestamp"))
      #expect(fault("a", "1800000000", nil) == .malformed("Webhook-Signature"))
      #expect(fault("a", "1800000000", "v1,???") == .malformed("Webhook-Signature"))
    }
  }
}
