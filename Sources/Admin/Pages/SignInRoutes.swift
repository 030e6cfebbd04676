internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import SaleStore
internal import Secrets
internal import Telemetry
internal import Time

/// `/admin/sign-in`: for everyone.
struct SignInRoutes: Sendable {
  let desk: SignInDesk
  let door: Doorkeeper

  func add(to pages: RouterGroup<ListenerContext>) {
    pages.at("admin/sign-in", get: show, post: signIn)
  }

  @Sendable private func show(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let next = SafePath.next(request.uri.queryParameters["next"].flatMap { String($0).percentDecoded })
    return try await page(request, name: "", next: next, problem: nil, status: .ok)
  }

  /// The page, with a form that is bound to a cookie: no other site can send it for its visitor.
  private func page(
    _ request: Request, name: String, next: String, problem: String?, status: HTTPResponse.Status
  ) async throws -> Response {
    let cookie = AccessSecret.session()
    let page = SignInPage.html(
      PageFrame(of: request, formToken: cookie.formToken), name: name, next: next, problem: problem,
      hasNoUsers: try await desk.hasNoUsers())
    var response = Response.page(page, status: status)
    let field = SessionCookie.text(SessionCookie.form, cookie.text.value)
    response.headers.append(HTTPField(name: .setCookie, value: field))
    return response
  }

  @Sendable private func signIn(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let form = try await FormFields(of: request)
    let cookie = SessionCookie.value(SessionCookie.form, in: request).flatMap(AccessSecret.init(sent:))
    guard let cookie, cookie.isFormToken(form["form_token"]) else { throw Problem.formRefused }
    let say = Phrasebook(language: Language(of: request))
    let (name, next) = (form["name"], SafePath.next(form["next"]))
    guard let kind = cookieKind(request) else {
      return try await page(
        request, name: name, next: next, problem: say(AccountWords.needsTLS), status: .forbidden)
    }
    let attempt = SignInDesk.Attempt(
      name: name, password: form["password"], code: form["code"], isOverTLS: kind == .overTLS,
      address: context.peer?.ipAddress ?? "")
    let shownName = String(name.prefix(Accounts.Limits.userNameBytes))
    switch try await desk.signIn(attempt) {
    case .signedIn(let secret):
      var response = Response.toPage(next)
      response.headers.append(HTTPField(name: .setCookie, value: SessionCookie.begin(secret, kind)))
      return response
    case .refused:
      return try await page(
        request, name: shownName, next: next, problem: say(AccountWords.refused), status: .unauthorized)
    case .locked(let wait):
      let seconds = "\(wait.components.seconds + 1)"
      var response = try await page(
        request, name: shownName, next: next, problem: say(AccountWords.locked, seconds), status: .tooManyRequests)
      response.headers[.retryAfter] = seconds
      return response
    }
  }

  /// `nil`: neither over TLS nor on this machine.
  private func cookieKind(_ request: Request) -> SessionCookie.Kind? {
    if request.head.isFromTLS { return .overTLS }
    return (request.head.authority.map(door.gate.isLoopback) ?? false) ? .onThisMachine : nil
  }
}

/// `/admin/account` and `/admin/sign-out`: what is one's own.
struct AccountRoutes: Sendable {
  let desk: SignInDesk

  func add(to pages: GuardedRoutes) {
    pages.at("admin/account", get: .needs(.view) { visit in try await page(visit) })
    pages.at("admin/sign-out", post: .form(.view) { visit, _ in try await signOut(visit, everywhere: false) })
    pages.at("admin/account/sign-out", post: .form(.view) { visit, _ in try await signOut(visit, everywhere: true) })
    pages.at("admin/account/password", post: .form(.view, password))
    pages.at("admin/account/codes", post: .form(.view, codesOn))
    pages.at("admin/account/codes/off", post: .form(.view, codesOff))
  }

  private func page(
    _ visit: Visit, codes: OneTimeCodes = .random(), passwordProblem: String? = nil, codeProblem: String? = nil
  ) async throws -> Response {
    let user = try await desk.user(visit)
    let page = AccountPage.html(
      PageFrame(visit), user, sessions: try await desk.sessions(of: user), present: visit.session?.digest,
      newCodes: codes, passwordProblem: passwordProblem, codeProblem: codeProblem)
    return .page(page, status: passwordProblem ?? codeProblem == nil ? .ok : .unprocessableContent)
  }

  private func signOut(_ visit: Visit, everywhere: Bool) async throws -> Response {
    try await desk.signOut(visit, everywhere: everywhere)
    var response = Response.toPage("/admin/sign-in")
    for kind in SessionCookie.Kind.allCases {
      response.headers.append(HTTPField(name: .setCookie, value: SessionCookie.end(kind)))
    }
    return response
  }

  @Sendable private func password(_ visit: Visit, _ form: FormFields) async throws -> Response {
    let problem: String
    let say = PageFrame(visit).say
    do {
      if try await desk.changePassword(visit, from: form["old"], to: form["new"]) { return .toPage("/admin/account") }
      problem = say(AccountWords.wrongPassword)
    } catch let error as ValidationError {
      problem = "\(say(AccountWords.newPassword)): \(say.rule(error.reason))"
    }
    return try await page(visit, passwordProblem: problem)
  }

  @Sendable private func codesOn(_ visit: Visit, _ form: FormFields) async throws -> Response {
    guard let codes = OneTimeCodes(secretText: form["secret"]) else { throw Problem.formRefused }
    if try await desk.turnCodesOn(visit, codes, password: form["password"], code: form["code"]) {
      return .toPage("/admin/account")
    }
    return try await page(visit, codes: codes, codeProblem: PageFrame(visit).say(AccountWords.wrongPasswordOrCode))
  }

  @Sendable private func codesOff(_ visit: Visit, _ form: FormFields) async throws -> Response {
    if try await desk.turnCodesOff(visit, password: form["password"], code: form["code"]) {
      return .toPage("/admin/account")
    }
    return try await page(visit, codeProblem: PageFrame(visit).say(AccountWords.wrongPasswordOrCode))
  }
}
