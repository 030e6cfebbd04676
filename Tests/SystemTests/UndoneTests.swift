import Foundation
import Postgres
import TestSupport
import Testing

/// The tools do not say *done* of what is only asked for.
@Suite(.timeLimit(.minutes(5))) struct UndoneTests {
  private func sale(
    _ words: [String], at admin: Shop.Part, token: String = Shop.adminToken
  ) async throws -> (exit: Int32, output: String, errors: String) {
    let run = try await PenstockProcess.run(
      "penstock", ["sale"] + words,
      environment: ["PENSTOCK_ADMIN_URL": admin.admin.absoluteString, "PENSTOCK_ADMIN_TOKEN": token])
    return (run.exit.code, run.output, run.errors)
  }

  @Test func `a restock that no lane decides in time is unknown, and is done once under its key (I12)`() async throws {
    try await Shop.with(partitions: 1) { shop, database in
      let admin = try await shop.start("admin")
      try await shop.createSale(at: admin.admin, id: "double11", items: [("phone", 5)])
      let restock = ["restock", "double11", "phone", "3", "--reason", "delivery", "--idempotency-key", "delivery-7"]
      let start = ContinuousClock.now
      let none = try await sale(restock, at: admin)
      #expect(none.exit == 69 && .now - start < .seconds(90), "\(none)")
      #expect(none.errors.contains("--idempotency-key delivery-7: it is done once"), "\(none)")
      #expect(none.output.contains(#""result" : "queued""#), "\(none)")

      // While it waits, somebody starts a worker.
      async let again = sale(restock, at: admin)
      _ = try await shop.start("worker")
      var done = try await again
      // On a machine on which a worker takes that long to start.
      if done.exit == 69 { done = try await sale(restock, at: admin) }
      #expect(done.exit == 0 && done.output.contains(#""result" : "applied""#), "\(done)")
      let connection = try await database.connect()
      let rows = try await connection.query("SELECT units_left FROM stock WHERE units_left = 8")
      #expect(rows.count == 1)
      await connection.close()
    }
  }

  @Test func `what waits for a second person is not done`() async throws {
    try await Shop.with(partitions: 1) { shop, database in
      let admin = try await shop.start("admin", environment: ["PENSTOCK_SECOND_PERSON": "close"])
      try await shop.createSale(at: admin.admin, id: "double11", items: [("phone", 5)])
      let added = try await PenstockProcess.run(
        "penstock", ["admin", "token", "add", "ci", "--scope", "view", "--scope", "operate"],
        environment: shop.environment)
      let token = String(added.output.prefix { $0 != "\n" })
      let connection = try await database.connect()
      // As if she had added it in the console.
      _ = try await connection.query("UPDATE admin_tokens SET created_by = 'mia'")
      let close = ["close", "double11", "--reason", "a flaw", "--idempotency-key", "flaw"]
      let asked = try await sale(close, at: admin, token: token)
      #expect(asked.exit == 1 && asked.errors.contains("it waits for a second person"), "\(asked)")
      #expect(asked.output.contains(#""state" : "pending""#), "\(asked)")
      #expect(asked.errors.split(separator: "\n").count == 1, "\(asked)")

      let refused = try await HTTP.post(
        admin.admin.appending(path: "admin/api/approvals/1/refuse"),
        headers: ["Authorization": "Bearer \(token)"], body: Data())
      #expect(refused.status == 200, "\(refused.text)")
      let repeated = try await sale(close, at: admin, token: token)
      #expect(repeated.exit == 1 && repeated.errors.contains("number 1 is refused"), "\(repeated)")
      await connection.close()
    }
  }
}
