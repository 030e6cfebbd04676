import Accounts
import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import SaleStore
import Secrets
import TestSupport
import Testing
import Time

/// How long API tokens are good, and for what.
@Suite struct AdminTokenTests {
  @Test func `a token ends by its day, and when it is revoked`() async throws {
    try await AdminUnderTest.with { admin, client in
      let expired = try await RightsTests.token(admin, "expired", [.view], days: -1)
      let revoked = try await RightsTests.token(admin, "revoked", [.view])
      func status(_ token: String) async throws -> UInt {
        try await UInt(client.get("/admin/api/sales", headers: [.authorization: "Bearer \(token)"]).status.code)
      }
      #expect(try await status(expired) == 401)
      #expect(try await status(revoked) == 200)
      let isRevoked = try await admin.store.revokeToken(
        UserName(validating: "revoked"),
        logged: LogEntry.Content(who: "@test", action: .tokenRevoked, subject: "revoked"))
      #expect(isRevoked)
      #expect(try await status(revoked) == 401)
      #expect(try await admin.store.tokens().first { $0.name.rawValue == "revoked" }?.lastUsedAt != nil)
    }
  }

  @Test func `a token gives no more than what the user who answers for it may do`() async throws {
    try await AdminUnderTest.with { admin, client in
      let olga = try UserName(validating: "olga")
      _ = try await Browser.signedIn("mia", .owner, admin, client)
      _ = try await Browser.signedIn("olga", .owner, admin, client)
      _ = try await RightsTests.token(admin, "hers", [.view, .readLog, .manageUsers], by: "olga")
      let secret = try await RightsTests.token(admin, "all", [.view, .readLog, .manageUsers], by: "olga")
      func code(_ path: String) async throws -> String {
        let answer = try await client.get("/admin/api/\(path)", headers: [.authorization: "Bearer \(secret)"])
        return answer.status == 401 ? "401" : answer.string("code") ?? "\(answer.status.code)"
      }
      func line(_ action: LogAction) -> LogEntry.Content {
        LogEntry.Content(who: "mia", action: action, subject: "olga")
      }
      #expect(try await code("log") == "200")
      #expect(try await admin.store.changeAdminUser(olga, to: .viewer, logged: line(.userRole)))
      #expect(try await code("log") == "right_missing")
      #expect(try await code("sales") == "200")
      #expect(try await admin.store.tokens().map(\.scopes) == [[.view], [.view]])
      #expect(try await admin.store.switchAdminUser(olga, isOn: false, logged: line(.userDisabled)))
      #expect(try await code("sales") == "401")
      #expect(try await admin.store.tokens().map(\.scopes) == [[], []])
      let passes: Set<AccessPass> = [.token(1), .token(2)]
      #expect(try await admin.store.good(passes, at: .now).isEmpty)
      #expect(try await admin.store.switchAdminUser(olga, isOn: true, logged: line(.userEnabled)))
      #expect(try await admin.store.changeAdminUser(olga, to: .owner, logged: line(.userRole)))
      #expect(try await code("log") == "200")
      #expect(try await admin.store.good(passes, at: .now) == passes)

      // She answers for what her tokens add, too.
      let form = Data("name=third&scope=view&days=9&reason=a+program".utf8)
      var headers: HTTPFields = [.authorization: "Bearer \(secret)"]
      headers[.contentType] = "application/x-www-form-urlencoded"
      #expect(try await client.send(.post, "/admin/tokens", headers: headers, body: form).status == 200)
      #expect(try await admin.store.tokens().first?.createdBy == "olga")
    }
  }
}
