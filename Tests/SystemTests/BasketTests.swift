import FlashSale
import Foundation
import TestSupport
import Testing

/// An order of several lines between real processes: won, paid, cancelled in part, told, exported and audited.
@Suite(.serialized) struct BasketTests {
  private struct Scene {
    let shop: Shop
    let http: URL
    let admin: URL

    func post(
      _ path: String, _ body: String = "{}", buyer: String? = nil, key: String? = nil
    ) async throws -> HTTP.Answer {
      var headers: [String: String] = [:]
      headers["X-Buyer-Id"] = buyer
      headers["Idempotency-Key"] = key
      return try await HTTP.post(http.appending(path: path), headers: headers, body: Data(body.utf8))
    }

    /// Orders, and waits for a state.
    func order(_ buyer: String, _ lines: String, becomes state: String) async throws -> (id: String, HTTP.Answer) {
      let queued = try await post("v1/sales/bundle/orders", #"{"lines":\#(lines)}"#, buyer: buyer)
      #expect(queued.status == 202, "\(queued.text)")
      let id = try #require(queued.json("order_id") as? String)
      var answer = queued
      let isThere = try await eventually(within: .seconds(10)) {
        answer = try await HTTP.get(http.appending(path: "v1/orders/\(id)"), headers: ["X-Buyer-Id": buyer])
        return answer.json("status") as? String == state
      }
      #expect(isThere, "\(answer.text)")
      return (id, answer)
    }

    func administer(_ path: String) async throws -> HTTP.Answer {
      try await HTTP.get(
        admin.appending(path: "admin/api/\(path)"), headers: ["Authorization": "Bearer \(Shop.adminToken)"])
    }

    func penstock(_ arguments: String...) async throws -> String {
      let run = try await PenstockProcess.run(
        "penstock", arguments, environment: shop.environment.merging(["PENSTOCK_ADMIN_URL": "\(admin)"]) { $1 })
      #expect(run.exit == .success, "\(arguments): \(run.output)\(run.errors)")
      return run.output
    }
  }

  private func with(holds: Bool, _ body: (Scene) async throws -> Void) async throws {
    try await Shop.with(partitions: 2) { shop, _ in
      let admin = try await shop.start("admin")
      let intake = try await shop.start("intake")
      _ = try await shop.start("worker")
      let scene = Scene(shop: shop, http: try #require(intake.http), admin: admin.admin)
      let start = Date.now.addingTimeInterval(-60)
      let sale = """
        {"id":"bundle","name":"Bundle","starts_at":"\(start.formatted(.iso8601))",
         "ends_at":"\(start.addingTimeInterval(3_600).formatted(.iso8601))","per_buyer_limit":4,"ordering":"sale",
         \(holds ? #""holds":{"seconds":600},"# : "")
         "items":[{"sku":"phone","stock":2,"price_minor":19900,"currency":"CNY"},
                  {"sku":"case","stock":3,"price_minor":500,"currency":"CNY"}]}
        """
      let created = try await HTTP.post(
        scene.admin.appending(path: "admin/api/sales"), headers: ["Authorization": "Bearer \(Shop.adminToken)"],
        body: Data(sale.utf8))
      #expect(created.status == 201, "\(created.text)")
      #expect(
        try await eventually(within: .seconds(10)) {
          try await HTTP.get(scene.http.appending(path: "v1/sales/bundle")).status == 200
        })
      try await body(scene)
    }
  }

  private static let two = #"[{"sku":"phone","quantity":1},{"sku":"case","quantity":2}]"#

  @Test(.timeLimit(.minutes(3)))
  func `a basket is paid at once, a line of it is cancelled, and report, export and audit agree`() async throws {
    try await with(holds: true) { scene in
      let (ann, won) = try await scene.order("ann", Self.two, becomes: "reserved")
      #expect(won.json("amount_minor") as? Int == 19_900 + 2 * 500 && won.json("quantity") as? Int == 3)
      let lines = try #require(won.json("lines") as? [[String: Any]])
      #expect(lines.map { $0["sku"] as? String } == ["phone", "case"] && lines[1]["units"] as? Int == 2)
      let (_, refused) = try await scene.order("bob", Self.two, becomes: "rejected")
      #expect(refused.json("reason") as? String == "insufficient_stock", "\(refused.text)")
      #expect(refused.json("refused_sku") as? String == "case")

      let pay = #"{"payment_id":"p1","amount_minor":20900,"currency":"CNY"}"#
      let paid = try await scene.post("v1/orders/\(ann)/payments", pay)
      #expect(paid.json("result") as? String == "applied", "\(paid.text)")
      try await expectCancellations(scene, ann)

      let report = try await scene.administer("sales/bundle/report")
      let items = try #require(report.json("items") as? [[String: Any]])
      #expect(items.map { $0["left"] as? Int } == [1, 2] && items.map { $0["sold"] as? Int } == [1, 1])
      #expect(report.json("stock_holds") as? Bool == true && report.json("money_holds") as? Bool == true)
      let csv = try await scene.administer("sales/bundle/orders.csv").text
      #expect(csv.contains("phone 1 1; case 2 1") && csv.contains("phone 1 0; case 2 0,case"), "\(csv)")
      let shown = try await scene.penstock("order", "show", ann)
      #expect(shown.contains("line case: 2 asked for, 1 live") && shown.contains("-1 (0, -1)"), "\(shown)")
      let found = try await scene.penstock("order", "find", "--buyer", "bob", "--sale", "bundle", "--refused")
      #expect(found.contains("of case"), "\(found)")
      _ = try await scene.penstock("audit")
    }
  }

  private func expectCancellations(_ scene: Scene, _ ann: String) async throws {
    for (body, code) in [
      (#"{"units":1}"#, "invalid_field"), (#"{"units":1,"sku":"watch"}"#, "invalid_field"),
      (#"{"units":3,"sku":"case"}"#, "too_much"),
    ] {
      let answer = try await scene.post("v1/orders/\(ann)/cancel", body, buyer: "ann", key: "no")
      #expect(answer.json("code") as? String == code, "\(body): \(answer.text)")
    }
    for _ in 0..<2 {
      let back = try await scene.post(
        "v1/orders/\(ann)/cancel", #"{"units":1,"sku":"case"}"#, buyer: "ann", key: "once")
      #expect(back.json("result") as? String == "refund_due" && back.json("moved_minor") as? Int == 500, "\(back.text)")
      #expect(back.json("units") as? Int == 2 && back.json("amount_minor") as? Int == 20_400)
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `in a sale without holds a basket is confirmed, and all of it comes back`() async throws {
    try await with(holds: false) { scene in
      let (ann, won) = try await scene.order("ann", Self.two, becomes: "confirmed")
      #expect((won.json("lines") as? [[String: Any]])?.count == 2, "\(won.text)")
      let again = try await scene.penstock("order", "show", ann)
      #expect(again.contains("209.00 CNY") && again.contains("+3 (+1, +2)"), "\(again)")
      let report = try await scene.administer("sales/bundle/report")
      let items = try #require(report.json("items") as? [[String: Any]])
      #expect(items.map { $0["sold"] as? Int } == [1, 2] && report.json("stock_holds") as? Bool == true)
      let back = try await scene.post("v1/orders/\(ann)/cancel", buyer: "ann")
      #expect(back.json("result") as? String == "applied" && back.json("status") as? String == "cancelled")
      _ = try await scene.order(
        "bob", #"[{"sku":"case","quantity":3},{"sku":"phone","quantity":1}]"#, becomes: "confirmed")
      _ = try await scene.penstock("audit")
    }
  }
}
