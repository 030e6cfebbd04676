import Accounts
import ArgumentParser
import FlashSale
import Foundation
import SaleStore
import Secrets
import Time

/// `penstock admin token …`: API tokens, for programs.
struct AdminTokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Add, list and revoke API tokens.",
    discussion: """
      A token is sent as Authorization: Bearer TOKEN, by penstock's own tools too (PENSTOCK_ADMIN_TOKEN). The database
      has only its digest. Works on the database of PENSTOCK_DATABASE_URL.

      Exit codes: as penstock admin user.
      """.flowing,
    subcommands: [Add.self, List.self, Revoke.self])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add", abstract: "Add a token, and print it, once.",
      discussion: """
        Examples:
          penstock admin token add reports --scope view
          penstock admin token add exporter --scope view --scope export --days 30
        """.flowing)

    @Argument(help: "What it is called in the admin log, with an @ before it.") var name: String
    @Option(
      name: .customLong("scope"),
      help: "A right: view, operate, refund, export, unmask, read_log, manage_users; again for each.",
      transform: AdminAccounts.right)
    var scopes: [Right]
    @Option(help: "Days until it expires.") var days = 90
    @OptionGroup var why: Why

    func validate() throws {
      guard !scopes.isEmpty else { throw ArgumentParser.ValidationError("Give it a --scope at least.") }
      guard Accounts.Limits.tokenDays.contains(days) else {
        let days = Accounts.Limits.tokenDays
        throw ArgumentParser.ValidationError("--days is \(days.lowerBound) to \(days.upperBound).")
      }
    }

    func run() async throws {
      try await AdminAccounts.with { accounts in
        let token = try AdminAccounts.name(name)
        let (secret, expires) = (AccessSecret.token(), Timestamp.now.after(.seconds(days * 86_400)))
        let words = Set(scopes).map(\.rawValue).sorted().joined(separator: " ")
        let line = accounts.line(.tokenAdded, token.rawValue, to: "\(words), until \(expires)", why)
        let isAdded = try await accounts.store.addToken(
          secret, named: token, scopes: Set(scopes), expiresAt: expires, logged: line)
        guard isAdded else {
          throw AdminAccounts.Refused(description: "a token \(token) is in use; nothing was changed")
        }
        try StandardOutput.write(line: secret.text.value)
      }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List the tokens, without their secrets.",
      discussion: "Example:\n  penstock admin token list")

    func run() async throws {
      try await AdminAccounts.with { accounts in
        for token in try await accounts.store.tokens() {
          let scopes = token.scopes.map(\.rawValue).sorted().joined(separator: ",")
          let end = token.revokedAt.map { "revoked at \($0)" } ?? "until \(token.expiresAt)"
          let used = token.lastUsedAt.map { "last used \($0)" } ?? "never used"
          try StandardOutput.write(line: "\(token.name)\t\(scopes)\t\(end)\t\(used)\tby \(token.createdBy)")
        }
      }
    }
  }

  struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "revoke", abstract: "End a token at once.",
      discussion: "Example:\n  penstock admin token revoke reports")

    @Argument(help: "The token's name.") var name: String
    @OptionGroup var why: Why

    func run() async throws {
      try await AdminAccounts.with { accounts in
        let token = try AdminAccounts.name(name)
        let line = accounts.line(.tokenRevoked, token.rawValue, why)
        let isThere = try await accounts.store.revokeToken(token, logged: line)
        try AdminAccounts.check(isThere, token)
        try StandardOutput.write(line: "\(token) counts no more")
      }
    }
  }
}
