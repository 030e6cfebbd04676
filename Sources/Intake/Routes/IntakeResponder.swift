internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOHTTP1

/// Answers everything but orders: a table of four paths.
struct IntakeResponder: HTTPResponder {
  typealias Context = BasicRequestContext

  let catalog: CurrentCatalog
  let orders: OrderStatusRoute

  func respond(to request: Request, context: Context) async -> Response {
    do throws(Problem) {
      return Self.response(try await answer(to: request), isHead: request.method == .head)
    } catch {
      return Self.response(error, isHead: request.method == .head)
    }
  }

  private func answer(to request: Request) async throws(Problem) -> Answer {
    let path = request.uri.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    let parts = path.compactMap(\.percentDecoded)
    guard parts.count == path.count, parts.first == "v1", !parts.contains("") else { throw .notFound }
    switch (parts.dropFirst().first, parts.count) {
    case ("sales", 2):
      guard try isRead(request) else { return .options("GET, HEAD, OPTIONS") }
      return .json { SaleRoutes.write(catalog.current, now: .now, to: &$0) }
    case ("sales", 3):
      guard try isRead(request) else { return .options("GET, HEAD, OPTIONS") }
      guard let sale = SaleID(rawValue: parts[2]).flatMap({ catalog.current[$0] }) else { throw .saleNotFound }
      return .json { SaleRoutes.write(sale, now: .now, to: &$0) }
    case ("sales", 4) where parts[3] == "orders":
      // POST is answered before it gets here.
      guard request.method == .options else { throw .methodNotAllowed(allow: "POST, OPTIONS") }
      return .options("POST, OPTIONS")
    case ("orders", 3):
      guard try isRead(request) else { return .options("GET, HEAD, OPTIONS") }
      let ticket = request.uri.queryParameters["ticket"].map(String.init)
      let answer = try await answer(order: parts[2], ticket: ticket, buyer: try buyer(of: request))
      return .json(answer.write)
    default: throw .notFound
    }
  }

  private enum Answer {
    /// What writes the body.
    case json((inout JSONWriter) -> Void)
    /// What may be done here.
    case options(StaticString)
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
      // A field that is there twice arrives as "a, b", which no buyer is called.
      return try BuyerID(validating: value)
    } catch {
      throw .unauthenticated(error.reason)
    }
  }

  private static func response(_ answer: Answer, isHead: Bool) -> Response {
    switch answer {
    case .json(let write):
      var json = JSONWriter(ByteBuffer())
      write(&json)
      // Positions and stock are of the moment, and an order is for its buyer only.
      let headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
      return Response(status: .ok, headers: headers, body: responseBody(json.finish(), isHead))
    case .options(let allow):
      return Response(status: .noContent, headers: [.allow: "\(allow)"])
    }
  }

  private static func response(_ problem: Problem, isHead: Bool) -> Response {
    let body = responseBody(problem.body(), isHead)
    var response = problem.response()
    response.body = body
    return response
  }

  /// The body, or for HEAD only its length.
  private static func responseBody(_ body: ByteBuffer, _ isHead: Bool) -> ResponseBody {
    guard isHead else { return ResponseBody(byteBuffer: body) }
    return ResponseBody(contentLength: body.readableBytes) { writer in try await writer.finish(nil) }
  }
}
