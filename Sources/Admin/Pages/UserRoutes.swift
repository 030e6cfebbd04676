internal import Accounts
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import SaleStore
internal import Secrets
internal import Time

/// `/admin/users` and `/admin/tokens`, for who may manage users. Each form says why, for the admin log.
struct UserRoutes: Sendable {
  let desk: UserDesk

  func add(to pages: GuardedRoutes) {
    pages.at(
      "admin/users", get: .needs(.manageUsers) { visit in try await page(visit) },
      post: .form(.manageUsers) { visit, form in
        try await change(visit, form) { reason in
          try await desk.add(
            visit, name: form["name"], role: form["role"], password: form["password"], because: reason)
        }
      })
    pages.at(
      "admin/users/{user}/role",
      post: .form(.manageUsers) { visit, form in
        try await change(visit, form) { reason in
          try await desk.change(visit, visit.parameter(), to: form["role"], because: reason)
        }
      })
    for (word, isOn) in [("enable", true), ("disable", false)] {
      pages.at(
        "admin/users/{user}/\(word)",
        post: .form(.manageUsers) { visit, form in
          try await change(visit, form) { reason in
            try await desk.switched(visit, visit.parameter(), isOn: isOn, because: reason)
          }
        })
    }
    pages.at("admin/tokens", post: .form(.manageUsers, addToken))
    pages.at(
      "admin/tokens/{user}/revoke",
      post: .form(.manageUsers) { visit, form in
        try await change(visit, form) { reason in try await desk.revoke(visit, visit.parameter(), because: reason) }
      })
  }

  /// Does it for the reason of the form and shows the page anew, or says on the page why not.
  private func change(
    _ visit: Visit, _ form: FormFields, _ work: (_ reason: String) async throws -> Void
  ) async throws -> Response {
    do {
      try await work(form.reason())
      return .toPage("/admin/users")
    } catch {
      return try await page(visit, refusing: error)
    }
  }

  @Sendable private func addToken(_ visit: Visit, _ form: FormFields) async throws -> Response {
    do {
      let secret = try await desk.addToken(
        visit, name: form["name"], scopes: form.all("scope"), days: form["days"], because: form.reason())
      return try await page(visit, newToken: (form["name"].lowercased(), secret.text.value))
    } catch {
      return try await page(visit, refusing: error)
    }
  }

  /// The page with what it has to say of an error. What it has no words for is thrown on.
  private func page(_ visit: Visit, refusing error: any Error) async throws -> Response {
    let say = PageFrame(visit).say
    switch error {
    case UserDesk.Refusal.invalid(let field, let reason):
      return try await page(visit, problem: say.detail("\(field) \(reason)."))
    case UserDesk.Refusal.taken(let name): return try await page(visit, problem: say(UserWords.taken, name))
    case UserDesk.Refusal.noScope: return try await page(visit, problem: say(UserWords.noScope))
    case StoreError.lastOwner(let name): return try await page(visit, problem: say(UserWords.lastOwner, name))
    case let problem as Problem where problem.code == .invalidParameter:
      return try await page(visit, problem: say.detail(of: problem))
    default: throw error
    }
  }

  private func page(
    _ visit: Visit, problem: String? = nil, newToken: (name: String, secret: String)? = nil
  ) async throws -> Response {
    let page = UsersPage.html(
      PageFrame(visit), users: try await desk.users(), tokens: try await desk.tokens(), at: .now, problem: problem,
      newToken: newToken)
    return .page(page, status: problem == nil ? .ok : .unprocessableContent)
  }
}
