internal import Accounts
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import SaleStore
internal import Secrets
internal import Time

/// `/admin/users` and `/admin/tokens`, for who may manage users.
struct UserRoutes: Sendable {
  let desk: UserDesk

  func add(to pages: GuardedRoutes) {
    pages.at(
      "admin/users", get: .needs(.manageUsers) { visit in try await page(visit) },
      post: .form(.manageUsers) { visit, form in
        try await change(visit) {
          try await desk.add(visit, name: form["name"], role: form["role"], password: form["password"])
        }
      })
    pages.at(
      "admin/users/{user}/role",
      post: .form(.manageUsers) { visit, form in
        try await change(visit) { try await desk.change(visit, visit.parameter(), to: form["role"]) }
      })
    for (word, isOn) in [("enable", true), ("disable", false)] {
      pages.at(
        "admin/users/{user}/\(word)",
        post: .form(.manageUsers) { visit, _ in
          try await change(visit) { try await desk.switched(visit, visit.parameter(), isOn: isOn) }
        })
    }
    pages.at("admin/tokens", post: .form(.manageUsers, addToken))
    pages.at(
      "admin/tokens/{user}/revoke",
      post: .form(.manageUsers) { visit, _ in
        try await change(visit) { try await desk.revoke(visit, visit.parameter()) }
      })
  }

  /// Does it and shows the page anew, or says on the page why not.
  private func change(_ visit: Visit, _ work: () async throws -> Void) async throws -> Response {
    do {
      try await work()
      return .toPage("/admin/users")
    } catch let refusal as UserDesk.Refusal {
      return try await page(visit, refusal)
    }
  }

  @Sendable private func addToken(_ visit: Visit, _ form: FormFields) async throws -> Response {
    do {
      let secret = try await desk.addToken(
        visit, name: form["name"], scopes: form.all("scope"), days: form["days"])
      return try await page(visit, newToken: (form["name"].lowercased(), secret.text.value))
    } catch let refusal as UserDesk.Refusal {
      return try await page(visit, refusal)
    }
  }

  private func page(
    _ visit: Visit, _ refusal: UserDesk.Refusal? = nil, newToken: (name: String, secret: String)? = nil
  ) async throws -> Response {
    let frame = PageFrame(visit)
    let problem: String? =
      switch refusal {
      case .invalid(let field, let reason): frame.say.detail("\(field) \(reason).")
      case .taken(let name): frame.say(UserWords.taken, name)
      case .lastOwner(let name): frame.say(UserWords.lastOwner, name)
      case .noScope: frame.say(UserWords.noScope)
      case nil: nil
      }
    let page = UsersPage.html(
      frame, users: try await desk.users(), tokens: try await desk.tokens(), at: .now, problem: problem,
      newToken: newToken)
    return .page(page, status: problem == nil ? .ok : .unprocessableContent)
  }
}
