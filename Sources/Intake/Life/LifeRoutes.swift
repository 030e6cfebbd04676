internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Time

/// The paths of what becomes of an order: the buyer's, the shop's, and the payment provider's.
struct LifeRoutes: Sendable {
  let desk: LifeDesk
  let recognition: SharedRecognition
  /// `nil`: the shop is believed only where everybody is.
  let shop: SharedToken?
  /// `nil`: no notice is believed.
  let webhooks: WebhookChecker?

  /// All of them, for the metrics.
  static let paths: Set<String> = Set(
    ["cancel", "extend", "release", "payments", "refunds", "fulfil"].map { "/v1/orders/{order}/\($0)" }
      + ["/v1/webhooks/payments"])

  func add(to v1: RouterGroup<ListenerContext>) {
    v1.at("orders/{order}/cancel", post: cancel)
    v1.at("orders/{order}/extend", post: { try await byBuyer($0, $1, .extend, needsKey: true) })
    v1.at("orders/{order}/release", post: { try await byBuyer($0, $1, .release) })
    v1.at("orders/{order}/payments", post: pay)
    v1.at("orders/{order}/refunds", post: refund)
    v1.at("orders/{order}/fulfil", post: fulfil)
    v1.at("webhooks/payments", post: notice)
  }

  // MARK: The buyer

  @Sendable private func cancel(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let buyer = try recognition.caller(of: request, context).buyer
    let body = try await Self.body(of: request)
    let asked = try Self.parsed(body) { bytes throws(BodyError) in try CommandRequest.Cancel(parsing: bytes) }
    let key = try Self.key(of: request, isNeeded: asked.units != nil)
    return try await perform(request, context, asked.action, key, buyer: buyer, by: .buyer, asked.reason)
  }

  private func byBuyer(
    _ request: Request, _ context: ListenerContext, _ action: OrderCommand.Action, needsKey: Bool = false
  ) async throws -> Response {
    let buyer = try recognition.caller(of: request, context).buyer
    let key = try Self.key(of: request, isNeeded: needsKey)
    return try await perform(request, context, action, key, buyer: buyer, by: .buyer)
  }

  // MARK: The shop

  @Sendable private func pay(_ request: Request, _ context: ListenerContext) async throws -> Response {
    try checkShop(request, context)
    let body = try await Self.body(of: request)
    let money = try Self.parsed(body) { bytes throws(BodyError) in
      try CommandRequest.Money(parsing: bytes, as: .capture)
    }
    return try await capture(request, try Self.order(context), money, by: .shop)
  }

  @Sendable private func refund(_ request: Request, _ context: ListenerContext) async throws -> Response {
    try checkShop(request, context)
    let body = try await Self.body(of: request)
    let money = try Self.parsed(body) { bytes throws(BodyError) in
      try CommandRequest.Money(parsing: bytes, as: .refund)
    }
    let key = try Self.key(of: request, isNeeded: true)
    try await desk.check(money, of: try Self.order(context))
    let action = OrderCommand.Action.refunded(money.payment, minor: money.minor)
    return try await perform(request, context, action, key, buyer: nil, by: .shop, money.reason)
  }

  @Sendable private func fulfil(_ request: Request, _ context: ListenerContext) async throws -> Response {
    try checkShop(request, context)
    return try await perform(request, context, .fulfil, try Self.key(of: request), buyer: nil, by: .shop)
  }

  private func checkShop(_ request: Request, _ context: ListenerContext) throws(Problem) {
    guard let shop else {
      // In development everybody is believed, and else nobody.
      let identification = recognition.identification
      guard identification.gateways == nil, identification.tokens == nil else { throw .shopOnly }
      return
    }
    let value = request.headers[.authorization] ?? ""
    guard value.prefix(7).lowercased() == "bearer ", shop.matches(String(value.dropFirst(7))) else { throw .shopOnly }
  }

  // MARK: The provider

  @Sendable private func notice(_ request: Request, _ context: ListenerContext) async throws -> Response {
    guard let webhooks else { throw Problem.signatureInvalid(nil) }
    let body = try await Self.body(of: request)
    func field(_ name: String) -> String? { HTTPField.Name(name).flatMap { request.headers[$0] } }
    do throws(WebhookChecker.Fault) {
      try body.withUnsafeReadableBytes { bytes throws(WebhookChecker.Fault) in
        try webhooks.check(
          id: field(WebhookChecker.idField), timestamp: field(WebhookChecker.timestampField),
          signatures: field(WebhookChecker.signatureField), body: bytes, at: .now)
      }
    } catch {
      throw Problem.signatureInvalid(error)
    }
    let money = try Self.parsed(body) { bytes throws(BodyError) in
      try CommandRequest.Money(parsing: bytes, as: .notice)
    }
    guard let order = money.order else { throw Problem.orderNotFound }
    return try await capture(request, order, money, by: .provider)
  }

  // MARK: All of them

  private func capture(
    _ request: Request, _ order: OrderID, _ money: CommandRequest.Money, by actor: Actor
  ) async throws -> Response {
    let capture: Capture
    do throws(ValidationError) { capture = try money.capture } catch {
      throw Problem.body(.invalidField(error.field, error.reason))
    }
    return try await answer(
      CommandCall(
        order: order, action: .pay(capture), id: CommandID(capturing: capture.payment), canRepeat: true, buyer: nil,
        payer: money.buyer, position: nil, by: actor, patience: try Self.patience(of: request)))
  }

  private func perform(
    _ request: Request, _ context: ListenerContext, _ action: OrderCommand.Action, _ key: IdempotencyKey?,
    buyer: BuyerID?, by actor: Actor, _ reason: String = ""
  ) async throws -> Response {
    let order = try Self.order(context)
    var position: LogPosition?
    if let buyer, let ticket = request.uri.queryParameters["ticket"] {
      position = try desk.position(of: String(ticket), order, buyer)
    }
    let by: Actor
    do throws(ValidationError) { by = try Actor(name: actor.name, reason: reason) } catch {
      throw Problem.body(.invalidField(error.field, error.reason))
    }
    let id = key.map { buyer == nil ? CommandID($0) : CommandID(ofBuyer: $0) }
    return try await answer(
      CommandCall(
        order: order, action: action, id: id ?? .random(), canRepeat: id != nil, buyer: buyer,
        position: position, by: by, patience: try Self.patience(of: request)))
  }

  private func answer(_ call: CommandCall) async throws -> Response {
    let answer = try await desk.perform(call)
    var response = Response.json(answer.write)
    if case .queued = answer { response.status = .accepted }
    return response
  }

  private static func order(_ context: ListenerContext) throws(Problem) -> OrderID {
    guard let order = context.parameters.get("order").flatMap({ OrderID($0) }) else { throw .orderNotFound }
    return order
  }

  private static func patience(of request: Request) throws(Problem) -> Duration {
    try WaitTime.asked(in: request.uri.queryParameters) ?? Limits.commandPatience
  }

  /// - Parameter isNeeded: whether, without a name for it, nobody could tell the command's retry from a second one.
  private static func key(of request: Request, isNeeded: Bool = false) throws(Problem) -> IdempotencyKey? {
    guard let name = HTTPField.Name(IdempotencyKey.field), let value = request.headers[name] else {
      if isNeeded { throw .keyMissing }
      return nil
    }
    guard request.headers[values: name].count == 1 else {
      throw .invalidHeader(IdempotencyKey.field, "is there twice")
    }
    do throws(ValidationError) { return try IdempotencyKey(validatingField: value) } catch {
      throw .invalidHeader(error.field, error.reason)
    }
  }

  private static func body(of request: Request) async throws(Problem) -> ByteBuffer {
    if let length = request.headers[.contentLength].flatMap(Int.init), length > Limits.commandBytes {
      throw .bodyTooLarge(limit: Limits.commandBytes)
    }
    do {
      return try await request.body.collect(upTo: Limits.commandBytes)
    } catch is NIOTooManyBytesError {
      throw .bodyTooLarge(limit: Limits.commandBytes)
    } catch {
      throw .malformedRequest
    }
  }

  private static func parsed<Value>(
    _ body: ByteBuffer, _ parse: (UnsafeRawBufferPointer) throws(BodyError) -> Value
  ) throws(Problem) -> Value {
    do throws(BodyError) {
      return try body.withUnsafeReadableBytes { bytes throws(BodyError) in try parse(bytes) }
    } catch {
      throw .body(error)
    }
  }
}

extension LifeDesk {
  /// Where an order stands in the log, by its ticket.
  func position(of ticket: String, _ order: OrderID, _ buyer: BuyerID) throws(Problem) -> LogPosition? {
    try orders.inquiry(order, ticket: ticket, buyer: buyer).position
  }
}

extension Problem {
  fileprivate static let keyMissing = Problem.invalidHeader(
    IdempotencyKey.field, "is missing: without it, sending this again would do it again")
}
