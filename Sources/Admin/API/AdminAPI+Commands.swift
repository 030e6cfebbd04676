internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import SaleStore
internal import Telemetry
internal import Time

// Commands that go through the log, about a sale's stock and rules.

extension AdminAPI {
  func addCommands(to api: GuardedRoutes) {
    api.at(
      "sales/{sale}", get: .needs(.view) { visit in try await .json(desk.sale(visit.parameter())) },
      patch: .needs(.operate, change))
    api.at("sales/{sale}/items/{sku}/restock", post: .needs(.operate) { try await stock($0, .stockRestocked) })
    api.at("sales/{sale}/items/{sku}/reduce", post: .needs(.operate, reduce))
    api.at("sales/{sale}/items/{sku}/reopen", post: .needs(.operate) { try await stock($0, .stockReopened) })
  }

  @Sendable func close(_ visit: Visit) async throws -> Response {
    let (id, reason): (SaleID, String) = (try visit.parameter(), try await Self.reason(of: visit))
    let (actor, name) = (try visit.actor(reason: reason), CommandName(try visit.idempotencyKey()))
    let from = try await desk.stored(id).standing(at: .now)
    return try await approvals.run(
      .close, .saleClosed, id.rawValue, from: from, to: "closed", body: ApprovalDesk.plainClose, named: name,
      why: reason, by: visit
    ) { try await desk.close(id, named: name, by: actor) }.response()
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
    let from = try await desk.stored(id).words(for: sku)
    return try await visit.logged(
      action, "\(id)/\(sku)", from: from, to: isRestock ? "+\(units)" : nil, why: asked.reason
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
      .reduce, .stockReduced, "\(id)/\(sku)", from: desk.stored(id).words(for: sku), to: "−\(units)", body: body,
      named: name, why: asked.reason, by: visit
    ) { try await desk.command(id, sku, .reduce(units), named: name, by: actor) }
    return try answer(outcome)
  }

  @Sendable private func change(_ visit: Visit) async throws -> Response {
    var body = ""
    let asked = try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      body = String(decoding: bytes, as: UTF8.self)
      return try CommandRequest.Change(parsing: bytes)
    }
    let outcome = try await approvals.change(
      desk.stored(visit.parameter()), asked, body: body, named: CommandName(visit.idempotencyKey()), by: visit)
    return try answer(outcome)
  }

  private func answer(_ outcome: ApprovalDesk.Outcome<CommandEffects>) throws -> Response {
    if case .done(let effects) = outcome { return try answer(effects) }
    return try outcome.response()
  }

  func answer(_ effects: CommandEffects) throws -> Response {
    try .json(effects, status: effects.isDecided ? .ok : .accepted)
  }
}
