import Testing

@testable import FlashSale
import Time

/// What is told about the JSON of a sale.
struct SaleJSONTests {
  private static let double11 = """
    {"id":"double11","name":"Singles' Day 双十一","starts_at":"2026-11-11T00:00:00+08:00",
     "ends_at":"2026-11-12T00:00:00+08:00",
     "per_buyer_limit":1,"items":[{"sku":"phone","stock":1000,"price_minor":199900,"currency":"CNY"}]}
    """

  private func sale(_ text: String) throws -> Sale { try sale(Array(text.utf8)) }

  private func sale(_ bytes: [UInt8]) throws -> Sale { try bytes.withUnsafeBytes { try Sale(parsing: $0) } }

  @Test func `the documented JSON is a sale`() throws {
    let sale = try sale(Self.double11)
    #expect(sale.id.rawValue == "double11")
    #expect(sale.name == "Singles' Day 双十一")
    #expect(sale.perBuyerLimit == Units(1))
    #expect(sale.startsAt.description == "2026-11-10T16:00:00.000Z")
    #expect(sale.items.map(\.sku.rawValue) == ["phone"])
    #expect(sale.items.map(\.stock) == [Units(1_000)])
    #expect(sale.items.map(\.price.minor) == [199_900])
  }

  @Test(arguments: [
    (#""per_buyer_limit":1"#, #""per_buyer_limit":null,"ordering":null"#), (#""per_buyer_limit":1,"#, ""),
    (#""price_minor":199900"#, #""price_minor":-0"#), (#""price_minor":199900"#, #""price_minor":100000000000"#),
    (#""double11""#, #""\u0064ouble11""#), (#""double11""#, #""...""#), (#"{"id""#, "\t{\r\n \"id\""),
  ])
  func `what is left out, null, or written in another way is a sale too`(part: String, instead: String) throws {
    #expect(throws: Never.self) { try sale(Self.double11.replacing(part, with: instead)) }
  }

  private static let units = "must be a whole number from 1 to 1000000000"
  private static let money = "must be a whole number from 0 to 100000000000"
  private static let name = "must be 1 to 64 characters of A-Z a-z 0-9 . _ -, and not . or .. alone"
  private static let limit = #""per_buyer_limit":1"#
  private static let item = #"{"sku":"phone","stock":1000,"price_minor":199900,"currency":"CNY"}"#

  static let rules: [(part: String, instead: String, field: String, reason: String)] = [
    (#""stock":1000"#, #""stock":"5""#, "items[0].stock", units),
    (#""stock":1000"#, #""stock":0"#, "items[0].stock", units),
    (#""stock":1000"#, #""stock":-1"#, "items[0].stock", units),
    (#""stock":1000"#, #""stock":1000000001"#, "items[0].stock", units),
    (#""stock":1000"#, #""stock":9223372036854775808"#, "items[0].stock", units),
    (#""stock":1000"#, #""stock":null"#, "items[0].stock", units),
    (#""stock":1000"#, #""stock":[1]"#, "items[0].stock", units),
    (
      #""stock":1000"#, #""stock":1.0"#, "items[0].stock",
      units + ", written without a fraction or an exponent"
    ),
    (
      #""price_minor":199900"#, #""price_minor":1e3"#, "items[0].price_minor",
      money + ", written without a fraction or an exponent"
    ),
    (
      #""price_minor":199900"#, #""price_minor":-9223372036854775809"#, "items[0].price_minor",
      money
    ),
    (#""per_buyer_limit":1"#, #""per_buyer_limit":-0"#, "per_buyer_limit", units),
    (#""per_buyer_limit":1"#, #""ordering":"SKU""#, "ordering", #"must be "sale" or "sku", or left out"#),
    (#""per_buyer_limit":1"#, #""ordering":1"#, "ordering", #"must be "sale" or "sku", or left out"#),
    (#""CNY""#, #""yuan""#, "items[0].currency", "must be three capital letters, as CNY"),
    (#""CNY""#, "156", "items[0].currency", "must be a string"),
    (#","currency":"CNY""#, "", "items[0].currency", "is missing"), (#""id":"double11","#, "", "id", "is missing"),
    (#""double11""#, #""double 11""#, "id", name),
    (#""double11""#, #"".""#, "id", name),
    (#""double11""#, #""..""#, "id", name),
    (#""phone""#, #""..""#, "items[0].sku", name),
    (#""double11""#, "11", "id", "must be a string"),
    (
      #""per_buyer_limit":1"#, #""shaping":{"limits":{"per_buyer":{"requests":0,"per_seconds":1}}}"#,
      "shaping.limits.per_buyer.requests", "must be a whole number from 1 to 1000000"
    ),
    (
      #""per_buyer_limit":1"#, #""shaping":{"limits":{"per_address":{"requests":1,"per_seconds":3601}}}"#,
      "shaping.limits.per_address.per_seconds", "must be a whole number from 1 to 3600"
    ),
    (
      #""per_buyer_limit":1"#, #""shaping":{"limits":{"per_buyer":{"requests":1}}}"#,
      "shaping.limits.per_buyer.per_seconds", "is missing"
    ),
    (#""per_buyer_limit":1"#, #""shaping":{"limits":[]}"#, "shaping.limits", "must be an object"),
    (
      #""per_buyer_limit":1"#, #""shaping":{"limits":{"per_buyer":7}}"#, "shaping.limits.per_buyer", "must be an object"
    ),
    ("[\(item)]", "[]", "items", "must be 1 to 1000 items"), ("[\(item)]", "{}", "items", "must be an array of items"),
    (#"[{"#, #"[7,{"#, "items[0]", "must be an object"),
    (limit, #""shaping":{"codes":{"before":null}}"#, "shaping.codes.required", "is missing"),
    (limit, #""shaping":{"codes":{"required":1}}"#, "shaping.codes.required", "must be true or false"),
    (limit, #""shaping":{"codes":true}"#, "shaping.codes", "must be an object"),
    (limit, #""shaping":{"subjects":{}}"#, "shaping.subjects", "must be an object of 1 to 3 kinds"),
    (limit, #""shaping":{"subjects":[1]}"#, "shaping.subjects", "must be an object of 1 to 3 kinds"),
    (
      limit, #""shaping":{"subjects":{"a":{"limit":1},"b":{"limit":1},"c":{"limit":1},"d":{"limit":1}}}"#,
      "shaping.subjects", "must be an object of 1 to 3 kinds"
    ),
    (
      limit, #""shaping":{"subjects":{"code":{"limit":1}}}"#, "shaping.subjects.code",
      "is the kind of access codes: call it otherwise"
    ),
    (
      limit, #""shaping":{"subjects":{"a b":{"limit":1}}}"#, "shaping.subjects.a b",
      "must be 1 to 16 characters of A-Z a-z 0-9 . _ -, and not . or .. alone"
    ),
    (limit, #""shaping":{"subjects":{"card":2}}"#, "shaping.subjects.card", "must be an object with a limit"),
    (limit, #""shaping":{"subjects":{"card":{}}}"#, "shaping.subjects.card.limit", "is missing"),
    (limit, #""shaping":{"subjects":{"card":{"limit":0}}}"#, "shaping.subjects.card.limit", units),
    (#""2026-11-12T00:00:00+08:00""#, #""2026-11-11T00:00:00+08:00""#, "ends_at", "must be after starts_at"),
  ]

  @Test(arguments: rules.indices)
  func `a wrong value is told with its field and its rule`(_ index: Int) throws {
    let (part, instead, field, reason) = Self.rules[index]
    #expect(Self.double11.contains(part))
    #expect(throws: BodyError.invalidField(field, reason)) { try sale(Self.double11.replacing(part, with: instead)) }
  }

  @Test func `a field that is unknown or there twice is told with its place`() {
    let item = "is unknown: an item has the fields sku, stock, price_minor, currency"
    #expect(throws: BodyError.unknownField("items[0].colour", item)) {
      try sale(Self.double11.replacing(#""currency":"CNY""#, with: #""currency":"CNY","colour":"red""#))
    }
    let whole =
      "is unknown: a sale has the fields id, name, starts_at, ends_at, per_buyer_limit, ordering, shaping, holds, items"
    #expect(throws: BodyError.unknownField("per_buyer_limt", whole)) {
      try sale(Self.double11.replacing("per_buyer_limit", with: "per_buyer_limt"))
    }
    #expect(throws: BodyError.duplicateField("items[0].stock")) {
      try sale(Self.double11.replacing(#""stock":1000"#, with: #""stock":1000,"stock":1000"#))
    }
    #expect(throws: BodyError.duplicateField("per_buyer_limit")) {
      try sale(Self.double11.replacing(#""per_buyer_limit":1"#, with: #""per_buyer_limit":null,"per_buyer_limit":1"#))
    }
  }

  @Test func `an SKU stands in a sale once, and a sale has at most its number of items`() {
    let item = Self.item
    #expect(throws: BodyError.invalidField("items[1].sku", "phone stands in the sale twice")) {
      try sale(Self.double11.replacing(item, with: "\(item),\(item)"))
    }
    let items = (0...Limits.saleItems).map { item.replacing("phone", with: "sku\($0)") }
    #expect(throws: BodyError.invalidField("items", "must be 1 to 1000 items")) {
      try sale(Self.double11.replacing(item, with: items.joined(separator: ",")))
    }
    #expect(throws: Never.self) {
      try sale(Self.double11.replacing(item, with: items.dropLast().joined(separator: ",")))
    }
  }

  @Test func `what is no JSON object in UTF-8 is malformed, whatever else is wrong with it`() {
    let text = Self.double11
    let wide = Array(text.utf16).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    let bodies: [[UInt8]] = [
      [], wide, [0xFF, 0xFE] + wide, [0xEF, 0xBB, 0xBF] + Array(text.utf8), Array(text.utf8.dropLast()),
      Array(text.replacing("}]}", with: "},]}").utf8), Array(text.replacing("}]}", with: "}],}").utf8),
      Array(text.replacing(#""stock":1000"#, with: #""stock":0x10"#).utf8),
      Array(text.replacing(#""stock":1000"#, with: #""stock":1.,"colour":1"#).utf8),
      Array(text.replacing("双十一", with: "\u{1}").utf8), Array(text.replacing("双十一", with: #"\ud800"#).utf8),
      Array(text.replacing("{\"id\"", with: "{id").utf8), Array("[\(text)]".utf8), Array("null".utf8),
    ]
    for body in bodies {
      let error = #expect(throws: BodyError.self) { try sale(body) }
      guard case .malformed = error else {
        Issue.record("\(String(decoding: body.prefix(40), as: UTF8.self)) gave \(String(describing: error))")
        continue
      }
    }
    #expect(throws: BodyError.malformed("the body must be a JSON object")) { try sale("[]") }
  }

  @Test(arguments: [
    ("1969-12-31T23:59:59Z", "is before 1970, and such times are not taken"),
    ("0000-01-01T00:00:00Z", "is before 1970, and such times are not taken"),
    ("1970-01-01T00:00:00+00:01", "is before 1970, and such times are not taken"),
    ("10000-01-01T00:00:00Z", "is after the year 9999, and such times are not taken"),
    ("9999-12-31T23:59:59-00:01", "is after the year 9999, and such times are not taken"),
    ("2026-02-30T00:00:00Z", "names a day that the calendar does not have"),
    ("2026-13-01T00:00:00Z", "names a day that the calendar does not have"),
    ("2026-11-10T24:00:00Z", "names a time of day that there is not: 00:00:00 to 23:59:59"),
    ("2026-11-10T16:00:60Z", "names a time of day that there is not: 00:00:00 to 23:59:59"),
    (
      "2026-11-11T00:00:00", "has no offset from UTC: it ends with Z or an offset, as 2026-11-11T00:00:00+08:00"
    ),
    ("2026-11-11T00:00:00+24:00", "has an offset from UTC that there is not: at most 23:59"),
    ("2026-11-11 00:00:00Z", "must be a date and time with its offset, as 2026-11-11T00:00:00+08:00"),
    ("2026-11-11", "must be a date and time with its offset, as 2026-11-11T00:00:00+08:00"),
    ("tomorrow", "must be a date and time with its offset, as 2026-11-11T00:00:00+08:00"),
  ])
  func `a time that is not taken is told what it is`(_ time: String, _ reason: String) {
    #expect(throws: BodyError.invalidField("starts_at", reason)) {
      try sale(Self.double11.replacing("2026-11-11T00:00:00+08:00", with: time))
    }
  }
}
