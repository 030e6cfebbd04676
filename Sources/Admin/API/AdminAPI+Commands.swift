internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import SaleStore
internal import Telemetry

// Commands that go through the log: about a sale's stock and rules, and about an order.

extension AdminAPI {
  func addCommands(to api: GuardedRoutes) {
    api.at(
      "sales/{sale}", get: .needs(.view) { visit in try await .json(desk.sale(visit.parameter())) },
      patch: .needs(.operate, change))
    api.at("sales/{sale}/items/{sku}/restock", post: .needs(.operate) { try await stock($0, .stockRestocked) })
    api.at("sales/{sale}/items/{sku}/reduce", post: .needs(.operate, reduce))
    api.at("sales/{sale}/items/{sku}/reopen", post: .needs(.operate) { try await stock($0, .stockReopened) })
    api.at("orders/{order}/cancel", post: .needs(.refund, cancel))
    api.at("orders/{order}/refund", post: .needs(.refund, refund))
  }

  private static func sku(_ visit: Visit) throws(Problem) -> SKU {
    guard let sku = visit.context.parameters.get("sku").flatMap(SKU.init(rawValue:)) else { throw .notFound }
    return sku
  }

  /// Restocks or reopens.
  private func stock(_ visit: Visit, _ action: LogAction) async throws -> Response {
    let sku = try Self.sku(visit)
    let asked = try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try CommandRequest.Stock(parsing: bytes, hasUnits: action == .stockRestocked)
    }
    let (actor, name) = (try visit.actor(reason: asked.reason), CommandName(try visit.idempotencyKey()))
    let (id, units): (SaleID, Units) = (try visit.parameter(), asked.units ?? Units(1))
    let isRestock = action == .stockRestocked
    return try await visit.logged(
      action, "\(id)/\(sku)", to: isRestock ? "+\(units)" : nil, why: asked.reason
    ) { try await answer(desk.command(id, sku, isRestock ? .restock(units) : .reopen, named: name, by: actor)) }
  }

  @Sendable private func reduce(_ visit: Visit) async throws -> Response {
    let sku = try Self.sku(visit)
    var body = ""
    let asked = try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      body = String(decoding: bytes, as: UTF8.self)
      return try CommandRequest.Stock(parsing: bytes, hasUnits: true)
    }
    let (actor, name) = (try visit.actor(reason: asked.reason), CommandName(try visit.idempotencyKey()))
    let (id, units): (SaleID, Units) = (try visit.parameter(), asked.units ?? Units(1))
    let outcome = try await approvals.run(
      .reduce, .stockReduced, "\(id)/\(sku)", to: "−\(units)", body: body, named: name, why: asked.reason, by: visit
    ) { try await desk.command(id, sku, .reduce(units), named: name, by: actor) }
    if case .done(let effects) = outcome { return try answer(effects) }
    return try outcome.response()
  }

  @Sendable private func change(_ visit: Visit) async throws -> Response {
    var body = ""
    let asked = try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      body = String(decoding: bytes, as: UTF8.self)
      return try CommandRequest.Change(parsing: bytes)
    }
    let (actor, name) = (try visit.actor(reason: asked.reason), CommandName(try visit.idempotencyKey()))
    let id: SaleID = try visit.parameter()
    return try await visit.logged(
      .saleChanged, id.rawValue, from: try await desk.stored(id).sale.summary, to: body, why: asked.reason
    ) { try await answer(desk.change(id, asked, named: name, by: actor)) }
  }

  @Sendable private func cancel(_ visit: Visit) async throws -> Response {
    let order: OrderID = try visit.parameter()
    let asked = try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try CommandRequest.Cancel(parsing: bytes, needsReason: true)
    }
    let key = try visit.idempotencyKey()
    if asked.units != nil, key == nil { throw Problem.keyMissing }
    let actor = try visit.actor(reason: asked.reason)
    let words = asked.units.map { "\($0) units" } ?? "all units"
    return try await visit.logged(.orderCancelled, "\(order)", to: words, why: asked.reason) {
      try await answer(desk.command(order, asked.action, named: CommandName(key), by: actor))
    }
  }

  @Sendable private func refund(_ visit: Visit) async throws -> Response {
    let order: OrderID = try visit.parameter()
    let asked = try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try CommandRequest.Money(parsing: bytes, as: .refund, needsReason: true)
    }
    guard let key = try visit.idempotencyKey() else { throw Problem.keyMissing }
    let actor = try visit.actor(reason: asked.reason)
    let words = "\(asked.minor) of payment \(asked.payment)"
    return try await visit.logged(.orderRefunded, "\(order)", to: words, why: asked.reason) {
      let action = OrderCommand.Action.refunded(asked.payment, minor: asked.minor)
      return try await answer(desk.command(order, action, named: CommandName(key), by: actor))
    }
  }

  private func answer(_ effects: CommandEffects) throws -> Response {
    try .json(effects, status: effects.isDecided ? .ok : .accepted)
  }
}

extension Problem {
  fileprivate static let keyMissing = Problem(
    .invalidHeader, detail: "\(IdempotencyKey.field) is missing: without it, sending this again would do it again.",
    field: IdempotencyKey.field)
}
