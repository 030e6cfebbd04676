import NIOCore
import NIOHTTP1
import Testing

@testable import SpikeKit

/// Tabs in a waiting room, as the server sees them.
struct RoomTests {
  private typealias Reply = ScriptedServer.Reply

  private func profile(_ group: String, requests: Int = 6) throws -> String {
    try temporaryFile(
      """
      {"name": "test", "phases": [{"shape": "hold", "rate": 1000, "seconds": \(Double(requests) / 1_000)}],
      "crowd": [{"name": "people", "share": 1, "enters": "room"\(group)}]}
      """)
  }

  private func standing(_ status: String, place: Int, left: Int = 5, more: String = "") -> Reply {
    let body =
      #"{"status":"\#(status)","place":\#(place),"poll_after_ms":20,\#(more)"left":\#(left),"rate_per_minute":60}"#
    return Reply(status: .ok, body: body)
  }

  private func isRoom(_ request: ScriptedServer.Received) -> Bool { request.path.hasSuffix("/room") }

  @Test func `a tab joins, asks when it was told to, and orders with its token`() async throws {
    let path = try profile("")
    let token = #""token":"t0k","token_expires_at":"2026-11-10T16:00:00.000Z","#
    try await ScriptedServer.with { request, earlier in
      guard isRoom(request) else { return Reply() }
      let before = earlier.count { $0.buyer == request.buyer && isRoom($0) }
      return before < 2
        ? standing("waiting", place: 7) : standing("admitted", place: 7, more: token)
    } _: { server, url in
      let report = try await spike(
        "--url", url, "--sale", "s", "--sku", "a", "--no-follow", "--profile", path, "--buyers", "1000000")
      #expect(server.received.count == 24)
      #expect(report.load.sent == 6)
      #expect(report.load.tries == 24)
      #expect(report.unsent == 0)
      #expect(report.load.room.groups[0].letIn == 6)
      #expect(report.load.room.expiries.count == 6)
      #expect(server.received.filter { !isRoom($0) }.map(\.token) == Array(repeating: "t0k", count: 6))
      for tab in Dictionary(grouping: server.received.filter(isRoom), by: \.buyer).values {
        #expect(tab.map(\.method) == ["POST", "GET", "GET"])
        #expect(tab[1].at - tab[0].at >= .milliseconds(20))
      }
    }
  }

  @Test func `a sale without a room is ordered from at once`() async throws {
    let path = try profile("")
    try await ScriptedServer.with { request, _ in
      isRoom(request) ? .problem(.notFound, "room_not_found") : Reply()
    } _: { server, url in
      let report = try await spike("--url", url, "--sale", "s", "--sku", "a", "--no-follow", "--profile", path)
      #expect(server.received.count == 12)
      #expect(report.load.tally.count { $0 == 202 } == 6)
    }
  }

  @Test func `a tab leaves when nothing is left, and one that believes no refusal stays until it is tired`()
    async throws
  {
    let stubborn = #", "refusals": "ignore", "retry_after": "ignore", "retry_pause_ms": 100, "waits_seconds": 1"#
    for (group, least) in [("", 6), (stubborn, 36)] {
      let path = try profile(group)
      try await ScriptedServer.with { _, _ in
        standing("waiting", place: 1, left: 0)
      } _: { server, url in
        let report = try await spike("--url", url, "--sale", "s", "--sku", "a", "--no-follow", "--profile", path)
        #expect(server.received.count >= least)
        #expect(group.isEmpty ? server.received.count == 6 : report.load.room.groups[0].tired == 6)
        #expect(server.received.allSatisfy(isRoom))
      }
    }
  }

  @Test func `a join that is refused for now is tried again when Retry-After says`() async throws {
    let path = try profile("", requests: 1)
    try await ScriptedServer.with { request, earlier in
      guard isRoom(request) else { return Reply() }
      return earlier.isEmpty
        ? .problem(.serviceUnavailable, "busy", retryAfter: 1) : standing("admitted", place: 1, more: #""token":"t","#)
    } _: { server, url in
      _ = try await spike("--url", url, "--sale", "s", "--sku", "a", "--no-follow", "--profile", path)
      #expect(server.received.map(\.method) == ["POST", "POST", "POST"])
      #expect(server.received[1].at - server.received[0].at >= .seconds(1))
    }
  }

  @Test func `two places of one buyer, and two admissions, are seen`() {
    func visit(_ place: Int, _ second: Int) -> RoomSight {
      var visits = Visits(Crowd(buyers: 1))
      let body = Array(
        #"{"status":"admitted","place":\#(place),"token":"t","token_expires_at":"2026-11-10T16:00:0\#(second)Z"}"#.utf8)
      let flight = Flight(
        number: 0, step: .join, scheduled: .uptimeNanoseconds(0), sent: .uptimeNanoseconds(0))
      _ = visits.ended(
        flight, buyer: 0, AnswerHead(status: 200, retryAfterSeconds: nil), body: body.span, at: .uptimeNanoseconds(0))
      return visits.sight
    }
    var sight = visit(1, 1)
    sight.merge(visit(1, 1))
    #expect(sight.doubled.count == 0)
    sight.merge(visit(2, 2))
    #expect(sight.doubled.count == 2)
  }
}
