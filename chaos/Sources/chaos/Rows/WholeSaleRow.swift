import Foundation
import Postgres
import TestSupport
import Time

/// A sale from its opening to its last unit: holds that nobody pays, cancellations, a provider that errs, restocks, and
/// thousands who wait.
enum WholeSaleRow {
  static let row = Row(
    name: "whole-sale",
    fault: "200,000 requests; 30 % never pay, 10 % cancel, the provider errs; two restocks, 5,000 wait", rate: 20
  ) { stage in
    let key = stage.draw { "\(String($0.next() | 1 << 63, radix: 16))\(String($0.next() | 1 << 63, radix: 16))" }
    let secrets = ["PENSTOCK_PAYMENT_WEBHOOK_KEYS": key]
    let intake = try await stage.start("intake", environment: secrets)
    _ = try await stage.start("worker")
    guard let http = intake.part.http else { throw TestSetUpError("the intake has no door") }
    let plan = Plan(isQuick: stage.isQuick)
    try await stage.createSale(
      sale, items: skus.map { (sku: $0, stock: plan.stock) }, shaping: nil,
      holds: [
        "seconds": holdSeconds, "late_payment": "if_free",
        "waitlist": ["offer_seconds": offerSeconds, "least_seconds": 1, "short": "partial"],
      ], knownAt: [http])
    try await stage.underLoad {
      let sampled = Task { try await sample(stage) }
      let watched = Task { try await UnofferedUnits.watch(sale, of: stage) }
      let restocked = Task { try await restock(stage, plan) }
      defer { for task in [sampled, restocked] { task.cancel() } }
      defer { watched.cancel() }
      try await spike(stage, plan, http, secrets)
      try await restocked.value
      stage.inject()
      try await sellOut(stage)
      sampled.cancel()
      watched.cancel()
      try await sampled.value
      try await judgeUnoffered(stage, seen: watched.value)
    }
  }

  private static let sale = "whole"
  /// Each is a lane's of its own.
  private static let skus = ["phone", "earbuds", "case", "charger"]
  private static let holdSeconds = 8
  private static let offerSeconds = 8
  /// From the moment at which a unit is free until it is offered, while somebody waits.
  private static let unofferedMost = Duration.milliseconds(100)

  private struct Plan: Sendable {
    let requests: Int
    let rate: Int
    /// Of each SKU, at first.
    let stock: Int
    /// Of each SKU, each of the two times.
    let restock: Int
    /// The share of the requests that waits: some 5,000 of all, so that the demand outlasts what comes back.
    let waits: String

    init(isQuick: Bool) {
      (requests, rate) = isQuick ? (20_000, 4_000) : (200_000, 10_000)
      (stock, restock) = isQuick ? (100, 25) : (700, 200)
      waits = isQuick ? "0.1" : "0.026"
    }

    var seconds: Double { Double(requests) / Double(rate) }
  }

  // MARK: What happens

  private static func spike(_ stage: Stage, _ plan: Plan, _ http: URL, _ secrets: [String: String]) async throws {
    let seed = stage.draw { $0.number(in: 1...1_000_000) }
    let ledger = "\(stage.folder)/whole.tsv"
    let run = try await PenstockProcess.run(
      "spike",
      [
        "--url", http.absoluteString, "--sale", sale, "--requests", "\(plan.requests)", "--rate", "\(plan.rate)",
        "--buyers", "100000", "--quantity", "2", "--payments", "fickle-provider", "--unpaid", "0.3", "--cancelled",
        "0.1", "--waitlist", plan.waits, "--connections", "512", "--seed", "\(seed)", "--follow-timeout", "4m",
        "--ledger",
        ledger,
      ], environment: secrets)
    try stage.crowd.journal.add(ledger: ledger)
    try (run.output + run.errors).write(toFile: "\(stage.folder)/whole.txt", atomically: true, encoding: .utf8)
    if run.exit != .success {
      stage.violated("spike ended with \(run.exit.code): \((run.output + run.errors).suffix(2_500))")
    }
  }

  /// Puts more units up, after a third of the requests and after two thirds.
  private static func restock(_ stage: Stage, _ plan: Plan) async throws {
    for _ in 0..<2 {
      try await Task.sleep(for: .seconds(plan.seconds / 3))
      for sku in skus {
        let answer = try await stage.tellAdmin(
          "sales/\(sale)/items/\(sku)/restock", ["units": plan.restock, "reason": "a second delivery"])
        if answer.status != 200 { stage.violated("restocking \(sku) was answered \(answer.status): \(answer.text)") }
      }
    }
  }

  // MARK: What must hold

  /// Looks at both identities each second: at units and at money.
  private static func sample(_ stage: Stage) async throws {
    var looks = 0
    while !Task.isCancelled {
      if let report = try await report(stage) {
        looks += 1
        for broken in report.broken { stage.violated("at second \(looks): \(broken)") }
      }
      do { try await Task.sleep(for: .seconds(1)) } catch { break }
    }
    stage.remark("both identities held at \(looks) looks, one each second")
    if looks < 10 { stage.violated("the identities were looked at only \(looks) times") }
  }

  private static func report(_ stage: Stage) async throws -> SaleLook? {
    let answer = try await HTTP.get(
      stage.admin.appending(path: "admin/api/sales/\(sale)/report"),
      headers: ["Authorization": "Bearer \(Shop.adminToken)"])
    guard answer.status == 200 else { return nil }
    return try JSONDecoder().decode(SaleLook.self, from: answer.body)
  }

  /// Every unit put up is sold in the end, since somebody still waits.
  private static func sellOut(_ stage: Stage) async throws {
    var last: SaleLook?
    try await stage.expect("the end of every hold", within: .seconds(60)) {
      last = try await report(stage) ?? last
      return last?.items.allSatisfy { $0.reserved == 0 } ?? false
    }
    guard let last else { return stage.violated("the report could not be read") }
    for item in last.items where item.left > 0 {
      stage.violated("\(item.left) units of \(item.sku) are left, and \(last.lives.waiting) orders wait")
    }
    if last.lives.waiting == 0 { stage.violated("nobody waited in the end: the demand did not last") }
    let (putUp, sold) = (last.items.reduce(0) { $0 + $1.stock }, last.items.reduce(0) { $0 + $1.sold })
    let money = last.money.map { "\($0.captured) \($0.currency) = \($0.applied) + \($0.refund_due) + \($0.refunded)" }
    stage.remark(
      "\(sold) of \(putUp) units sold, \(last.lives.joined) waited, \(last.lives.offered) were offered units, "
        + "\(last.lives.waiting) wait still; captured \(money.joined(separator: ", "))")
  }

  private static func judgeUnoffered(_ stage: Stage, seen: UnofferedUnits.Seen) async throws {
    let rows = try await stage.ask { try await UnofferedUnits.byRows(sale, holdSeconds, offerSeconds, $0) }
    stage.remark(
      "longest a free unit lay unoffered: \(rows.longest.asMilliseconds) by the rows of \(rows.offers) offers, "
        + "\(seen.longest.asMilliseconds) as seen in \(seen.looks) looks (\(seen.what))")
    if rows.offers == 0 { stage.violated("no offer was made") }
    if max(rows.longest, seen.longest) > unofferedMost {
      stage.violated("a free unit lay unoffered for more than \(unofferedMost.asMilliseconds)")
    }
  }
}

/// What the report says of both identities.
private struct SaleLook: Decodable {
  struct Item: Decodable {
    let sku: String
    let stock, put_up_at_first, restocked, reduced, left, reserved, sold: Int
  }

  struct Lives: Decodable {
    let joined, waiting, offered: Int
  }

  struct Money: Decodable {
    let currency: String
    let captured, applied, refund_due, refunded: Int
  }

  let items: [Item]
  let lives: Lives
  let money: [Money]
  let stock_holds, money_holds: Bool

  /// What does not hold, in words.
  var broken: [String] {
    var words: [String] = []
    for item in items
    where item.put_up_at_first + item.restocked - item.reduced != item.left + item.reserved + item.sold {
      words.append("\(item.sku): \(item)")
    }
    for money in money where money.captured != money.applied + money.refund_due + money.refunded {
      words.append("\(money)")
    }
    if !stock_holds { words.append("the report says that stock rows and orders differ") }
    if !money_holds { words.append("the report says that captures and orders differ") }
    return words
  }
}
