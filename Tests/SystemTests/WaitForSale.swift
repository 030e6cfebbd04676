import Foundation
import TestSupport
import Testing

/// Waits until each intake knows the sale.
func waitForSale(_ sale: String, at parts: [Shop.Part]) async throws {
  for part in parts {
    let http = try #require(part.http)
    let known = try await eventually { try await HTTP.get(http.appending(path: "v1/sales/\(sale)")).status == 200 }
    #expect(known)
  }
}
