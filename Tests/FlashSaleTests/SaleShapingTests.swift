import Foundation
import Testing

@testable import FlashSale
import Time

/// A sale's rules for its crowd, and what they ask of the sale.
struct SaleShapingTests {
  private func shaping(_ text: String) throws -> SaleShaping {
    try Array(text.utf8).withUnsafeBytes { try SaleShaping(parsing: $0) }
  }

  @Test func `limits by subject read back from what is stored of them`() throws {
    let shaping = try shaping(#"{"subjects": {"card": {"limit": 2}, "address": {"limit": 4}}}"#)
    #expect(shaping.subjects?.rules.map(\.kind.rawValue) == ["address", "card"])
    #expect(shaping.subjects?.rules.map(\.limit) == [Units(4), Units(2)])
    let stored = String(decoding: try JSONEncoder().encode(shaping), as: UTF8.self)
    #expect(try self.shaping(stored) == shaping)
    let codes = try self.shaping(#"{"codes": {"required": true, "before": "2026-11-11T00:00:00Z"}}"#)
    #expect(codes.codes?.isRequired == true && codes.codes?.before != nil)
    #expect(try self.shaping(String(decoding: try JSONEncoder().encode(codes), as: UTF8.self)) == codes)
    #expect(try self.shaping(#"{"subjects": null, "codes": null}"#) == SaleShaping())
  }

  @Test func `a backlog reads back from what is stored of it, and is refused outside of its bounds`() throws {
    for backlog in [1, Limits.saleBacklog] {
      let shaping = try shaping(#"{"backlog": \#(backlog)}"#)
      #expect(shaping.backlog == backlog)
      #expect(try self.shaping(String(decoding: try JSONEncoder().encode(shaping), as: UTF8.self)) == shaping)
    }
    #expect(try shaping(#"{"backlog": null}"#) == SaleShaping())
    for wrong in ["0", "-1", "100000001", "1.5", "\"3\"", "9223372036854775808", "{}"] {
      #expect(throws: BodyError.self, "\(wrong)") { try shaping(#"{"backlog": \#(wrong)}"#) }
    }
  }

  @Test func `a sale whose lanes cannot keep a limit by subject exact is refused, with the reason`() throws {
    var shaping = SaleShaping()
    shaping.subjects = try SubjectLimits([SubjectKind(unchecked: "card"): Units(2)])
    func sale(_ ordering: Ordering?, skus: Int) throws -> Sale {
      try Sale(
        id: SaleID(validating: "s"), name: "s", startsAt: Timestamp(microseconds: 0),
        endsAt: Timestamp(microseconds: 1), perBuyerLimit: nil, ordering: ordering, shaping: shaping,
        items: (0..<skus).map {
          try SaleItem(sku: SKU(validating: "sku-\($0)"), stock: Units(1), price: Price(minor: 1, currency: "CNY"))
        })
    }
    let error = #expect(throws: ValidationError.self) { try sale(.sku, skus: 2) }
    #expect(error?.field == "ordering")
    #expect(error?.reason.contains("a limit by subject or access code spans several SKUs") == true)
    #expect(try sale(nil, skus: 2).ordering == .sale)
    #expect(try sale(.sale, skus: 2).ordering == .sale)
    #expect(try sale(.sku, skus: 1).ordering == .sku)
  }
}
