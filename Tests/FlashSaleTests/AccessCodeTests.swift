import Testing

@testable import FlashSale
import Time

struct AccessCodeTests {
  private let sale = SaleID(unchecked: "double11")
  private let alice = BuyerID(unchecked: "alice")
  private let start = Timestamp(microseconds: 1_800_000_000_000_000)
  private let end = Timestamp(microseconds: 1_800_000_600_000_000)
  private var now: Timestamp { start }

  private func signer(_ names: String...) throws -> AccessCodeSigner {
    try AccessCodeSigner(secrets: names.map { Array(String(repeating: $0, count: 16).utf8) })
  }

  private func code(uses: Int32 = 1, limit: Int32? = nil) throws -> AccessCode {
    try AccessCode(id: 0xAB, window: start..<end, uses: Units(uses), buyerLimit: limit.map(Units.init(_:)))
  }

  @Test func `a code is what was issued, at any buyer and from its first instant to its last`() throws {
    let signer = try signer("k")
    for code in [try code(), try code(uses: Limits.stockUnits, limit: Limits.orderUnits)] {
      let text = try #require(signer.issue(code, for: sale))
      #expect(text.utf8.count == 84)
      for buyer in ["alice", "bob"] {
        #expect(try signer.check(text, for: sale, buyer: BuyerID(unchecked: buyer), at: now) == code)
      }
      let last = Timestamp(microseconds: end.microseconds - 1)
      #expect(try signer.check(text, for: sale, buyer: alice, at: last) == code)
      #expect(code.subject.id.rawValue == "00000000000000ab")
    }
  }

  @Test func `what is wrong with a code is told`() throws {
    let signer = try signer("k")
    let text = try #require(signer.issue(try code(), for: sale, buyer: alice))
    func fault(_ text: String, sale: String = "double11", buyer: String = "alice", at time: Timestamp? = nil)
      -> AccessCode.Fault?
    {
      do throws(AccessCode.Fault) {
        _ = try signer.check(text, for: SaleID(unchecked: sale), buyer: BuyerID(unchecked: buyer), at: time ?? now)
        return nil
      } catch {
        return error
      }
    }
    #expect(fault(text) == nil)
    #expect(fault(text, sale: "other") == .otherSale)
    #expect(fault(text, buyer: "bob") == .otherBuyer)
    #expect(fault(text, at: Timestamp(microseconds: start.microseconds - 1)) == .notYet(start))
    #expect(fault(text, at: end) == .expired(end))
    let wrong = [
      "", "x", String(text.dropLast()), text + "A", String(repeating: "x", count: 10_000), "\(text.dropLast())=", "手机",
    ]
    for text in wrong { #expect(fault(text) == .malformed, "\(text.prefix(90))") }
    let other = try #require(try self.signer("o").issue(try code(), for: sale))
    #expect(fault(other) == .forged)
  }

  @Test func `any changed character spoils a code`() throws {
    let signer = try signer("k")
    let text = try #require(signer.issue(try code(), for: sale))
    for index in text.indices {
      let letter: Character = text[index] == "A" ? "B" : "A"
      let forged = text[..<index] + String(letter) + text[text.index(after: index)...]
      #expect(throws: AccessCode.Fault.self) { try signer.check(String(forged), for: sale, buyer: alice, at: now) }
    }
  }

  @Test func `a rotated key still accepts what it signed, and a removed one does not`() throws {
    let text = try #require(try signer("o").issue(try code(), for: sale))
    let read = try signer("n", "o").check(text, for: sale, buyer: alice, at: now)
    #expect(read.id == 0xAB)
    #expect(throws: AccessCode.Fault.forged) { try signer("n").check(text, for: sale, buyer: alice, at: now) }
    #expect(throws: AccessCode.Fault.forged) {
      try AccessCodeSigner.none.check(text, for: sale, buyer: alice, at: now)
    }
    #expect(AccessCodeSigner.none.issue(try code(), for: sale) == nil)
    #expect(throws: ValidationError.self) { try signer("a", "b", "c", "d", "e") }
    #expect(throws: ValidationError.self) { try AccessCodeSigner(secrets: [[1, 2, 3]]) }
  }

  @Test func `a code out of range is none`() {
    let half = Timestamp(microseconds: start.microseconds + 1)
    let late = Timestamp(microseconds: Int64(UInt32.max) * 1_000_000 + 1_000_000)
    for window in [start..<start, half..<end, start..<late, Timestamp(microseconds: -1_000_000)..<end] {
      #expect(throws: ValidationError.self) { try AccessCode(id: 1, window: window, uses: Units(1)) }
    }
    for uses in [0, -1, Limits.stockUnits + 1] {
      #expect(throws: ValidationError.self) { try code(uses: uses) }
    }
    for limit in [0, Limits.orderUnits + 1] {
      #expect(throws: ValidationError.self) { try code(limit: limit) }
    }
  }

  @Test func `a presale needs a code until it is over`() {
    #expect(CodeRule(isRequired: true).needsCode(at: end))
    #expect(CodeRule(isRequired: true, before: end).needsCode(at: start))
    #expect(!CodeRule(isRequired: true, before: end).needsCode(at: end))
    #expect(!CodeRule(isRequired: false).needsCode(at: start))
  }
}
