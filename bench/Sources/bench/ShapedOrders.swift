import FlashSale
import Foundation
import SaleStore
import TestSupport
import Time

/// What an order costs more when its sale uses what shaping has on the way into the log: rate limits by buyer and by
/// address, a token of a waiting room, and a limit subject.
///
/// Two intakes with brokers of their own, alike but for the sale. Both limits are far above the rate.
enum ShapedOrders {
  fileprivate static let buyer = BuyerID(unchecked: "buyer-1")
  fileprivate static let sale = "shaped"

  static func measure(_ scores: Scores) async throws {
    let seconds = scores.plan.seconds
    let accepted = Wrk.Answer(status: 202, text: #""status":"queued""#)
    let (plain, shaped) = ("accept, without shaping", "accept, with rate limits, token and subject")
    try await BenchShop.with(scores.cluster) { first in
      _ = try await first.putUp("open", [("phone", 1_000_000_000)])
      try await first.openTheLine()
      let without = try await first.start("intake").address
      try await BenchShop.with(scores.cluster) { second in
        let headers = try await second.putUpShaped()
        try await second.openTheLine()
        let with = try await second.start("intake").address
        try await scores.interleaveShort([
          Contestant(plain, "requests/s") { _ in
            try await Wrk.rate(.orders(sale: "open"), at: without, seconds: seconds, each: accepted)
          },
          Contestant(shaped, "requests/s") { _ in
            try await Wrk.rate(.orders(sale: sale, headers: headers), at: with, seconds: seconds, each: accepted)
          },
        ])
      }
    }
    scores.compare(Ratio(shaped, against: plain, .atLeast(0.9)))
  }
}

extension BenchShop {
  /// - Returns: what an order of the sale has to show.
  fileprivate func putUpShaped() async throws -> [String: String] {
    let limit = ["requests": 1_000_000, "per_seconds": 10]
    let sale = try await putUp(
      ShapedOrders.sale, [("phone", 1_000_000_000)],
      shaping: [
        "limits": ["per_buyer": limit, "per_address": limit],
        "subjects": ["card": ["limit": 1_000_000_000]],
        "room": ["rate_per_minute": 600],
      ])
    let token = RoomToken(sale: sale.number, place: Offset(0), expiresAt: Timestamp.now.after(.seconds(3_600)))
    return [
      "X-Room-Token": try roomTokenSigner.sign(token, for: ShapedOrders.buyer),
      "X-Limit-Subjects": "card=9f86d081884c7d65",
    ]
  }
}
