import FlashSale
import Foundation
import TestSupport
import Time

/// What a waiting room costs, and how exactly it keeps its rate. Reported only.
enum RoomGroup {
  private static let perSecond = 100
  private static let sale = "waited-for"

  static func measure(_ scores: Scores) async throws {
    try checkTokens(scores)
    try await BenchShop.with(scores.cluster) { bench in
      try await putUp(bench)
      let intake = try await bench.start("intake")
      try await bench.startWorker()
      guard let http = intake.http else { throw TestSetUpError("the intake does not listen") }
      let seconds = scores.plan.isQuick ? 5 : 20
      try await join((seconds + 15) * perSecond, http, scores)
      // From one look to the next, in the time that passed between the two.
      let (before, begin) = (try await waiting(http), ContinuousClock.now)
      try await Task.sleep(for: .seconds(seconds))
      let after = try await waiting(http)
      let wanted = (ContinuousClock.now - begin).inSeconds * Double(perSecond)
      scores.note("room: admissions, of the set rate", Double(before - after) / wanted * 100, "%")
    }
  }

  /// One core's.
  private static func checkTokens(_ scores: Scores) throws {
    let signer = try RoomTokenSigner(secrets: [[UInt8](repeating: 7, count: 32)])
    let (buyer, number) = (BuyerID(unchecked: "buyer-4711"), SaleNumber(rawValue: 1))
    let made = RoomToken(sale: number, place: 4_711, expiresAt: Timestamp.now.after(.seconds(600)))
    var text = signer.sign(made, for: buyer)
    let checks = scores.plan.isQuick ? 20_000 : 200_000
    for _ in 0..<scores.rounds {
      let begin = ContinuousClock.now
      var good = 0
      for _ in 0..<checks {
        let token = text.withUTF8 { RoomToken(text: UnsafeRawBufferPointer($0)) }
        if let token, signer.fault(of: token, for: buyer, in: number, at: .now) == nil { good += 1 }
      }
      guard good == checks else { throw TestSetUpError("a token that was just signed does not count") }
      scores.note("cost: a check of a room token", (ContinuousClock.now - begin).inSeconds / Double(checks) * 1e6, "µs")
    }
  }

  private static func join(_ buyers: Int, _ http: URL, _ scores: Scores) async throws {
    let url = http.appending(path: "v1/sales/\(sale)/room")
    let begin = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for lane in 0..<32 {
        group.addTask {
          for buyer in stride(from: lane, to: buyers, by: 32) {
            let answer = try await HTTP.post(url, headers: ["X-Buyer-Id": "waiting-\(buyer)"])
            guard answer.status == 200 else { throw TestSetUpError("a join: \(answer.text)") }
          }
        }
      }
      try await group.waitForAll()
    }
    scores.note("room: joins", Double(buyers) / (ContinuousClock.now - begin).inSeconds, "/s")
  }

  private static func waiting(_ http: URL) async throws -> Int {
    let url = http.appending(path: "v1/sales/\(sale)/room")
    let answer = try await HTTP.get(url, headers: ["X-Buyer-Id": "waiting-0"])
    guard let waiting = answer.json("waiting") as? Int else { throw TestSetUpError("a room: \(answer.text)") }
    return waiting
  }

  private static func putUp(_ bench: BenchShop) async throws {
    let start = Date.now.addingTimeInterval(-60)
    let body: [String: Any] = [
      "id": sale, "name": "Waited for", "starts_at": start.formatted(.iso8601),
      "ends_at": start.addingTimeInterval(3_600).formatted(.iso8601),
      "items": [["sku": "rare", "stock": 1_000, "price_minor": 1, "currency": "CNY"] as [String: Any]],
      "shaping": ["room": ["rate_per_minute": perSecond * 60, "silence_seconds": 600]],
    ]
    let answer = try await HTTP.post(
      bench.admin.appending(path: "admin/api/sales"), headers: ["Authorization": "Bearer \(Shop.adminToken)"],
      body: JSONSerialization.data(withJSONObject: body))
    guard answer.status == 201 else { throw TestSetUpError("\(answer.status) \(answer.text)") }
  }
}
