import Admin
import FlashSale
import Foundation
import NIOCore
import NIOHTTP1
import SaleStore
import Testing
import TestSupport

/// The CSV of all orders, over HTTP.
@Suite struct ExportTests {
  @Test func `every order is exported once, with its outcome`() async throws {
    try await AdminUnderTest.with { admin in
      let sale = try await admin.store.create(.sample())
      let other = try await admin.store.create(.sample("other"))
      try await Lane.with(admin.database) { lane in
        try await lane.decide(sale, "phone", .confirmed, count: 3)
        try await lane.decide(sale, "phone", .rejected(.soldOut), count: 5_000, from: 3)
        try await lane.decide(other, "phone", .confirmed, count: 9)
      }
      let answer = try await admin.client.get("/admin/api/sales/double11/orders.csv")
      #expect(answer.status == 200)
      #expect(answer.header("Content-Type") == "text/csv; charset=utf-8; header=present")
      #expect(
        answer.header("Content-Disposition") == "attachment; filename=\"double11-orders.csv\"")
      let lines = answer.text.components(separatedBy: "\r\n")
      #expect(
        lines[0] == "order_id,partition,offset,sku,buyer,quantity,outcome,reason,accepted_at,decided_at,delay_ms")
      #expect(lines.last == "")
      let orders = lines.dropFirst().dropLast().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
      #expect(orders.count == 5_003)
      #expect(Set(orders.map { $0[0] }).count == 5_003)
      #expect(orders.filter { $0[6] == "confirmed" && $0[7] == "" }.count == 3)
      #expect(orders.filter { $0[6] == "rejected" && $0[7] == "sold_out" }.count == 5_000)
      #expect(Set(orders.filter { $0[6] == "confirmed" }.map { $0[10] }) == ["1.0", "2.0", "3.0"])
    }
  }

  @Test func `I11: an export of 200,000 orders waits for its reader`() async throws {
    try await AdminUnderTest.with { admin in
      let sale = try await admin.store.create(.sample())
      try await Lane.with(admin.database) { lane in
        try await lane.decide(sale, "phone", .rejected(.soldOut), count: 200_000)
      }
      var lines = 0
      var hasPaused = false
      try await admin.client.exchange("GET", "/admin/api/sales/double11/orders.csv") { part in
        guard case .body(let buffer) = part else { return }
        lines += buffer.readableBytesView.count { $0 == UInt8(ascii: "\n") }
        guard !hasPaused else { return }
        hasPaused = true
        // Nothing is read here until the server has stopped too: what it read by then is what it and the kernel hold.
        #expect(try await eventually { try exported(admin) > 0 })
        let held = try await settled { try exported(admin) }
        #expect(held < 100_000)
      }
      #expect(lines == 200_001)
      #expect(try exported(admin) == 200_000)
    }
  }

  private func exported(_ admin: AdminUnderTest) throws -> Int {
    let line = admin.metrics.text().split(separator: "\n")
      .first { $0.hasPrefix("penstock_admin_exported_orders_total ") }
    return try #require(line.flatMap { Int($0.split(separator: " ")[1]) })
  }

  /// A number once it was the same on 20 looks, 10 ms apart.
  private func settled(_ number: () throws -> Int) async throws -> Int {
    var last = try number()
    var looks = 0
    while looks < 20 {
      try await Task.sleep(for: .milliseconds(10))
      let now = try number()
      looks = now == last ? looks + 1 : 0
      last = now
    }
    return last
  }
}
