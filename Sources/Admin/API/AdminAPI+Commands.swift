internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import Telemetry

// Commands that go through the log: about a sale's stock and rules, and about an order.

extension AdminAPI {
  func addCommands(to api: RouterGroup<ListenerContext>) {
    api.at("sales/{sale}", get: { _, context in try await .json(desk.sale(context.parameter())) }, patch: change)
    api.at("sales/{sale}/items/{sku}/restock", post: { try await stock($0, $1, hasUnits: true) { .restock($0) } })
    api.at("sales/{sale}/items/{sku}/reduce", post: { try await stock($0, $1, hasUnits: true) { .reduce($0) } })
    api.at("sales/{sale}/items/{sku}/reopen", post: { try await stock($0, $1, hasUnits: false) { _ in .reopen } })
    api.at("orders/{order}/cancel", post: cancel)
    api.at("orders/{order}/refund", post: refund)
  }

  private func stock(
    _ request: Request, _ context: ListenerContext, hasUnits: Bool, _ action: (Units) -> StockCommand.Action
  ) async throws -> Response {
    guard let sku = context.parameters.get("sku").flatMap(SKU.init(rawValue:)) else { throw Problem.notFound }
    let asked = try await request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try CommandRequest.Stock(parsing: bytes, hasUnits: hasUnits)
    }
    let actor = try Self.actor(of: request, reason: asked.reason)
    return try await answer(
      desk.command(context.parameter(), sku, action(asked.units ?? Units(1)), by: actor))
  }

  @Sendable private func change(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let asked = try await request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try CommandRequest.Change(parsing: bytes)
    }
    let actor = try Self.actor(of: request, reason: asked.reason)
    return try await answer(desk.change(context.parameter(), asked, by: actor))
  }

  @Sendable private func cancel(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let order = try Self.order(context)
    let asked = try await request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try CommandRequest.Cancel(parsing: bytes, needsReason: true)
    }
    let key = try Self.key(of: request)
    if asked.units != nil, key == nil { throw Problem.keyMissing }
    let actor = try Self.actor(of: request, reason: asked.reason)
    return try await answer(desk.command(order, asked.action, key, by: actor))
  }

  @Sendable private func refund(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let order = try Self.order(context)
    let asked = try await request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try CommandRequest.Money(parsing: bytes, as: .refund, needsReason: true)
    }
    guard let key = try Self.key(of: request) else { throw Problem.keyMissing }
    let actor = try Self.actor(of: request, reason: asked.reason)
    return try await answer(desk.command(order, .refunded(asked.payment, minor: asked.minor), key, by: actor))
  }

  private func answer(_ effects: CommandEffects) throws -> Response {
    try .json(effects, status: effects.isDecided ? .ok : .accepted)
  }

  private static func order(_ context: ListenerContext) throws(Problem) -> OrderID {
    guard let order = context.parameters.get("order").flatMap({ OrderID($0) }) else { throw .notFound }
    return order
  }

  /// Who asks, by the name that the caller gives: behind one token, the API knows no other.
  private static func actor(of request: Request, reason: String) throws(Problem) -> Actor {
    let name = HTTPField.Name(actorField).flatMap { request.headers[$0] } ?? "admin"
    do throws(ValidationError) { return try Actor(name: name, reason: reason) } catch {
      guard error.field == "by" else { throw .body(.invalidField(error.field, error.reason)) }
      throw Problem(.invalidHeader, detail: "\(actorField) \(error.reason).", field: actorField)
    }
  }

  private static let actorField = "X-Admin-Name"

  private static func key(of request: Request) throws(Problem) -> IdempotencyKey? {
    guard let value = HTTPField.Name(IdempotencyKey.field).flatMap({ request.headers[$0] }) else { return nil }
    do throws(ValidationError) { return try IdempotencyKey(validatingField: value) } catch {
      throw Problem(.invalidHeader, detail: "\(error.field) \(error.reason).", field: error.field)
    }
  }
}

extension Problem {
  fileprivate static let keyMissing = Problem(
    .invalidHeader, detail: "\(IdempotencyKey.field) is missing: without it, sending this again would do it again.",
    field: IdempotencyKey.field)
}
