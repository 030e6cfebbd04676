import FlashSale
import Postgres
import SaleStore
import TestSupport
import Testing
import Time

@testable import Admin

/// Sales whose orders are counted before anybody looks, with a real lane.
@Suite struct CountAheadTests {
  @Test func `sales are counted ahead when lanes have gone on, and only then`() async throws {
    try await AdminUnderTest.with { admin, _ in
      try await RealLane.with(admin) { lane in
        let old = try await admin.store.create(.sample("old", items: [("phone", 1)], hours: 500_000))
        let new = try await admin.store.create(.sample("new", items: [("phone", 1)], hours: 500_000))
        let ahead = CountAhead(admin.desk)
        #expect(try await ahead.look(.init()).sales.isEmpty)
        for (sale, buyers) in [(old, ["ann", "bob"]), (new, ["eve", "mia"])] {
          try await lane.decide(buyers.map { .place(try .sample($0, [("phone", 1)], of: sale)) })
        }
        let seen = try await ahead.look(.init())
        #expect(seen.sales == [new.sale.id, old.sale.id] && seen.records == 4)
        #expect(try await ahead.look(seen).sales == seen.sales)
        // A refusal is lost: a page that counts all orders would say so.
        let connection = try await admin.database.connect()
        _ = try await connection.query("DELETE FROM orders WHERE outcome = 5")
        try await lane.decide([.place(try .sample("zoe", [("phone", 1)], of: old))])
        #expect(try await ahead.look(seen).sales == [old.sale.id, new.sale.id])
        #expect(try await admin.desk.report(on: new, countsAnew: false).isSound == true)
        #expect(try await admin.desk.report(on: new).isSound == false)
        await connection.close()
      }
    }
  }
}
