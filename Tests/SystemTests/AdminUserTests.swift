import Accounts
import FlashSale
import Foundation
import Postgres
import SaleStore
import TestSupport
import Testing

/// Users and tokens over the command line.
@Suite(.timeLimit(.minutes(3))) struct AdminUserTests {
  private func admin(
    _ database: TestDatabase, _ words: String...
  ) async throws -> (exit: PenstockProcess.Exit, output: String, errors: String) {
    try await PenstockProcess.run(
      "penstock", ["admin"] + words, environment: ["PENSTOCK_DATABASE_URL": database.url])
  }

  @Test func `of two processes that take the last owners' rights at once, one is refused, and the log says why`()
    async throws
  {
    try await TestDatabase.with { database in
      try await database.withStore { store in
        for name in ["ada", "mia"] {
          let isAdded = try await store.addAdminUser(
            UserName(validating: name), role: .owner,
            password: PasswordHash("correct horse battery", cost: PasswordHash.Cost(logRounds: 10)),
            logged: LogEntry.Content(who: "@test", action: .userAdded, subject: name))
          #expect(isAdded)
        }
        async let first = admin(database, "user", "disable", "ada", "--reason", "has left")
        async let second = admin(database, "user", "role", "mia", "viewer", "--reason", "has left")
        let runs = try await [first, second]
        let refused = runs.filter { $0.exit.code == 1 }
        #expect(refused.count == 1 && runs.count { $0.exit == .success } == 1, "\(runs)")
        #expect(refused.first?.errors.contains("is the last owner who may sign in") == true, "\(runs)")
        let owners = try await store.adminUsers().filter { $0.role == .owner && $0.disabledAt == nil }
        #expect(owners.count == 1)
        let made = try await admin(database, "token", "add", "ci", "--scope", "view", "--reason", "a dashboard")
        #expect(made.exit == .success)
        let entries = try await store.logEntries(LogQuery(), limit: 9).entries
        let lines = entries.filter { $0.content.who.hasPrefix("@cli") }
        #expect(lines.map(\.content.why) == ["a dashboard", "has left"])
      }
    }
  }
}
