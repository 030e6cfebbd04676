internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Time

/// The paths of intake, for requests of any form.
struct IntakeRoutes: Sendable {
  let catalog: CurrentCatalog
  let orders: OrderStatusRoute
  let placing: OrderRoute
  let sales: SharedSaleBytes
  let rooms: RoomRoutes
  let lives: LifeRoutes
  let recognition: SharedRecognition

  func add(to v1: RouterGroup<ListenerContext>) {
    v1.at("sales", get: list)
    v1.at("sales/{sale}", get: sale)
    v1.at("sales/{sale}/orders", post: place)
    v1.at("sales/{sale}/challenge", get: challenge)
    v1.at("orders/{order}", get: status)
    v1.at("orders/{order}/events", get: events)
    rooms.add(to: v1)
    lives.add(to: v1)
  }

  @Sendable private func list(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let cursor = try cursor(of: request)
    return .json { sales.page(of: catalog.current, after: cursor, to: &$0) }
  }

  @Sendable private func sale(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let id = context.parameters.get("sale").flatMap(SaleID.init(rawValue:))
    guard let sale = id.flatMap({ catalog.current[$0] }) else { throw Problem.saleNotFound }
    return .json { sales.sale(sale, to: &$0) }
  }

  @Sendable private func challenge(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let caller = try recognition.caller(of: request, context)
    let id = context.parameters.get("sale").flatMap(SaleID.init(rawValue:))
    guard let sale = id.flatMap({ catalog.current[$0] }) else { throw Problem.saleNotFound }
    let challenge = placing.gate.entry.challenge(caller, to: sale)
    return .json { json in
      guard let challenge else {
        json.null("challenge")
        return json.field("bits", 0)
      }
      json.field("challenge", challenge.text)
      json.field("bits", challenge.bits)
      json.field("expires_at", challenge.expiresAt.description)
    }
  }

  @Sendable private func place(_ request: Request, _ context: ListenerContext) async throws -> Response {
    switch try await placing.place(
      request, sale: context.parameters.get("sale") ?? "", from: context.peer)
    {
    case .accepted(let order, let body):
      let headers: HTTPFields = [.contentType: "application/json", .location: "/v1/orders/\(order)"]
      return Response(status: .accepted, headers: headers, body: ResponseBody(byteBuffer: body))
    case .repeated(let answer): return .json(answer.write)
    }
  }

  @Sendable private func status(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let question = try question(request, context, isStream: false)
    return .json(try await answer(question).write)
  }

  /// What is not streamed: HEAD, and what is wrong. Streams are answered ahead of the framework (`OrderConnection`).
  @Sendable private func events(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let question = try question(request, context, isStream: true)
    if question.ticket == nil {
      _ = try await answer(question)
    } else {
      _ = try orders.inquiry(question.order, ticket: question.ticket, buyer: question.buyer)
    }
    guard request.method == .head else {
      // Its body is held back, or longer than what is collected.
      throw Problem.invalidHeader("Content-Length", "must be left out: events are asked for without a body")
    }
    var headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
    if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
    return Response(status: .ok, headers: headers)
  }

  private func cursor(of request: Request) throws(Problem) -> SaleRoutes.Cursor? {
    guard let text = request.uri.queryParameters["cursor"] else { return nil }
    // Only what a page's `next` can be: no sign, no zeros in front.
    guard let number = Int32(text), number > 0, "\(number)" == text else {
      throw .invalidParameter("cursor", "must be the next of the page before")
    }
    return SaleNumber(rawValue: number)
  }

  private func answer(_ question: OrderQuestion) async throws(Problem) -> OrderAnswer {
    let inquiry = try orders.inquiry(question.order, ticket: question.ticket, buyer: question.buyer)
    if let answer = orders.fromMemory(inquiry) { return answer }
    try orders.checkStore()
    let result: Result<OrderLookup.Finding, any Error>
    do {
      result = .success(try await orders.lookup.find(inquiry.order, at: inquiry.position))
    } catch {
      result = .failure(error)
    }
    return try orders.answer(to: inquiry, result, catalog.current)
  }

  private func question(
    _ request: Request, _ context: ListenerContext, isStream: Bool
  ) throws(Problem) -> OrderQuestion {
    try OrderQuestion(
      request.head, order: context.parameters.get("order") ?? "",
      buyer: try recognition.caller(of: request, context).buyer, isStream: isStream)
  }
}

extension SharedRecognition {
  /// Who sends a request that a route serves.
  func caller(of request: Request, _ context: ListenerContext) throws(Problem) -> Caller {
    try OrderFields(request.headers).caller(
      self, believesField: identification.believesField(of: ClientAddress(context.peer)))
  }
}

extension Response {
  /// Positions and stock are of the moment, and an order is for its buyer only.
  static func json(_ write: (inout JSONWriter) -> Void) -> Response {
    var json = JSONWriter(ByteBuffer())
    write(&json)
    let headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: json.finish()))
  }
}
