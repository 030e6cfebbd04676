import FlashSale
import Intake
import SaleStore
import TestSupport
import Testing
import Time

/// An order that was taken, is sent again with its key while it is in line, and is refused by then: its sender hears
/// where its outcome will be.
struct RefusedRepeatTests {
  private static func sale(_ shaping: String, id: String = "double11") throws -> Sale {
    try .open(id, shaping: Array(shaping.utf8).withUnsafeBytes { try SaleShaping(parsing: $0) })
  }

  /// As an order of another form: both readers of orders say the same.
  private static func forms(_ request: String) -> [String] {
    [request, request.replacing("/v1/sales/", with: "/v1/s%61les/")]
  }

  private static func expect(
    _ code: String, of order: String?, _ requests: [String], at intake: RunningIntake
  ) async throws {
    for request in requests {
      let answer = try await intake.send(request)
      #expect(answer.code == code && answer.string("order_id") == order, "\(answer.text)")
      guard let order else { continue }
      #expect(answer.string("detail")?.contains("outcome is at /v1/orders/\(order)") == true, "\(answer.text)")
    }
  }

  @Test func `whose code has lapsed since she was taken hears of her order, and who has no key of none`() async throws {
    let signer = try AccessCodeSigner(secrets: [[UInt8](repeating: 3, count: 16)])
    func request(_ from: Int64, key: String?) throws -> String {
      let start = Timestamp.now.microseconds / 1_000_000 + from
      let code = try AccessCode(
        id: 7, window: Timestamp(microseconds: start * 1_000_000)..<Timestamp(microseconds: (start + 300) * 1_000_000),
        uses: Units(1))
      let text = try signer.issue(code, for: SaleID(validating: "double11"), buyer: nil)
      return RunningIntake.orderRequest(#"{"sku":"phone","quantity":1,"code":"\#(text ?? "")"}"#, key: key)
    }
    try await RunningIntake.with(sales: [try Self.sale(#"{"codes":{"required":true}}"#)]) {
      $0.configure = { $0.codes = signer }
    } _: { intake in
      let taken = try await intake.send(try request(-60, key: "k"))
      #expect(taken.status == 202, "\(taken.text)")
      let order = try #require(taken.string("order_id"))
      try await Self.expect("code_invalid", of: order, Self.forms(try request(-600, key: "k")), at: intake)
      try await Self.expect("code_invalid", of: nil, Self.forms(try request(-600, key: nil)), at: intake)
      let wrong = RunningIntake.orderRequest(#"{"sku":"phone"}"#, key: "k")
      try await Self.expect("invalid_field", of: nil, Self.forms(wrong), at: intake)
      #expect(try await intake.records().count == 1)
    }
  }

  @Test func `who asks too often, finds the line full or shows no verdict hears of her order`() async throws {
    let sales = try [
      Self.sale(#"{"limits":{"per_buyer":{"requests":1,"per_seconds":3600}}}"#), Self.sale("{}", id: "busy"),
      Self.sale(#"{"verdict":{"required":true}}"#, id: "judged"),
    ]
    try await RunningIntake.with(sales: sales) {
      $0.backlogLimit = 2
    } _: { intake in
      for (sale, code) in [("double11", "rate_limited"), ("busy", "busy"), ("judged", "verdict_required")] {
        let request = RunningIntake.orderRequest(sale: sale, key: "k")
        let order: String
        if sale == "judged" {
          let stored = try #require(try await intake.store.sale(SaleID(validating: sale)))
          order =
            OrderID(
              sale: stored.number, buyer: try BuyerID(validating: "alice"), key: try IdempotencyKey(validating: "k")
            ).description
        } else {
          let taken = try await intake.send(request)
          #expect(taken.status == 202, "\(taken.text)")
          order = try #require(taken.string("order_id"))
        }
        try await Self.expect(code, of: order, Self.forms(request), at: intake)
      }
    }
  }
}
