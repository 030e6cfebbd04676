import Foundation
import Glibc
import TestSupport
import Testing

/// Winners whose 202 was lost, between real processes.
@Suite(.serialized) struct WinnerTests {
  @Test(.timeLimit(.minutes(3)))
  func `I2 a buyer whose 202 was cut off hears that she won, wherever and whenever she asks again`() async throws {
    try await Shop.with { shop, _ in
      let admin = try await shop.start("admin")
      let intakes = [try await shop.start("intake"), try await shop.start("intake")]
      _ = try await shop.start("worker")
      try await shop.createSale(at: admin.admin, id: "lost", items: [("phone", 1)])
      for intake in intakes { try await expectLeft(1, at: intake) }
      try sendAndHangUp(try #require(intakes[0].http))
      for intake in intakes { try await expectLeft(0, at: intake) }

      try await expectWon(at: intakes[0])
      try await expectWon(at: intakes[1])
      let fresh = try await shop.start("intake")
      try await expectWon(at: fresh)
      // What an intake knows is gone with it, and read again by the next.
      for intake in intakes {
        intake.process.send(signal: SIGKILL)
        _ = await intake.process.exit()
      }
      try await expectWon(at: try await shop.start("intake"))
    }
  }

  /// Sends the order of alice and closes the connection without reading the answer.
  private func sendAndHangUp(_ http: URL) throws {
    let port = try #require(http.port.flatMap(UInt16.init(exactly:)))
    let socket = try #require(Loopback.connect(to: port))
    let body = #"{"sku":"phone","quantity":1}"#
    let request =
      "POST /v1/sales/lost/orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nX-Buyer-Id: alice\r\n"
      + "Idempotency-Key: the-key\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    #expect(Loopback.send(Array(request.utf8), to: socket))
    close(socket)
  }

  private func expectLeft(_ units: Int, at intake: Shop.Part) async throws {
    let url = try #require(intake.http).appending(path: "v1/sales/lost")
    let isSo = try await eventually(within: .seconds(20)) {
      let items = try await HTTP.get(url).json("items") as? [[String: Any]]
      return items?.first?["left"] as? Int == units
    }
    #expect(isSo)
  }

  /// Asks once only: what is told first is what the buyer believes.
  private func expectWon(at intake: Shop.Part) async throws {
    let http = try #require(intake.http)
    let again = try await HTTP.order(at: http, sale: "lost", sku: "phone", buyer: "alice", key: "the-key")
    #expect(again.status == 200, "\(again.text)")
    #expect(again.json("status") as? String == "confirmed")
    let other = try await HTTP.order(at: http, sale: "lost", sku: "phone", buyer: "bob", key: "the-key")
    #expect(other.status == 409, "\(other.text)")
  }
}
