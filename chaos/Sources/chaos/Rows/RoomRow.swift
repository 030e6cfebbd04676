import Foundation
import Postgres
import TestSupport
import Time

/// The worker that owns the waiting rooms is killed while it lets buyers in.
enum RoomRow {
  static let row = Row(
    name: "room-owner-killed", fault: "the waiting rooms' owner: SIGKILL while it lets buyers in, again and again"
  ) { stage in
    let intake = try await stage.start("intake")
    var workers = [try await stage.start("worker"), try await stage.start("worker")]
    let http = intake.part.http ?? stage.admin
    try await stage.createSale(
      sale, items: [(sku: "rare", stock: 1_000)], shaping: ["room": ["rate_per_minute": rate * 60]], knownAt: [http])
    let buyers = (0..<(stage.isQuick ? 200 : 600)).map { "waiting-\($0)" }
    try await stage.underLoad {
      var places: [String: Int] = [:]
      for buyer in buyers { places[buyer] = try await standing(of: buyer, http, joins: true).place }
      for _ in 0..<(stage.isQuick ? 2 : 6) {
        try await stage.pause(1_000...3_000)
        let owner = try await owner(stage)
        guard let victim = workers.firstIndex(where: { $0.part.process.identifier == owner }) else { continue }
        await workers[victim].kill()
        stage.inject()
        workers[victim] = try await stage.start("worker", awaitsReadiness: false)
      }
      try await check(buyers, places, http, stage)
    }
  }

  /// Admissions per second.
  private static let rate = 20

  private static let sale = "waited-for"

  private struct Standing {
    let place: Int?
    let isIn: Bool
    /// Until when the token counts: a fixed time after the admission.
    let expiresAt: String?
  }

  private static func standing(of buyer: String, _ http: URL, joins: Bool = false) async throws -> Standing {
    let url = http.appending(path: "v1/sales/\(sale)/room")
    let answer =
      joins
      ? try await HTTP.post(url, headers: ["X-Buyer-Id": buyer])
      : try await HTTP.get(url, headers: ["X-Buyer-Id": buyer])
    return Standing(
      place: answer.json("place") as? Int, isIn: answer.json("token") != nil,
      expiresAt: answer.json("token_expires_at") as? String)
  }

  /// Everybody is let in: in the order of joining, once, and without a standstill.
  private static func check(_ buyers: [String], _ places: [String: Int], _ http: URL, _ stage: Stage) async throws {
    var first: [String: String] = [:]
    var all: [Standing] = []
    try await stage.expect("the admission of everybody", within: .seconds(buyers.count / rate + 40)) {
      all = []
      for buyer in buyers {
        let standing = try await standing(of: buyer, http)
        all.append(standing)
        if standing.place != places[buyer] { stage.violated("\(buyer) lost her place") }
        guard let expiresAt = standing.expiresAt else { continue }
        if let known = first[buyer], known != expiresAt { stage.violated("\(buyer) was let in twice") }
        first[buyer] = first[buyer] ?? expiresAt
      }
      return all.allSatisfy(\.isIn)
    }
    let times = all.compactMap { $0.expiresAt.flatMap { Timestamp(rfc3339: $0) } }
    if times != times.sorted() { stage.violated("somebody was let in before one who joined earlier") }
    let pause = zip(times, times.dropFirst()).map { $1.microseconds(since: $0) }.max() ?? 0
    stage.remark("\(buyers.count) let in, longest pause \(pause / 1_000) ms")
  }

  /// The process that owns the rooms, as it says of itself: host/process.
  private static func owner(_ stage: Stage) async throws -> Int32? {
    try await stage.ask { connection in
      let rows = try await connection.query("SELECT owner_name FROM room_owners WHERE owner_pid IS NOT NULL")
      return try rows.first.flatMap { try $0.string(0).split(separator: "/").last.flatMap { Int32($0) } }
    }
  }
}
