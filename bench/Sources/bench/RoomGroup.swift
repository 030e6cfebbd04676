import Crypto
import FlashSale
import Foundation
import TestSupport
import Time

/// What a waiting room costs, and how exactly it keeps its rate.
enum RoomGroup {
  private static let perSecond = 100
  private static let sale = "waited-for"
  private static let connections = 256
  /// Places that are taken in all. The embedded broker keeps about 15,000 records for sure.
  private static let places = 9_000

  static func measure(_ scores: Scores) async throws {
    try await checkTokens(scores)
    let nginx = try await ReferenceServer.nginx()
    do {
      try await BenchShop.with(scores.cluster) { bench in
        _ = try await bench.putUp(
          sale, [("rare", 1_000)], shaping: ["room": ["rate_per_minute": perSecond * 60, "silence_seconds": 600]])
        let intake = try await bench.start("intake")
        try await bench.startWorker()
        try await join(intake.address, beside: nginx.url, scores)
        try await admit(intake.address, scores)
      }
    } catch {
      await nginx.stop()
      throw error
    }
    await nginx.stop()
  }

  /// One core's, beside what swift-crypto takes for the code alone.
  private static func checkTokens(_ scores: Scores) async throws {
    let (ours, bare) = ("room: token checks", "HMAC-SHA256 of swift-crypto, alone")
    let secret = [UInt8](repeating: 7, count: 32)
    let signer = try RoomTokenSigner(secrets: [secret])
    let (buyer, number) = (BuyerID(unchecked: "buyer-4711"), SaleNumber(rawValue: 1))
    let made = RoomToken(sale: number, place: 4_711, expiresAt: Timestamp.now.after(.seconds(600)))
    var text = signer.sign(made, for: buyer)
    // As much as a token's code is over.
    let (key, message) = (SymmetricKey(data: secret), [UInt8](repeating: 1, count: 20 + buyer.rawValue.utf8.count))
    let code = Data(HMAC<SHA256>.authenticationCode(for: message, using: key))
    let checks = scores.plan.isQuick ? 20_000 : 200_000
    try await scores.interleaveShort([
      Contestant(bare, "/s") { _ in
        try rate(of: checks) { HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: message, using: key) }
      },
      Contestant(ours, "/s") { _ in
        try rate(of: checks) {
          let token = text.withUTF8 { RoomToken(text: UnsafeRawBufferPointer($0)) }
          return token.map { signer.fault(of: $0, for: buyer, in: number, at: .now) == nil } ?? false
        }
      },
    ])
    scores.compare(Ratio(ours, against: bare, .atLeast(0.8)))
  }

  private static func rate(of checks: Int, _ check: () -> Bool) throws -> Double {
    let begin = ContinuousClock.now
    for _ in 0..<checks {
      guard check() else { throw TestSetUpError("what was just signed does not count") }
    }
    return Double(checks) / (ContinuousClock.now - begin).inSeconds
  }

  /// Buyers who join, each once, and the same calls to nginx.
  private static func join(_ http: URL, beside nginx: URL, _ scores: Scores) async throws {
    let count = places / scores.rounds
    try await scores.interleave([
      Contestant("nginx, calls that join", "/s") { _ in
        let train = try RequestTrain(connections: connections, at: nginx)
        return Double(count) / (try await train.send(count, .joins(sale: sale, from: 0))).inSeconds
      },
      Contestant("room: joins", "/s") { round in
        let train = try RequestTrain(connections: connections, at: http)
        let joins = RequestTrain.Requests.joins(sale: sale, from: (round - 1) * count)
        return Double(count) / (try await train.send(count, joins, status: 200)).inSeconds
      },
    ])
    scores.compare(Ratio("room: joins", against: "nginx, calls that join", .atLeast(0.2)))
  }

  private static func admit(_ http: URL, _ scores: Scores) async throws {
    for _ in 1...min(scores.rounds, 3) {
      // From one look to the next, in the time that passed between the two.
      let (before, begin) = (try await waiting(http), ContinuousClock.now)
      try await Task.sleep(for: .seconds(scores.plan.isQuick ? 4 : 10))
      let after = try await waiting(http)
      let wanted = (ContinuousClock.now - begin).inSeconds * Double(perSecond)
      let rate = Double(before - after) / wanted
      scores.note("room: admissions, of the set rate", rate * 100, "%")
      scores.note("room: admissions, off the set rate", abs(rate - 1) * 100, "%")
      scores.note("2 % of the set rate", 2, "%")
    }
    scores.compare(Ratio("room: admissions, off the set rate", against: "2 % of the set rate", .atMost(1)))
  }

  private static func waiting(_ http: URL) async throws -> Int {
    let url = http.appending(path: "v1/sales/\(sale)/room")
    let answer = try await HTTP.get(url, headers: ["X-Buyer-Id": "waiting-0"])
    guard let waiting = answer.json("waiting") as? Int else { throw TestSetUpError("a room: \(answer.text)") }
    return waiting
  }
}
