internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import SaleStore
internal import Telemetry

/// `/admin/api/webhooks`.
struct WebhookRoutes: Sendable {
  let desk: WebhookDesk

  func add(to calls: GuardedRoutes, withBody: GuardedRoutes) {
    calls.at(
      "webhooks/{webhook}", get: .needs(.operate) { visit in try await .json(desk.show(visit.parameter())) },
      delete: logged(.webhookRemoved) { try await .json(desk.remove($0)) })
    calls.at(
      "webhooks/{webhook}/rotate", post: logged(.webhookRotated) { try await .json(desk.rotate($0)) })
    calls.at("webhooks/{webhook}/ping", post: logged(.webhookTested) { try await .json(desk.ping($0)) })
    calls.at(
      "webhooks/{webhook}/enable",
      post: logged(.webhookSwitched, to: "on") { try await .json(desk.switched($0, offBecause: nil)) })
    calls.at(
      "webhooks/{webhook}/disable",
      post: logged(.webhookSwitched, to: "off") {
        try await .json(desk.switched($0, offBecause: "an operator's wish"))
      })
    calls.at(
      "webhooks/{webhook}/dead-letters",
      get: .needs(.operate) { visit in try await .json(["dead_letters": desk.deadLetters(visit.parameter())]) })
    withBody.at(
      "webhooks", get: .needs(.operate) { _ in try await .json(["webhooks": desk.list()]) },
      post: .needs(.operate, create))
    withBody.at("webhooks/{webhook}/resend", post: .needs(.operate, resend))
  }

  private func logged(
    _ action: LogAction, to words: String? = nil, _ work: @escaping @Sendable (WebhookID) async throws -> Response
  ) -> Guarded {
    .needs(.operate) { visit in
      let id: WebhookID = try visit.parameter()
      return try await visit.logged(action, "\(id.rawValue)", to: words) { try await work(id) }
    }
  }

  @Sendable private func create(_ visit: Visit) async throws -> Response {
    let wanted = try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try WebhookRequest(parsing: bytes)
    }
    let added = try await visit.logged(.webhookAdded, wanted.url) { try await desk.add(wanted) }
    return try .json(added, status: .created, headers: [.location: "/admin/api/webhooks/\(added.id)"])
  }

  @Sendable private func resend(_ visit: Visit) async throws -> Response {
    let wanted = try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try ResendRequest(parsing: bytes)
    }
    let id: WebhookID = try visit.parameter()
    let words = wanted.delivery.map { "delivery \($0)" } ?? "all"
    return try await visit.logged(.webhookResent, "\(id.rawValue)", to: words) {
      try await .json(["resent": desk.resend(id, only: wanted.delivery)])
    }
  }
}
