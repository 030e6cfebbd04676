internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Answers every request that is not of the plain form, or wrong: a table of four paths.
struct IntakeResponder: HTTPResponder {
  typealias Context = BasicRequestContext

  let catalog: CurrentCatalog
  let orders: OrderStatusRoute
  let placing: OrderRoute
  let sales: SharedSaleBytes
  let timers = RequestTimers()

  func respond(to request: Request, context: Context) async -> Response {
    let arrivedAt = ContinuousClock.now
    let response: Response
    do throws(Problem) {
      response = Self.response(try await answer(to: request))
    } catch {
      response = error.response()
    }
    timers.record(Endpoint(path: request.uri.path), status: Int(response.status.code), .now - arrivedAt)
    return request.method == .head ? response.withoutBody() : response
  }

  private func answer(to request: Request) async throws(Problem) -> Answer {
    // The server as a whole (RFC 9110 §9.3.7), and a proxy that this is not (§9.3.6).
    if request.uri.path == "*" { return .options("GET, HEAD, POST, OPTIONS") }
    if request.method == .connect { throw .methodNotAllowed(allow: "GET, HEAD, POST, OPTIONS") }
    guard let parts = Self.parts(ofPath: request.uri.path) else { throw .notFound }
    switch (parts[0], parts.count) {
    case ("sales", 1):
      guard try isRead(request) else { return .options("GET, HEAD, OPTIONS") }
      let cursor = try cursor(of: request)
      return .json { sales.page(of: catalog.current, after: cursor, to: &$0) }
    case ("sales", 2):
      guard try isRead(request) else { return .options("GET, HEAD, OPTIONS") }
      guard let sale = SaleID(rawValue: parts[1]).flatMap({ catalog.current[$0] }) else { throw .saleNotFound }
      return .json { sales.sale(sale, to: &$0) }
    case ("sales", 3) where parts[2] == "orders":
      if request.method == .options { return .options("POST, OPTIONS") }
      guard request.method == .post else { throw .methodNotAllowed(allow: "POST, OPTIONS") }
      switch try await placing.place(request, sale: parts[1]) {
      case .accepted(let order, let body): return .accepted(order, body)
      case .repeated(let answer): return .json(answer.write)
      }
    case ("orders", 2):
      guard try isRead(request) else { return .options("GET, HEAD, OPTIONS") }
      let ticket = request.uri.queryParameters["ticket"].map(String.init)
      let answer = try await answer(order: parts[1], ticket: ticket, buyer: try buyer(of: request))
      return .json(answer.write)
    default: throw .notFound
    }
  }

  /// The sale that a request orders from: `{sale}` of `/v1/sales/{sale}/orders`, percent-decoded; `nil` for another
  /// target.
  static func saleOfOrders(_ target: String) -> String? {
    let path = target.prefix { $0 != "?" }
    guard let parts = parts(ofPath: String(path)), parts.count == 3, parts[0] == "sales", parts[2] == "orders" else {
      return nil
    }
    return parts[1]
  }

  /// The segments behind `/v1`, percent-decoded, none of them empty; `nil` where there is nothing.
  private static func parts(ofPath path: String) -> [String]? {
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    let parts = segments.compactMap(\.percentDecoded)
    guard parts.count == segments.count, parts.count > 1, parts.first == "v1", !parts.contains("") else { return nil }
    return Array(parts.dropFirst())
  }

  private enum Answer {
    /// What writes the body.
    case json((inout JSONWriter) -> Void)
    /// An order that is in the log, and the body that says so.
    case accepted(OrderID, ByteBuffer)
    /// What may be done here.
    case options(StaticString)
  }

  private func cursor(of request: Request) throws(Problem) -> SaleRoutes.Cursor? {
    guard let text = request.uri.queryParameters["cursor"] else { return nil }
    // Only what a page's `next` can be: no sign, no zeros in front.
    guard let number = Int32(text), number > 0, "\(number)" == text else {
      throw .invalidParameter("cursor", "must be the next of the page before")
    }
    return SaleNumber(rawValue: number)
  }

  private func answer(order text: String, ticket: String?, buyer: BuyerID) async throws(Problem) -> OrderAnswer {
    guard let order = OrderID(text) else { throw .orderNotFound }
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

  /// False for OPTIONS; throws for any method that does not read.
  private func isRead(_ request: Request) throws(Problem) -> Bool {
    switch request.method {
    case .get, .head: true
    case .options: false
    default: throw .methodNotAllowed(allow: "GET, HEAD, OPTIONS")
    }
  }

  private func buyer(of request: Request) throws(Problem) -> BuyerID {
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

  private static func response(_ answer: Answer) -> Response {
    switch answer {
    case .json(let write):
      var json = JSONWriter(ByteBuffer())
      write(&json)
      // Positions and stock are of the moment, and an order is for its buyer only.
      let headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
      return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: json.finish()))
    case .accepted(let order, let body):
      let headers: HTTPFields = [.contentType: "application/json", .location: "/v1/orders/\(order)"]
      return Response(status: .accepted, headers: headers, body: ResponseBody(byteBuffer: body))
    case .options(let allow):
      return Response(status: .noContent, headers: [.allow: "\(allow)"])
    }
  }
}
