internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import SaleStore
internal import Time

/// What an owner does with users and API tokens.
struct UserDesk: Sendable {
  let desk: SaleDesk
  let passwords: PasswordQueue

  private var store: SaleStore { desk.store }

  /// Why something was not done, for the page to say.
  enum Refusal: Error {
    case invalid(field: String, reason: String)
    case taken(String)
    case noScope
  }

  func users() async throws -> [StoredUser] {
    try await desk.asking("list users") { [store] in try await store.adminUsers() }
  }

  func tokens() async throws -> [StoredToken] {
    try await desk.asking("list tokens") { [store] in try await store.tokens() }
  }

  func add(_ visit: Visit, name: String, role: String, password: String, because reason: String) async throws {
    guard let role = Role(rawValue: role) else { throw Problem.invalidParameter("role", "is no role") }
    let user: UserName
    do throws(ValidationError) {
      user = try UserName(validating: name)
      try PasswordRule.check(password, of: user)
    } catch {
      throw Refusal.invalid(field: error.field, reason: error.reason)
    }
    let hash = try await passwords.hash(password)
    let line = visit.line(.userAdded, user.rawValue, to: role.rawValue, why: reason)
    let isAdded = try await desk.asking("add a user", changes: "the user may be there") { [store] in
      try await store.addAdminUser(user, role: role, password: hash, logged: line)
    }
    guard isAdded else { throw Refusal.taken(user.rawValue) }
  }

  func change(_ visit: Visit, _ name: UserName, to role: String, because reason: String) async throws {
    guard let role = Role(rawValue: role) else { throw Problem.invalidParameter("role", "is no role") }
    let user = try await self.user(name)
    let line = visit.line(.userRole, name.rawValue, from: user.role.rawValue, to: role.rawValue, why: reason)
    _ = try await desk.asking("change a role", changes: "the role may be another") { [store] in
      try await store.changeAdminUser(name, to: role, logged: line)
    }
  }

  func switched(_ visit: Visit, _ name: UserName, isOn: Bool, because reason: String) async throws {
    let user = try await self.user(name)
    let line = visit.line(isOn ? .userEnabled : .userDisabled, user.name.rawValue, why: reason)
    _ = try await desk.asking("switch a user", changes: "the user may be switched") { [store] in
      try await store.switchAdminUser(name, isOn: isOn, logged: line)
    }
  }

  private func user(_ name: UserName) async throws -> StoredUser {
    let user = try await desk.asking("show a user") { [store] in try await store.adminUser(name) }
    guard let user else { throw Problem(.notFound, detail: "There is no user \(name).") }
    return user
  }

  /// Adds a token, and tells its secret: this once.
  func addToken(
    _ visit: Visit, name: String, scopes: [String], days: String, because reason: String
  ) async throws -> AccessSecret {
    let token: UserName
    do throws(ValidationError) { token = try UserName(validating: name) } catch {
      throw Refusal.invalid(field: error.field, reason: error.reason)
    }
    let rights = Set(scopes.compactMap(Right.init(rawValue:)))
    guard !rights.isEmpty else { throw Refusal.noScope }
    // A token gives nothing that its maker has not.
    for right in rights { try visit.demand(right) }
    let range = Accounts.Limits.tokenDays
    guard let days = Int(days), range.contains(days) else {
      throw Refusal.invalid(field: "days", reason: "must be \(range.lowerBound) to \(range.upperBound)")
    }
    let (secret, expires) = (AccessSecret.token(), Timestamp.now.after(.seconds(days * 86_400)))
    let line = visit.line(
      .tokenAdded, token.rawValue, to: "\(rights.map(\.rawValue).sorted().joined(separator: " ")), until \(expires)",
      why: reason)
    let isAdded = try await desk.asking("add a token", changes: "the token may be there") { [store] in
      try await store.addToken(
        secret, named: token, scopes: rights, person: visit.who.person, expiresAt: expires, logged: line)
    }
    guard isAdded else { throw Refusal.taken(token.rawValue) }
    return secret
  }

  func revoke(_ visit: Visit, _ name: UserName, because reason: String) async throws {
    let line = visit.line(.tokenRevoked, name.rawValue, why: reason)
    _ = try await desk.asking("revoke a token", changes: "the token may be revoked") { [store] in
      try await store.revokeToken(name, logged: line)
    }
  }
}
