internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Metrics
internal import NIOCore
internal import Telemetry
internal import Vitals

/// Answers the requests of the second listener: which route, who asks, then the work.
struct AdminResponder: HTTPResponder {
  let desk: SaleDesk
  let access: Access
  let scope: AdminConfiguration.Scope
  let logger: Logger

  /// Those that some path takes.
  private static let allMethods: StaticString = "GET, HEAD, POST, OPTIONS"

  func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
    let route = route(of: request)
    var response: Response
    do {
      response = try await answer(request, route)
    } catch let problem as Problem {
      response = .problem(problem, asPage: route?.isPage ?? false)
    } catch {
      logger.error(
        "a request failed", metadata: ["path": "\(request.uri.path)", "error": "\(String(reflecting: error))"])
      response = .problem(.internalError, asPage: route?.isPage ?? false)
    }
    let labels = [("route", route?.label ?? "none"), ("status", String(response.status.code))]
    Counter(AdminMetric.requests, labels, factory: desk.metrics).increment()
    return request.method == .head ? response.withoutBody() : response
  }

  private func route(of request: Request) -> Route? {
    // CONNECT names a host and no path (RFC 9112 §3.2.3).
    guard request.method != .connect, let route = Route(path: request.uri.path) else { return nil }
    return scope == .everything || route.isPublic ? route : nil
  }

  private func answer(_ request: Request, _ route: Route?) async throws -> Response {
    // The server as a whole (RFC 9110 §9.3.7), and a proxy that this is not (§9.3.6).
    if request.uri.path == "*" { return Response(status: .noContent, headers: [.allow: "\(Self.allMethods)"]) }
    if request.method == .connect { throw Problem.methodNotAllowed(allow: Self.allMethods) }
    guard let route else { throw Problem.notFound }
    guard route.takes(request.method) else { throw Problem.methodNotAllowed(allow: route.allow) }
    // The methods of a path are no secret, and a browser's preflight carries no token.
    if request.method == .options { return Response(status: .noContent, headers: [.allow: "\(route.allow)"]) }
    if request.method == .post, route.takesBody { try request.checkBody() }
    if !route.isPublic {
      try access.check(request.head)
      // Its schema and its log were not looked at yet, so nothing else can be answered.
      if let reason = desk.hooks.waitsFor() { throw Problem.starting(reason) }
    }
    switch route {
    case .health: return .text("alive\n", type: "text/plain; charset=utf-8")
    case .ready: return try await readiness()
    case .metrics: return .text(desk.metrics.text(), type: PrometheusRegistry.contentType)
    case .root: return Response(status: .found, headers: [.location: "/admin"])
    case .salesPage: return try await .page(desk.salesPage())
    case .salePage(let id): return try await .page(desk.salePage(id))
    case .sales where request.method == .post:
      let sale = try await request.parsed { bytes throws(BodyError) in try Sale(parsing: bytes) }
      return try await created(desk.create(sale))
    case .sales: return try await .json(["sales": desk.sales()])
    case .sale(let id): return try await .json(desk.sale(id))
    case .close(let id): return try await .json(desk.close(id))
    case .report(let id): return try await report(on: id, format: request.uri.queryParameters["format"])
    case .orders(let id, let form):
      let body = try await desk.orders(of: id, as: form)
      return .file(body, type: form.mediaType, name: "\(id)-orders.\(form.rawValue)")
    case .partitions: return try await .json(desk.partitions())
    case .resume(let partition):
      let asked = try await request.parsed { bytes throws(BodyError) in try ResumeRequest(parsing: bytes) }
      return try await .json(desk.resume(partition, asked))
    case .drain(let worker): return try await .json(desk.drain(worker))
    }
  }

  private func readiness() async throws -> Response {
    struct Readiness: Encodable {
      var ready: Bool
      var checks: [HealthCheck]
    }
    let checks = await desk.hooks.checks()
    let isReady = checks.allSatisfy(\.isReady)
    return try .json(Readiness(ready: isReady, checks: checks), status: isReady ? .ok : .serviceUnavailable)
  }

  private func created(_ sale: AdminSale) throws -> Response {
    try .json(sale, status: .created, headers: [.location: "/admin/api/sales/\(sale.id)"])
  }

  private func report(on id: SaleID, format: Substring?) async throws -> Response {
    switch format {
    case nil, "json": return try await .json(desk.report(on: id))
    case "csv":
      let text = ReportCSV.text(try await desk.report(on: id))
      let body = ResponseBody(byteBuffer: ByteBuffer(string: text))
      return .file(body, type: OrderExport.csv.mediaType, name: "\(id)-report.csv")
    default:
      throw Problem.unknownFormat
    }
  }
}
