internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import SaleStore
internal import Telemetry
internal import Time

/// The pages for a person with a browser: `/` and `/admin`.
struct AdminPages: Sendable {
  let desk: SaleDesk
  let approvals: ApprovalDesk
  let signIns: SignInDesk
  let users: UserDesk
  let audits: AuditDesk

  func add(to router: Router<ListenerContext>, behind gate: OperatorGate) {
    let door = Doorkeeper(store: desk.store, gate: gate)
    let parameters = PathParameters(
      SaleID.self, UserName.self, ApprovalID.self, OrderID.self, Partition.self, OffsetInPath.self, NumberInPath.self)
    let open = router.group().add(middleware: parameters)
      .add(middleware: ProblemPages(gate: gate, door: door)).add(middleware: gate)
    for asset in Asset.all { open.at("admin/assets/\(asset.name)", get: { _, _ in asset.response }) }
    for language in Language.allCases {
      open.at("admin/language/\(language.rawValue)", get: { request, _ in choose(language, request) })
    }
    SignInRoutes(desk: signIns, door: door).add(to: open)
    open.at("", get: { _, _ in .toPage("/admin") })

    let pages = GuardedRoutes(open, door: door)
    pages.at("admin", get: .needs(.view, sales))
    pages.at("admin/sales", get: .needs(.view, sales))
    ReportRoutes(desk: desk).add(to: pages)
    LiveRoutes(desk: desk).add(to: pages)
    SaleRoutes(desk: desk, approvals: approvals).add(to: pages)
    DeskPages(desk: desk).add(to: pages)
    OperationPages(desk: desk, approvals: approvals, audits: audits).add(to: pages)
    addLog(to: pages)
    AccountRoutes(desk: signIns).add(to: pages)
    UserRoutes(desk: users).add(to: pages)
  }

  @Sendable private func sales(_ visit: Visit) async throws -> Response {
    let filter = try SalesPage.Filter(of: visit)
    let now = Timestamp.now
    let found = try await desk.sales(filter, at: now)
    let zones = try await desk.zones(of: found.sales)
    return .page(
      SalesPage.html(PageFrame(visit), found.sales, hasMore: found.hasMore, filter, zones: zones, at: now))
  }

  private func addLog(to pages: GuardedRoutes) {
    pages.at(
      "admin/log",
      get: .needs(.readLog) { visit in
        let query: LogQuery
        do throws(Problem) { query = try LogQuery(of: visit) } catch {
          return .page(LogPage.html(visit.refusing(error), nil, LogQuery()), status: error.responseStatus)
        }
        return try await .page(LogPage.html(PageFrame(visit), desk.log(query), query))
      })
    pages.at("admin/log.csv", get: .needs(.readLog, LogRoutes(desk: desk, approvals: approvals).export))
    pages.at(
      "admin/approvals",
      get: .needs(.view) { visit in try await .page(ApprovalsPage.html(PageFrame(visit), approvals.list(for: visit))) })
    for (word, isApproved) in [("approve", true), ("refuse", false)] {
      pages.at(
        "admin/approvals/{approval}/\(word)",
        post: .form(.view) { visit, _ in try await decide(visit, isApproved: isApproved) })
    }
  }

  private func decide(_ visit: Visit, isApproved: Bool) async throws -> Response {
    do {
      _ = try await approvals.decide(visit.parameter(ApprovalID.self).rawValue, isApproved: isApproved, by: visit)
      return .toPage("/admin/approvals")
    } catch let problem as Problem where [.outcomeUnknown, .logUnreachable].contains(problem.code) {
      // Its row has the button that does it again.
      let frame = PageFrame(visit, at: "/admin/approvals")
      let page = try await ApprovalsPage.html(
        frame, approvals.list(for: visit), problem: frame.say.detail(of: problem))
      return .page(page, status: problem.responseStatus)
    }
  }

  private func choose(_ language: Language, _ request: Request) -> Response {
    var response = Response.toPage(SafePath.next(request.uri.queryParameters["next"].map { String($0) }))
    let cookie = SessionCookie.text(SessionCookie.language, language.rawValue) + "; Max-Age=31536000"
    response.headers.append(HTTPField(name: .setCookie, value: cookie))
    return response
  }
}

/// Where a page may send a browser on to: pages of ours only.
enum SafePath {
  static func next(_ text: String?) -> String {
    guard let text, text == "/admin" || text.hasPrefix("/admin/") || text.hasPrefix("/admin?"),
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }), text.utf8.count <= 2_000,
      !text.hasPrefix("/admin/sign-"), !text.hasPrefix("/admin/language/")
    else { return "/admin" }
    return text
  }
}

/// Tells a problem as a page: who asks for a page is a person. Who is not known signs in first.
private struct ProblemPages: RouterMiddleware {
  let gate: OperatorGate
  let door: Doorkeeper

  func handle(
    _ request: Request, context: ListenerContext, next: (Request, ListenerContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      let problem = Problem(telling: error, to: request, logger: context.logger)
      if problem.code == .unauthenticated, request.headers[.authorization] == nil {
        let path = request.method == .get ? request.uri.string : "/admin"
        return .toPage("/admin/sign-in?next=\(path.percentEncoded)")
      }
      return .page(
        ProblemPage.html(await frame(request, context, problem), problem), status: problem.responseStatus,
        headers: problem.fields)
    }
  }

  /// With the menu of who is known, unless finding that out would fail too, or another site sent the request.
  private func frame(_ request: Request, _ context: ListenerContext, _ problem: Problem) async -> PageFrame {
    guard problem.code != .storeUnavailable, problem.code != .foreignOrigin,
      let found = try? await door.principal(of: request, context)
    else { return PageFrame(of: request) }
    return PageFrame(of: request, who: found.who, formToken: found.session?.formToken ?? "")
  }
}

extension Response {
  /// A page, which no cache keeps.
  static func page(_ page: HTML, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
    var headers = headers
    for header in PageSecurity.headers {
      if let name = HTTPField.Name(header.name) { headers[name] = header.value }
    }
    headers[.vary] = "Cookie, Accept-Language"
    return .text(page.text, type: "text/html; charset=utf-8", status: status, headers: headers)
  }

  /// Sends the browser on, which then asks by GET.
  static func toPage(_ path: String) -> Response {
    Response(status: .seeOther, headers: [.location: path, .cacheControl: "no-store"])
  }
}
