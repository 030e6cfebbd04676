import Foundation
import TestSupport

extension Stage {
  /// Creates a sale with rules for its crowd, open since a minute ago, and waits until an intake knows it.
  ///
  /// - Parameters:
  ///   - shaping: as in the sale's JSON, and so `holds`.
  func createSale(
    _ id: String, items: [(sku: String, stock: Int)], perBuyerLimit: Int? = nil, shaping: [String: Any]? = nil,
    holds: [String: Any]? = nil, knownAt intakes: [URL]
  ) async throws {
    let start = Date.now.addingTimeInterval(-60)
    var sale: [String: Any] = [
      "id": id, "name": id, "starts_at": start.formatted(.iso8601),
      "ends_at": start.addingTimeInterval(3_600).formatted(.iso8601),
      "items": items.map { ["sku": $0.sku, "stock": $0.stock, "price_minor": 1, "currency": "CNY"] as [String: Any] },
    ]
    sale["per_buyer_limit"] = perBuyerLimit
    sale["shaping"] = shaping
    sale["holds"] = holds
    let answer = try await tellAdmin("sales", sale)
    guard answer.status == 201 else { throw TestSetUpError("\(answer.status) \(answer.text)") }
    for intake in intakes {
      try await expect("the sale \(id)", within: .seconds(10)) {
        try await HTTP.get(intake.appending(path: "v1/sales/\(id)")).status == 200
      }
    }
  }

  /// Sends something to a path of the admin API.
  func tellAdmin(_ path: String, _ body: [String: Any], key: String? = nil) async throws -> HTTP.Answer {
    var headers = ["Authorization": "Bearer \(Shop.adminToken)"]
    headers["Idempotency-Key"] = key
    return try await HTTP.post(
      admin.appending(path: "admin/api/\(path)"), headers: headers,
      body: JSONSerialization.data(withJSONObject: body))
  }
}
