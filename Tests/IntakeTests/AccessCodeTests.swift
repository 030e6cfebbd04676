import FlashSale
import Intake
import TestSupport
import Testing
import Time

/// What intake makes of the access code that an order has.
struct AccessCodeTests {
  private let key = [UInt8](repeating: 3, count: 16)

  private func presale(_ rule: CodeRule = CodeRule(isRequired: true)) throws -> Sale {
    var shaping = SaleShaping()
    shaping.codes = rule
    return try .open(shaping: shaping)
  }

  /// A code that is good from so many seconds from now on, for so many.
  private func code(
    for sale: String = "double11", buyer: String? = nil, from: Int64 = -60, lasting: Int64 = 600, uses: Int32 = 1,
    limit: Int32? = nil, by key: [UInt8]? = nil
  ) throws -> String {
    let start = Timestamp.now.microseconds / 1_000_000 + from
    let window = Timestamp(microseconds: start * 1_000_000)..<Timestamp(microseconds: (start + lasting) * 1_000_000)
    let code = try AccessCode(id: 7, window: window, uses: Units(uses), buyerLimit: limit.map(Units.init(_:)))
    return try #require(
      try AccessCodeSigner(secrets: [key ?? self.key])
        .issue(code, for: SaleID(validating: sale), buyer: buyer.map { try BuyerID(validating: $0) }))
  }

  private func body(_ code: String) -> String { #"{"sku":"phone","quantity":1,"code":"\#(code)"}"# }

  private func withIntake(_ sale: Sale, keys: [[UInt8]]? = nil, _ body: (RunningIntake) async throws -> Void)
    async throws
  {
    let codes = try AccessCodeSigner(secrets: keys ?? [key])
    try await RunningIntake.with(sales: [sale], { $0.configure = { $0.codes = codes } }, body)
  }

  @Test func `an order with a code counts for it, and may have another limit`() async throws {
    try await withIntake(try presale()) { intake in
      let answer = try await intake.order(body(try code(buyer: "alice", uses: 3, limit: 5)))
      #expect(answer.status == 202, "\(answer.text)")
      let terms = try #require(try await intake.records().first?.request?.terms)
      #expect(terms.subjects.map(\.kind) == [.code] && terms.subjects.map(\.limit) == [Units(3)])
      #expect(terms.buyerLimit == Units(5))
    }
  }

  @Test func `a code that is not good for the order is refused before the log, and it is told why`() async throws {
    try await withIntake(try presale()) { intake in
      let good = try code()
      let wrong: [(code: String, words: String)] = [
        (try code(by: [UInt8](repeating: 4, count: 16)), "was not issued here"),
        (try code(for: "other"), "is for another sale"), (try code(buyer: "bob"), "is for another buyer"),
        (try code(from: -600, lasting: 300), "was good until"), (try code(from: 60), "is good from"),
        (String(good.dropLast(5)), "is no access code"), ("", "is no access code"),
        (String(repeating: "x", count: 10_000), "is no access code"),
      ]
      for (code, words) in wrong {
        let answer = try await intake.order(body(code))
        #expect(answer.status == 403 && answer.code == "code_invalid", "\(answer.text)")
        #expect(answer.string("detail")?.contains(words) == true, "\(answer.text)")
        #expect(answer.string("field") == "code")
      }
      let missing = try await intake.order()
      #expect(missing.status == 403 && missing.code == "code_required", "\(missing.text)")
      #expect(try await intake.order(#"{"sku":"phone","quantity":1,"code":7}"#).code == "invalid_field")
      #expect(try await intake.records().isEmpty)
      #expect(try await intake.order(body(good)).status == 202)
    }
  }

  @Test func `after a presale no code is needed, and one that is given must still be good`() async throws {
    let before = Timestamp(microseconds: Timestamp.now.microseconds - 1_000_000)
    try await withIntake(try presale(CodeRule(isRequired: true, before: before))) { intake in
      let without = try await intake.order()
      #expect(without.status == 202)
      #expect(try await intake.order(body("nonsense")).code == "code_invalid")
    }
  }

  @Test func `a sale without a rule for codes does not read them`() async throws {
    try await withIntake(try .open()) { intake in
      let answer = try await intake.order(body("nonsense"))
      #expect(answer.status == 202)
      #expect(try await intake.records().first?.request?.terms == OrderTerms.none)
    }
  }

  @Test func `keys rotate in the middle of a sale, and without a key all codes are refused`() async throws {
    let other = [UInt8](repeating: 9, count: 16)
    try await withIntake(try presale(), keys: [other, key]) { intake in
      #expect(try await intake.order(body(try code())).status == 202)
      #expect(try await intake.order(body(try code(by: other))).status == 202)
      // A sibling has no keys.
      let answer = try await intake.withSibling { sibling in try await sibling.order(body(try code())) }
      #expect(answer.code == "code_invalid")
    }
  }
}
