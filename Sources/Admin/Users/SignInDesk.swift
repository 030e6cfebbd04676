internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import SaleStore
internal import Time

/// Signs people in, and lets them change what is theirs.
struct SignInDesk: Sendable {
  let desk: SaleDesk
  let passwords: PasswordQueue
  let strangers: StrangerLockouts

  private var store: SaleStore { desk.store }

  /// What a person has typed.
  struct Attempt: Sendable {
    var name: String
    var password: String
    var code: String
    var isOverTLS: Bool
    var address: String
  }

  enum Answer: Sendable {
    case signedIn(AccessSecret)
    /// Name, password or code is wrong: it is not said which.
    case refused
    case locked(Duration)
  }

  func signIn(_ attempt: Attempt) async throws -> Answer {
    guard attempt.password.utf8.count <= Accounts.Limits.passwordBytes.upperBound,
      let name = UserName(rawValue: attempt.name)
    else { return .refused }
    let user = try await desk.asking("sign in") { [store] in try await store.adminUser(name) }
    let now = Timestamp.now
    if let wait = user.map({ $0.lockout.wait(at: now) }) ?? strangers.wait(name, at: now) { return .locked(wait) }
    let known = user.flatMap { $0.disabledAt == nil ? $0 : nil }
    let isRight = try await passwords.matches(known?.password, attempt.password)
    guard let known, isRight else { return try await refused(user, attempt) }
    var step: Int64?
    if let codes = known.codes {
      step = codes.step(of: attempt.code, at: now, after: known.codeStep)
      if step == nil { return try await refused(known, attempt) }
    }
    let secret = AccessSecret.session()
    let line = LogEntry.Content(
      who: name.rawValue, action: .signIn, subject: name.rawValue, address: attempt.address)
    let isIn = try await desk.asking("sign in", changes: "you may be signed in") { [store, step] in
      try await store.signIn(
        known.id, secret, codeStep: step, isOverTLS: attempt.isOverTLS, at: now, logged: line)
    }
    if isIn { return .signedIn(secret) }
    // Another attempt has failed meanwhile, and its pause counts for this one.
    let later = try await desk.asking("sign in") { [store] in try await store.adminUser(name) }
    return later?.lockout.wait(at: .now).map { .locked($0) } ?? .refused
  }

  private func refused(_ user: StoredUser?, _ attempt: Attempt) async throws -> Answer {
    if let user {
      let line = LogEntry.Content(
        who: user.name.rawValue, action: .signInFailed, subject: user.name.rawValue, address: attempt.address)
      try await desk.asking("note a failure", changes: "it may be noted") { [store] in
        try await store.noteFailure(of: user.id, at: .now, logged: line)
      }
    } else if let name = UserName(rawValue: attempt.name) {
      strangers.failed(name, at: .now)
    }
    return .refused
  }

  /// Whether there is nobody yet who could sign in.
  func hasNoUsers() async throws -> Bool {
    try await desk.asking("list users") { [store] in try await store.adminUsers() }.isEmpty
  }

  // MARK: One's own account

  func user(_ visit: Visit) async throws -> StoredUser {
    guard case .user = visit.who.kind, let name = UserName(rawValue: visit.who.name),
      let user = try await desk.asking("show a user", { [store] in try await store.adminUser(name) })
    else { throw Problem(.notFound, detail: "Only who has signed in by name has an account.") }
    return user
  }

  func sessions(of user: StoredUser) async throws -> [StoredSession] {
    try await desk.asking("list sessions") { [store] in try await store.sessions(of: user.id) }
      .filter { $0.life.isAlive(at: .now) }
  }

  /// Changes one's own password; other sessions end. Returns false if the present one is wrong, which counts as a
  /// failed sign-in. Throws `ValidationError` for a new one that is not taken.
  func changePassword(_ visit: Visit, from old: String, to new: String) async throws -> Bool {
    let user = try await user(visit)
    try PasswordRule.check(new, of: user.name)
    guard user.lockout.wait(at: .now) == nil, try await passwords.matches(user.password, old) else {
      return try await isRefused(user, visit)
    }
    let hash = try await passwords.hash(new)
    let (line, kept) = (visit.line(.passwordChanged, user.name.rawValue), visit.session?.digest)
    return try await desk.asking("change a password", changes: "the password may be another") { [store] in
      try await store.changePassword(of: user.name, to: hash, keeping: kept, logged: line)
    }
  }

  /// Turns codes on, by the password and one of them. Returns false if one of the two is wrong, which counts as a
  /// failed sign-in: else who has a session could shut its owner out. Where codes are on, nothing is changed: they are
  /// turned off first.
  func turnCodesOn(_ visit: Visit, _ codes: OneTimeCodes, password: String, code: String) async throws -> Bool {
    let user = try await user(visit)
    guard user.codes == nil else { return false }
    guard user.lockout.wait(at: .now) == nil, try await passwords.matches(user.password, password) else {
      return try await isRefused(user, visit)
    }
    guard let step = codes.step(of: code, at: .now, after: nil) else { return false }
    return try await changeCodes(visit, of: user, to: codes, step: step)
  }

  /// Turns codes off, by the password and one of them. Returns false if one of the two is wrong, which counts as a
  /// failed sign-in: else who has a session could try them all.
  func turnCodesOff(_ visit: Visit, password: String, code: String) async throws -> Bool {
    let user = try await user(visit)
    guard let codes = user.codes else { return true }
    guard user.lockout.wait(at: .now) == nil, try await passwords.matches(user.password, password),
      codes.step(of: code, at: .now, after: user.codeStep) != nil
    else { return try await isRefused(user, visit) }
    return try await changeCodes(visit, of: user, to: nil, step: nil)
  }

  /// Notes a failed attempt of who is in already. Always false.
  private func isRefused(_ user: StoredUser, _ visit: Visit) async throws -> Bool {
    let attempt = Attempt(name: "", password: "", code: "", isOverTLS: false, address: visit.address)
    _ = try await refused(user, attempt)
    return false
  }

  private func changeCodes(
    _ visit: Visit, of user: StoredUser, to codes: OneTimeCodes?, step: Int64?
  ) async throws -> Bool {
    let line = visit.line(codes == nil ? .codesOff : .codesOn, user.name.rawValue)
    return try await desk.asking("change codes", changes: "codes may be on or off") { [store] in
      try await store.changeCodes(of: user.id, from: user.codes, to: codes, step: step, logged: line)
    }
  }

  /// Ends this session, or all of the person.
  func signOut(_ visit: Visit, everywhere: Bool) async throws {
    guard case .user(let id) = visit.who.kind, let session = visit.session else { return }
    let line = visit.line(everywhere ? .signOutEverywhere : .signOut, visit.who.name)
    try await desk.asking("sign out", changes: "you may be signed out") { [store] in
      try await store.endSessions(of: id, only: everywhere ? nil : session.digest, logged: line)
    }
  }
}
