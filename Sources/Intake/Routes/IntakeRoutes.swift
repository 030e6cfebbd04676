internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// The paths of intake, for requests of any form.
struct IntakeRoutes: Sendable {
  let catalog: CurrentCatalog
  let orders: OrderStatusRoute
  let placing: OrderRoute
  let sales: SharedSaleBytes
  let rooms: RoomRoutes

  func add(to v1: RouterGroup<ListenerContext>) {
    v1.at("sales", get: list)
    v1.at("sales/{sale}", get: sale)
    v1.at("sales/{sale}/orders", post: place)
    v1.at("orders/{order}", get: status)
    rooms.add(to: v1)
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

  @Sendable private func place(_ request: Request, _ context: ListenerContext) async throws -> Response {
    switch try await placing.place(request, sale: context.parameters.get("sale") ?? "") {
    case .accepted(let order, let body):
      let headers: HTTPFields = [.contentType: "application/json", .location: "/v1/orders/\(order)"]
      return Response(status: .accepted, headers: headers, body: ResponseBody(byteBuffer: body))
    case .repeated(let answer): return .json(answer.write)
    }
  }

  @Sendable private func status(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let buyer = try Self.buyer(of: request)
    guard let order = context.parameters.get("order").flatMap({ OrderID($0) }) else { throw Problem.orderNotFound }
    let ticket = request.uri.queryParameters["ticket"].map(String.init)
    return .json(try await answer(order: order, ticket: ticket, buyer: buyer).write)
  }

  private func cursor(of request: Request) throws(Problem) -> SaleRoutes.Cursor? {
    guard let text = request.uri.queryParameters["cursor"] else { return nil }
    // Only what a page's `next` can be: no sign, no zeros in front.
    guard let number = Int32(text), number > 0, "\(number)" == text else {
      throw .invalidParameter("cursor", "must be the next of the page before")
    }
    return SaleNumber(rawValue: number)
  }

  private func answer(order: OrderID, ticket: String?, buyer: BuyerID) async throws(Problem) -> OrderAnswer {
    let inquiry = try orders.inquiry(order, ticket: ticket, buyer: buyer)
    if let answer = orders.fromMemory(inquiry) { return answer }
    try orders.checkStore()
    let result: Result<OrderLookup.Finding, any Error>
    do {
      result = .success(try await orders.lookup.find(order, at: inquiry.position))
    } catch {
      result = .failure(error)
    }
    return try orders.answer(to: inquiry, result, catalog.current)
  }

  /// Who asks.
  static func buyer(of request: Request) throws(Problem) -> BuyerID {
    guard let name = HTTPField.Name(BuyerID.field), let value = request.headers[name] else {
      throw .unauthenticated("is missing")
    }
    do throws(ValidationError) {
      // A repeated field arrives as "a, b", which is not a buyer's name.
      return try BuyerID(validating: value)
    } catch {
      throw .unauthenticated(error.reason)
    }
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
