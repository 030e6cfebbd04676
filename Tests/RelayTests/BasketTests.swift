@testable import FlashSale
import SaleStore
import TestSupport
import Testing
import Time

/// Events and webhooks of orders of several lines.
@Suite(.timeLimit(.minutes(3)))
struct BasketTests {
  @Test func `an event of a basket has each of its lines, with and without holds`() async throws {
    try await RelayBench.with(partitions: 1) { bench in
      let rules = try HoldRules(seconds: 600)
      let held = try await bench.store.create(
        openSale("held", holds: rules, skus: ["case", "phone"], ordering: .sale))
      let plain = try await bench.store.create(openSale("plain", skus: ["case", "phone"], ordering: .sale))
      let pay = OrderCommand.Action.pay(
        try Capture(payment: PaymentID(validating: "pay-1"), minor: 30_000, currency: "CNY"))
      try await bench.feed([
        bench.place(held, buyer: "ann", [("phone", 1), ("case", 2)]), bench.does(pay, held, buyer: "ann"),
        bench.does(.cancel(Units(1), of: SKU(validating: "case")), held, buyer: "ann"),
        bench.place(plain, buyer: "bob", [("case", 1), ("phone", 1)]),
        bench.does(.cancel(nil), plain, "case", buyer: "bob"),
      ])
      try bench.startWorker()
      _ = try bench.startRelay()
      let events = try await bench.published(count: 5)
      let ann = events.filter { $0.buyer == "ann" }
      #expect(ann.map(\.kind) == [.reserved, .paid, .cancelled])
      #expect(ann.map(\.units) == [3, 0, -1] && ann.map(\.refundDueMinor) == [0, 0, 10_000])
      #expect(ann.map { $0.lines.map(\.units) } == [[1, 2], [0, 0], [0, -1]])
      #expect(ann.allSatisfy { $0.lines.map(\.sku) == ["phone", "case"] && $0.lines[1].priceMinor == 10_000 })
      let bob = events.filter { $0.buyer == "bob" }
      #expect(bob.map(\.kind) == [.confirmed, .cancelled])
      #expect(bob.map { $0.lines.map(\.units) } == [[1, 1], [-1, -1]])
      #expect(bob.allSatisfy { $0.lines.map(\.sku) == ["case", "phone"] && $0.sku == "case" })
    }
  }
}
