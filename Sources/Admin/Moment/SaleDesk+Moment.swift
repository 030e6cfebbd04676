internal import FlashSale
internal import HTTPServing
internal import Hummingbird
internal import SaleStore
internal import Telemetry
internal import Time

extension SaleDesk {
  /// How a sale stood at an instant.
  func moment(of id: SaleID, at: Timestamp) async throws -> SaleMoment {
    let stored = try await stored(id)
    return try await asking("moment", atMost: Limits.reportPatience) { [store, topic] in
      try await store.moment(of: stored, topic: topic, at: at)
    }
  }
}

extension SaleDesk {
  /// From the first request of a sale to its last change; `nil` without any request.
  func span(of id: SaleID) async throws -> ClosedRange<Timestamp>? {
    let stored = try await stored(id)
    return try await asking("span", atMost: Limits.reportPatience) { [store, topic] in
      try await store.span(of: stored, topic: topic)
    }
  }
}

extension AdminAPI {
  @Sendable func moment(_ visit: Visit) async throws -> Response {
    guard let text = visit.query("at"), let at = Timestamp(rfc3339: text) else {
      throw Problem.invalidParameter("at", "must be a time of RFC 3339, such as 2026-11-11T00:00:03.250+08:00")
    }
    return try await .json(desk.moment(of: visit.parameter(), at: at))
  }
}
