import FlashSale
import Lane
import SaleStore
import TestSupport
import Testing

/// What many ask of their orders at once, with one statement, on a real PostgreSQL.
@Suite struct LookUpTests {
  private func rules() throws -> HoldRules {
    try HoldRules(seconds: 60, waitlist: WaitlistRules(offerSeconds: 60, leastSeconds: 1))
  }

  @Test func `all who wait are told their place in their own line, up to a thousand`() async throws {
    try await LaneBench.with(stock: ["phone": 1, "case": 2], holds: rules()) { bench in
      let (lane, claim) = try await bench.claimedLane()
      let entries = try (0..<1_103).map { index in
        let sku = index < 3 ? "case" : index % 300 == 5 ? "case" : "phone"
        return try bench.place(Int64(index), sku, buyer: "b\(index)", quantity: index == 0 ? 2 : 1, waits: index > 0)
      }
      _ = try committed(await lane.write(bench.batch(claim, entries)))
      let requests = try entries.map { try #require($0.record?.request) }
      var expected: [OrderID: Int64] = [:]
      for sku in ["phone", "case"] {
        // The first one holds what there is.
        let line = requests.filter { $0.stock.sku.rawValue == sku }.dropFirst()
        for (ahead, request) in line.enumerated() { expected[request.order] = Int64(min(ahead, 1_000)) }
      }
      #expect(expected.values.count { $0 == 1_000 } == 95)

      func told(_ orders: [OrderID]) async throws -> [OrderID: Int64] {
        let stored = try await bench.store.orders(orders)
        let aheads = stored.compactMap { order in order.life?.ahead.map { (order.order, $0) } }
        return Dictionary(uniqueKeysWithValues: aheads)
      }
      #expect(try await told(requests.map(\.order)) == expected)
      for request in [requests[2], requests[3], requests[700], requests[1_102]] {
        #expect(try await told([request.order]) == expected.filter { $0.key == request.order })
      }
    }
  }

  @Test func `what many commands did is told in the order in which it is asked`() async throws {
    try await LaneBench.with(holds: rules()) { bench in
      let (lane, claim) = try await bench.claimedLane()
      let (first, second) = (try bench.place(0, buyer: "ann", quantity: 3), try bench.place(1, buyer: "bob"))
      let cancel = CommandID(rawValue: 7)
      let payment = try PaymentID(validating: "p1")
      let batch = try [
        first, second, bench.command(2, about: first, .cancel(Units(1)), id: cancel), bench.pay(3, for: second, "p1"),
        // The same name is another command's for another order, and the same command's for its own.
        bench.command(4, about: second, .cancel(Units(1)), id: cancel),
        bench.command(5, about: first, .cancel(Units(1)), id: cancel),
      ]
      _ = try committed(await lane.write(bench.batch(claim, batch)))
      let (ann, bob) = (try #require(first.record?.request).order, try #require(second.record?.request).order)
      let effects = try await bench.store.effects(of: [
        (CommandID(capturing: payment), bob), (cancel, bob), (CommandID(rawValue: 8), ann), (cancel, ann),
        (CommandID(capturing: payment), ann), (cancel, ann),
      ])
      #expect(effects.map { $0?.position.offset.rawValue } == [3, 4, nil, 2, nil, 2])
      let capture = try Capture(payment: payment, minor: 199_900, currency: "CNY")
      #expect(effects[0]?.capture == capture)
      #expect(effects[1]?.capture == nil && effects[3]?.capture == nil)
      #expect(try await bench.store.effects(of: []).isEmpty)
    }
  }
}
