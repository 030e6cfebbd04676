import Foundation
import Postgres
import TestSupport
import Time

/// Everything is sold and paid, thousands wait, and units come back in waves while workers die.
enum RestockRow {
  static let row = Row(
    name: "restock-waiting", fault: "restocks while 10,000 wait and nothing is left; worker: SIGKILL between them",
    rate: 100
  ) { stage in
    let waiting = stage.isQuick ? 1_000 : 10_000
    let intake = try await stage.start("intake")
    var workers = [try await stage.start("worker"), try await stage.start("worker")]
    guard let http = intake.part.http, let door = intake.door else { throw TestSetUpError("the intake has no door") }
    try await stage.createSale(
      sale, items: [(sku: sku, stock: first)],
      holds: ["seconds": 600, "waitlist": ["offer_seconds": 600, "least_seconds": 1] as [String: Any]],
      knownAt: [http])
    try await stage.underLoad {
      try await sellOut(http, stage)
      try await fill(waiting, door, stage)
      for wave in 0..<waves {
        let victim = stage.draw { $0.number(in: 0...1) }
        await workers[victim].kill()
        stage.inject()
        try await restock(waiting / waves, "wave-\(wave)", stage)
        workers[victim] = try await stage.start("worker", awaitsReadiness: false)
        try await stage.pause(200...1_000)
      }
    }
    try await judge(waiting, stage)
  }

  private static let sale = "waited"
  private static let sku = "phone"
  private static let first = 10
  private static let waves = 10
  private static let threads = 16

  /// Sells everything to buyers who pay at once, so that nothing is held, and nobody hears that something is.
  private static func sellOut(_ http: URL, _ stage: Stage) async throws {
    for number in 0..<first {
      let placed = try await HTTP.order(at: http, sale: sale, sku: sku, buyer: "first\(number)", key: "k")
      guard let order = placed.json("order_id") as? String else { throw TestSetUpError("an order: \(placed.text)") }
      let payment = #"{"payment_id":"p\#(number)","amount_minor":1,"currency":"CNY"}"#
      // The order is found once it is decided.
      try await stage.expect("the payment of \(order)", within: .seconds(20)) {
        let url = http.appending(path: "v1/orders/\(order)/payments")
        return try await HTTP.post(url, body: Data(payment.utf8)).json("result") as? String == "applied"
      }
    }
    try await stage.expect("sold_out at the door", within: .seconds(10)) {
      try await HTTP.order(at: http, sale: sale, sku: sku, buyer: "late").json("code") as? String == "sold_out"
    }
  }

  /// Lets so many wait.
  private static func fill(_ waiting: Int, _ door: UInt16, _ stage: Stage) async throws {
    await withTaskGroup(of: Void.self) { group in
      for thread in 0..<threads {
        group.addTask {
          await withCheckedContinuation { continuation in
            Loopback.onThread("waiting") {
              place(Array(stride(from: thread, to: waiting, by: threads)), door, stage)
              continuation.resume()
            }
          }
        }
      }
    }
    try await stage.expect("\(waiting) who wait", within: .seconds(60)) { try await counts(stage).waiting == waiting }
  }

  private static func place(_ numbers: [Int], _ door: UInt16, _ stage: Stage) {
    var line: HTTPLine?
    for number in numbers {
      let call = Call(
        path: "/v1/sales/\(sale)/orders", body: #"{"sku":"\#(sku)","quantity":1,"waitlist":true}"#,
        buyer: "waits\(number)", key: "k")
      for _ in 0..<Limits.tries {
        line = line ?? HTTPLine(to: door, patience: Limits.answerSeconds)
        let answer = line?.exchange(call.bytes(port: door))
        if let answer, answer.status < 300 { break }
        if let answer, answer.status != 503 { stage.violated("an order to wait: \(answer.status) \(answer.body)") }
        if answer == nil { line = nil }
        usleep(50_000)
      }
    }
  }

  private struct Counts {
    let left: Int
    let putUp: Int
    let waiting: Int
    let held: Int
  }

  private static func counts(_ stage: Stage) async throws -> Counts {
    try await stage.ask { connection in
      let row = try await connection.query(
        """
        SELECT units_left::int8, put_up::int8, count(*) FILTER (WHERE state = 1), count(*) FILTER (WHERE state = 2)
        FROM stock JOIN sales ON sales.number = stock.sale
          LEFT JOIN holds ON holds.sale = stock.sale AND holds.sku = stock.sku
        WHERE sales.id = $1 GROUP BY units_left, put_up
        """, sale
      ).single()
      return Counts(
        left: Int(try row.int64(0)), putUp: Int(try row.int64(1)), waiting: Int(try row.int64(2)),
        held: Int(try row.int64(3)))
    }
  }

  /// Puts units up, twice at once under one key, and asks the store all the while whether some of them lie there while
  /// somebody waits.
  private static func restock(_ units: Int, _ key: String, _ stage: Stage) async throws {
    let before = try await counts(stage)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<2 {
        group.addTask {
          let answer = try await stage.tellAdmin(
            "sales/\(sale)/items/\(sku)/restock", ["units": units, "reason": "a delivery"], key: key)
          if answer.status >= 300 { stage.violated("a restock: \(answer.status) \(answer.text)") }
        }
      }
      try await group.waitForAll()
    }
    try await stage.expect("a restock", within: .seconds(20)) {
      let counts = try await counts(stage)
      // One transaction puts them up and offers them: no reader sees the one without the other.
      if counts.left > 0, counts.waiting > 0 { stage.violated("\(counts.left) units lie, and \(counts.waiting) wait") }
      return counts.putUp == before.putUp + units && counts.held == before.held + units
    }
  }

  private static func judge(_ waiting: Int, _ stage: Stage) async throws {
    let end = try await counts(stage)
    if end.held != waiting || end.left != 0 || end.waiting != 0 {
      stage.violated("\(end.held) hold units, \(end.waiting) wait, \(end.left) units are left")
    }
    let offers = try await stage.ask { try await OffersMade($0) }
    if offers.overtaken > 0 { stage.violated("\(offers.overtaken) who waited were overtaken") }
    stage.remark("\(offers.count) offers in \(waves) waves, in the order of waiting")
  }
}
