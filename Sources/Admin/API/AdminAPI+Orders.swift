internal import FlashSale
internal import HTTPServing
internal import Hummingbird

// Commands that go through the log, about one order.

extension AdminAPI {
  func addOrderCommands(to api: GuardedRoutes) {
    api.at("orders/{order}/cancel", post: .needs(OrderAction.cancel.right, cancel))
    api.at("orders/{order}/refund", post: .needs(OrderAction.refund.right, refund))
    api.at("orders/{order}/extend", post: .needs(OrderAction.extend.right) { try await plain($0, .extend) })
    api.at("orders/{order}/release", post: .needs(OrderAction.release.right) { try await plain($0, .release) })
  }

  @Sendable private func cancel(_ visit: Visit) async throws -> Response {
    let order: OrderID = try visit.parameter()
    let asked = try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try CommandRequest.Cancel(parsing: bytes, needsReason: true)
    }
    return try await perform(
      .cancel(asked.units, of: asked.sku), on: order, why: asked.reason, needsKey: asked.units != nil, by: visit)
  }

  @Sendable private func refund(_ visit: Visit) async throws -> Response {
    let order: OrderID = try visit.parameter()
    let asked = try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try CommandRequest.Money(parsing: bytes, as: .refund, needsReason: true)
    }
    try await desk.check(asked, of: order)
    return try await perform(
      .refund(asked.payment, minor: asked.minor), on: order, why: asked.reason, needsKey: true, by: visit)
  }

  /// A command with a reason, and nothing else.
  private func plain(_ visit: Visit, _ request: OrderRequest) async throws -> Response {
    let order: OrderID = try visit.parameter()
    let asked = try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try CommandRequest.Stock(parsing: bytes, hasUnits: false)
    }
    return try await perform(request, on: order, why: asked.reason, needsKey: request == .extend, by: visit)
  }

  /// - Parameter needsKey: whether it would be done again if it were sent again without one.
  private func perform(
    _ request: OrderRequest, on order: OrderID, why: String, needsKey: Bool, by visit: Visit
  ) async throws -> Response {
    let key = try visit.idempotencyKey()
    if needsKey, key == nil { throw Problem.keyMissing }
    return try await answer(
      OrderDesk(desk: desk).perform(request, on: order, named: CommandName(key), why: why, by: visit))
  }
}

extension Problem {
  static let keyMissing = Problem(
    .invalidHeader, detail: "\(IdempotencyKey.field) is missing: without it, sending this again would do it again.",
    field: IdempotencyKey.field)
}
