internal import FlashSale
internal import HTTPServing
internal import Hummingbird
internal import SaleStore
internal import Telemetry

/// `/admin/api/webhooks`.
struct WebhookRoutes: Sendable {
  let desk: WebhookDesk

  /// Adds them to a group that checks the parameters of paths.
  func add(to api: RouterGroup<ListenerContext>, behind gate: OperatorGate) {
    let calls = api.group().add(middleware: gate)
    calls.at("webhooks/{webhook}", get: { _, context in try await .json(desk.show(context.parameter())) })
    calls.at("webhooks/{webhook}/rotate", post: { _, context in try await .json(desk.rotate(context.parameter())) })
    calls.at("webhooks/{webhook}/ping", post: { _, context in try await .json(desk.ping(context.parameter())) })
    calls.at(
      "webhooks/{webhook}/enable",
      post: { _, context in try await .json(desk.switched(context.parameter(), offBecause: nil)) })
    calls.at(
      "webhooks/{webhook}/disable",
      post: { _, context in try await .json(desk.switched(context.parameter(), offBecause: "an operator's wish")) })
    calls.at(
      "webhooks/{webhook}/dead-letters",
      get: { _, context in try await .json(["dead_letters": desk.deadLetters(context.parameter())]) })

    let withBody = api.group().add(middleware: JSONBody(limit: Limits.bodyBytes)).add(middleware: gate)
    withBody.at("webhooks", get: { _, _ in try await .json(["webhooks": desk.list()]) }, post: create)
    withBody.at("webhooks/{webhook}/resend", post: resend)
  }

  @Sendable private func create(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let wanted = try await request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try WebhookRequest(parsing: bytes)
    }
    let added = try await desk.add(wanted)
    return try .json(added, status: .created, headers: [.location: "/admin/api/webhooks/\(added.id)"])
  }

  @Sendable private func resend(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let wanted = try await request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try ResendRequest(parsing: bytes)
    }
    return try await .json(["resent": desk.resend(context.parameter(), only: wanted.delivery)])
  }
}
