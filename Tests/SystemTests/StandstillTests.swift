import Foundation
import TestSupport
import Testing

/// What waits too long says so itself: readiness, one log line, a metric (I14).
@Suite(.serialized) struct StandstillTests {
  @Test(.timeLimit(.minutes(3)))
  func `I14 a COMMIT that PostgreSQL does not confirm is told by readiness, log and metrics, and admin says unknown`()
    async throws
  {
    try await OwnServer.with { server in
      try await Shop.with(partitions: 2, server: server.url) { shop, _ in
        let (admin, intake) = (try await shop.start("admin"), try await shop.start("intake"))
        let worker = try await shop.start("worker")
        try await shop.createSale(at: admin.admin, id: "held", items: [("phone", 10)])
        try await waitForSale("held", at: [intake])
        try await server.holdCommits(true)
        #expect(
          try await eventually {
            try await HTTP.order(at: #require(intake.http), sale: "held", sku: "phone", buyer: "a").status == 202
          })
        try await expectToldOf(worker)
        try await expectRefused(admin)
        #expect(try await readiness(of: intake).status == 200)

        try await server.holdCommits(false)
        #expect(try await eventually { try await readiness(of: worker).status == 200 })
        #expect(try await eventually { try await readiness(of: admin).status == 200 })
        #expect(try await eventually { worker.process.standardError.contains(" notice ") && isOver(worker) })
        #expect(worker.process.standardError.matches(of: /has not confirmed a COMMIT/).count == 1)
        // Its line in the admin log was not confirmed, so nothing was done; asked again, it is.
        #expect(
          try await eventually {
            try await HTTP.post(
              admin.admin.appending(path: "admin/api/sales"), headers: Self.authorization, body: Data(Self.late.utf8)
            ).status == 201
          })
      }
    }
  }

  private static let late = """
    {"id":"late","name":"Late","starts_at":"2030-01-01T00:00:00Z","ends_at":"2030-01-01T01:00:00Z",
    "items":[{"sku":"phone","stock":1,"price_minor":1,"currency":"CNY"}]}
    """

  private static let authorization = ["Authorization": "Bearer \(Shop.adminToken)"]

  private func readiness(of part: Shop.Part) async throws -> HTTP.Answer {
    try await HTTP.get(part.admin.appending(path: "readyz"))
  }

  private func isOver(_ part: Shop.Part) -> Bool {
    part.process.standardError.contains("PostgreSQL confirms COMMITs again")
  }

  private func expectToldOf(_ worker: Shop.Part) async throws {
    var told: HTTP.Answer?
    #expect(
      try await eventually(within: .seconds(15)) {
        told = try await readiness(of: worker)
        return told?.status == 503
      })
    #expect(told?.text.contains("has not confirmed a COMMIT") == true, "\(told?.text ?? "")")
    #expect(told?.text.contains("lane ") == true)
    #expect(
      try await eventually {
        let text = try await HTTP.get(worker.admin.appending(path: "metrics")).text
        let line = text.firstMatch(
          of: /penstock_oldest_wait_seconds\{for="commit",part="worker"\} (\S+)/)
        return line.flatMap { Double($0.output.1) } ?? 0 > 5
      })
  }

  private func expectRefused(_ admin: Shop.Part) async throws {
    let begun = ContinuousClock.now
    let answer = try await HTTP.post(
      admin.admin.appending(path: "admin/api/sales"), headers: Self.authorization, body: Data(Self.late.utf8))
    #expect(.now - begun < .seconds(15))
    #expect(answer.status == 503)
    #expect(answer.json("code") as? String == "store_unavailable")
    #expect(try await readiness(of: admin).status == 503)
  }
}
