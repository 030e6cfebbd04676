import Foundation
import TestSupport
import Testing

/// The outcome of an accepted order, with the reason where there is one, once it is decided.
func outcome(of answer: HTTP.Answer, buyer: String, at http: URL) async throws -> String {
  let id = try #require(answer.json("order_id") as? String)
  let ticket = try #require(answer.json("ticket") as? String)
  let url = try #require(URL(string: "/v1/orders/\(id)?ticket=\(ticket)", relativeTo: http))
  var words = ""
  let decided = try await eventually {
    let status = try await HTTP.get(url, headers: ["X-Buyer-Id": buyer])
    let parts = [status.json("status") as? String, status.json("reason") as? String]
    words = parts.compactMap { $0 }.joined(separator: " ")
    return status.status == 200 && words != "queued"
  }
  #expect(decided, "order \(id) stayed \(words)")
  return words
}
