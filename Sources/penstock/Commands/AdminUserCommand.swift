import Accounts
import ArgumentParser
import FlashSale
import Foundation
import Logging
import Postgres
import SaleStore

/// `penstock admin user …`: who may sign in. It writes into the database, so that the first owner needs nobody.
struct AdminUserCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "user",
    abstract: "Add, change and list those who may sign in to the admin console.",
    discussion: """
      Works on the database of PENSTOCK_DATABASE_URL, and each change is in the admin log as @cli with the name of the
      system's user. Roles: viewer sees; operator runs sales; finance refunds, exports and sees buyers; owner may do
      everything, and manages users. The last owner who may sign in stays one.

      Exit codes: 0 done; 1 refused; 69 PostgreSQL cannot be reached; 78 configuration.
      """.flowing,
    subcommands: [Add.self, Password.self, CodesOff.self, SetRole.self, Disable.self, Enable.self, List.self])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add", abstract: "Add a user.",
      discussion: """
        Asks for the password at the terminal, or reads it as the first line of its input.

        Examples:
          penstock admin user add mia --role owner
          printf '%s\\n' "$PASSWORD" | penstock admin user add ci --role viewer
        """.flowing)

    @Argument(help: "1 to 64 characters of A-Z a-z 0-9 . _ -") var name: String
    @Option(help: "viewer, operator, finance or owner.", transform: AdminAccounts.role)
    var role = Accounts.Role.viewer
    @OptionGroup var why: Why

    func run() async throws {
      try await AdminAccounts.with { accounts in
        let (user, password) = try AdminAccounts.newPassword(for: name)
        let line = accounts.line(.userAdded, user.rawValue, to: role.rawValue, why)
        guard try await accounts.store.addAdminUser(user, role: role, password: password, logged: line) else {
          throw AdminAccounts.Refused(description: "a user \(user) exists already; nothing was changed")
        }
        try StandardOutput.write(line: "added \(user), \(role.rawValue)")
      }
    }
  }

  struct Password: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "passwd", abstract: "Give a user another password. Her sessions end, and so does a lockout.",
      discussion: "Example:\n  penstock admin user passwd mia")

    @Argument(help: "The user.") var name: String
    @OptionGroup var why: Why

    func run() async throws {
      try await AdminAccounts.with { accounts in
        let (user, password) = try AdminAccounts.newPassword(for: name)
        let line = accounts.line(.userPassword, user.rawValue, why)
        let isThere = try await accounts.store.changePassword(of: user, to: password, keeping: nil, logged: line)
        try AdminAccounts.check(isThere, user)
        try StandardOutput.write(line: "\(user) has another password, and is signed out everywhere")
      }
    }
  }

  struct CodesOff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "codes-off",
      abstract: "Let a user sign in by the password alone, as after she has lost her authenticator app.",
      discussion: "Example:\n  penstock admin user codes-off mia")

    @Argument(help: "The user.") var name: String
    @OptionGroup var why: Why

    func run() async throws {
      try await AdminAccounts.with { accounts in
        let name = try AdminAccounts.name(name)
        let user = try await accounts.store.adminUser(name)
        try AdminAccounts.check(user != nil, name)
        guard let user, user.codes != nil else {
          throw AdminAccounts.Refused(description: "\(name) has no codes; nothing was changed")
        }
        let line = accounts.line(.codesOff, name.rawValue, why)
        let isDone = try await accounts.store.changeCodes(
          of: user.id, from: user.codes, to: nil, step: nil, logged: line)
        guard isDone else { throw AdminAccounts.Refused(description: "somebody else changed them; look again") }
        try StandardOutput.write(line: "\(name) signs in by the password alone")
      }
    }
  }

  struct SetRole: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "role", abstract: "Give a user another role.",
      discussion: "Example:\n  penstock admin user role mia finance")

    @Argument(help: "The user.") var name: String
    @Argument(help: "viewer, operator, finance or owner.", transform: AdminAccounts.role)
    var role: Accounts.Role
    @OptionGroup var why: Why

    func run() async throws {
      try await AdminAccounts.with { accounts in
        let user = try AdminAccounts.name(name)
        let before = try await accounts.store.adminUser(user)?.role
        let line = accounts.line(.userRole, user.rawValue, from: before?.rawValue, to: role.rawValue, why)
        try AdminAccounts.check(try await accounts.store.changeAdminUser(user, to: role, logged: line), user)
        try StandardOutput.write(line: "\(user) is \(role.rawValue)")
      }
    }
  }

  struct Disable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "disable", abstract: "Let a user in no more, and end her sessions.",
      discussion: "Example:\n  penstock admin user disable mia --reason \"she has left\"")

    @Argument(help: "The user.") var name: String
    @OptionGroup var why: Why

    func run() async throws { try await AdminUserCommand.turn(name, isOn: false, why) }
  }

  struct Enable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "enable", abstract: "Let a user in again.",
      discussion: "Example:\n  penstock admin user enable mia")

    @Argument(help: "The user.") var name: String
    @OptionGroup var why: Why

    func run() async throws { try await AdminUserCommand.turn(name, isOn: true, why) }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List the users.", discussion: "Example:\n  penstock admin user list")

    func run() async throws {
      try await AdminAccounts.with { accounts in
        for user in try await accounts.store.adminUsers() {
          let state = user.disabledAt.map { "disabled at \($0)" } ?? "active"
          let codes = user.codes == nil ? "password" : "password and code"
          try StandardOutput.write(line: "\(user.name)\t\(user.role.rawValue)\t\(state)\t\(codes)")
        }
      }
    }
  }

  fileprivate static func turn(_ name: String, isOn: Bool, _ why: Why) async throws {
    try await AdminAccounts.with { accounts in
      let user = try AdminAccounts.name(name)
      let line = accounts.line(isOn ? .userEnabled : .userDisabled, user.rawValue, why)
      try AdminAccounts.check(try await accounts.store.switchAdminUser(user, isOn: isOn, logged: line), user)
      try StandardOutput.write(line: "\(user) is \(isOn ? "active" : "disabled")")
    }
  }
}

/// The accounts in the database, for the command line.
struct AdminAccounts {
  /// Why nothing was done.
  struct Refused: Error, CustomStringConvertible {
    let description: String
  }

  let store: SaleStore

  /// Lends them to `body`, and ends the process as every command does.
  static func with(_ body: (AdminAccounts) async throws -> Void) async throws {
    try await reporting {
      let configuration = try Configuration(environment, for: [.database])
      let pool = Pool(
        configuration.database.named("penstock admin"), size: 1, waitLimit: 1, waitTimeout: Limits.poolWait,
        logger: makeLogger("admin", level: configuration.logLevel))
      let result: Result<Void, any Error>
      do { result = .success(try await body(AdminAccounts(store: SaleStore(pool: pool)))) } catch {
        result = .failure(error)
      }
      await pool.close()
      try result.get()
    }
  }

  /// A line of the admin log, by the system's user.
  func line(
    _ action: LogAction, _ subject: String, from: String? = nil, to: String? = nil, _ why: Why
  ) -> LogEntry.Content {
    LogEntry.Content(
      who: "@cli (\(NSUserName()))", action: action, subject: subject, from: from, to: to, why: why.words)
  }

  static func name(_ text: String) throws -> UserName {
    do throws(FlashSale.ValidationError) { return try UserName(validating: text) } catch {
      throw Refused(description: error.description)
    }
  }

  /// Reads an argument; throws the words for a wrong one.
  static func role(_ text: String) throws -> Accounts.Role {
    guard let role = Accounts.Role(rawValue: text) else {
      throw ArgumentParser.ValidationError("There is no role '\(text)'. There are: viewer, operator, finance, owner.")
    }
    return role
  }

  /// The same for a right.
  static func right(_ text: String) throws -> Right {
    guard let right = Right(rawValue: text) else {
      let all = Right.allCases.map(\.rawValue).joined(separator: ", ")
      throw ArgumentParser.ValidationError("There is no right '\(text)'. There are: \(all).")
    }
    return right
  }

  static func check(_ isThere: Bool, _ user: UserName) throws {
    guard isThere else { throw Refused(description: "there is no \(user); nothing was changed") }
  }

  /// Asks for a password and hashes it.
  static func newPassword(for text: String) throws -> (user: UserName, password: PasswordHash) {
    let user = try name(text)
    let password = try read("Password for \(user): ")
    if isatty(STDIN_FILENO) == 1, try read("Once more: ") != password {
      throw Refused(description: "the two are not the same; nothing was changed")
    }
    do throws(FlashSale.ValidationError) { try PasswordRule.check(password, of: user) } catch {
      throw Refused(description: error.description)
    }
    return (user, try PasswordHash(password))
  }

  /// A line of standard input; a terminal does not show it.
  private static func read(_ prompt: String) throws -> String {
    var before = termios()
    let isTerminal = isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &before) == 0
    if isTerminal {
      var silent = before
      silent.c_lflag &= ~tcflag_t(ECHO)
      tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
      FileHandle.standardError.write(Data(prompt.utf8))
    }
    let line = readLine()
    if isTerminal {
      tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
      FileHandle.standardError.write(Data("\n".utf8))
    }
    guard let line else {
      throw Refused(description: "no password came: type it, or send it as the first line of input")
    }
    return line
  }
}
