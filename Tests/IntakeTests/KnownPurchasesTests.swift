import FlashSale
import Testing
import Time

@testable import Intake

struct KnownPurchasesTests {
  private func request(_ key: String, sku: String = "phone", quantity: Int32 = 1, card: String? = nil) throws
    -> PurchaseRequest
  {
    let (sale, buyer) = (SaleNumber(rawValue: 1), try BuyerID(validating: "alice"))
    let card = card.map {
      LimitSubject(kind: SubjectKind(unchecked: "card"), id: SubjectID(unchecked: $0), limit: Units(1))
    }
    return try PurchaseRequest(
      order: OrderID(sale: sale, buyer: buyer, key: IdempotencyKey(validating: key)),
      stock: StockKey(sale: sale, sku: SKU(validating: sku)), buyer: buyer, quantity: Units(quantity),
      acceptedAt: Timestamp(microseconds: 1), terms: OrderTerms(subjects: card.map { [$0] } ?? []))
  }

  @Test func `a key with another SKU, quantity or subject is another purchase, once the first one is in the log`()
    throws
  {
    let known = KnownPurchases()
    let first = try request("k")
    let others = [try request("k", sku: "case"), try request("k", quantity: 2), try request("k", card: "c")]
    for other in others { #expect(!known.isAnother(other.order, .init(other))) }
    known.note(first.order, .init(first))
    #expect(!known.isAnother(first.order, .init(first)))
    // One in 65,536 is overlooked, of each.
    #expect(others.count { known.isAnother($0.order, .init($0)) } >= 2)
    let stranger = try request("other", quantity: 2)
    #expect(!known.isAnother(stranger.order, .init(stranger)))
  }

  @Test func `I11 a million orders leave it as large as it was, and no order is taken for another`() throws {
    let known = KnownPurchases()
    let first = try request("k")
    let other = KnownPurchases.Fingerprint(try request("k", quantity: 2))
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<200_000 {
      let order = OrderID(randomFor: SaleNumber(rawValue: 1), using: &generator)
      #expect(!known.isAnother(order, other))
      known.note(order, .init(first))
    }
  }
}
