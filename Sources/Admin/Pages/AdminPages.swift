internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import Telemetry

/// The pages for a person with a browser: `/` and `/admin`.
struct AdminPages: Sendable {
  let desk: SaleDesk

  func add(to router: Router<ListenerContext>, behind gate: OperatorGate) {
    let pages = router.group().add(middleware: PathParameters(SaleID.self))
      .add(middleware: ProblemPages()).add(middleware: gate)
    pages.at("", get: { _, _ in Response(status: .found, headers: [.location: "/admin"]) })
    pages.at("admin", get: sales)
    pages.at("admin/sales", get: sales)
    pages.at("admin/sales/{sale}", get: { _, context in try await .page(desk.salePage(context.parameter())) })
  }

  @Sendable private func sales(_ request: Request, _ context: ListenerContext) async throws -> Response {
    try await .page(desk.salesPage())
  }
}

/// Tells a problem as a page: who asks for a page is a person.
private struct ProblemPages: RouterMiddleware {
  func handle(
    _ request: Request, context: ListenerContext, next: (Request, ListenerContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      let problem = Problem(telling: error, to: request, logger: context.logger)
      return .page(ProblemPage.html(problem), status: problem.responseStatus, headers: problem.fields)
    }
  }
}

extension Response {
  /// A page. It may load and run nothing; its one stylesheet is allowed by its digest.
  fileprivate static func page(
    _ page: HTML, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) -> Response {
    var headers = headers
    headers[.contentSecurityPolicy] = PageLayout.contentSecurityPolicy
    return .text(page.text, type: "text/html; charset=utf-8", status: status, headers: headers)
  }
}
