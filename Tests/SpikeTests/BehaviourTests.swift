import Histogram
import NIOCore
import NIOHTTP1
import Testing

@testable import SpikeKit

/// What buyers do, as the server sees it.
struct BehaviourTests {
  private typealias Reply = ScriptedServer.Reply

  private func profile(crowd: String, requests: Int = 10, connect: String = "before") throws -> String {
    try temporaryFile(
      """
      {"name": "test", "connect": "\(connect)", "phases": [{"shape": "hold", "rate": 1000, "seconds": \
      \(Double(requests) / 1_000)}], "crowd": \(crowd)}
      """)
  }

  private func gaps(_ requests: [ScriptedServer.Received]) -> [TimeAmount] {
    zip(requests, requests.dropFirst()).map { $1.at - $0.at }
  }

  @Test func `without tries nobody tries again`() async throws {
    try await ScriptedServer.with({ _, _ in .problem(.serviceUnavailable, "busy") }) { server, url in
      let report = try await spike(
        "--url", url, "--sale", "s", "--sku", "a", "--no-follow", "--rate", "1000", "--requests", "20")
      #expect(server.received.count == 20)
      #expect((report.load.retries.sent, report.load.retries.gaveUp) == (0, 0))
    }
  }

  @Test func `a request larger than the socket's buffer arrives whole, and so do those behind it`() async throws {
    let sku = String(repeating: "0123456789abcdef", count: 1 << 18)
    let bodies = [#"{"sku":"\#(sku)","quantity":1}"#, #"{"quantity":1,"sku":"\#(sku)"}"#]
    try await ScriptedServer.with({ _, _ in Reply() }) { server, url in
      let report = try await spike(
        "--url", url, "--sale", "s", "--sku", sku, "--no-follow", "--rate", "1000", "--requests", "2", "--connections",
        "1")
      #expect(report.load.tally.count { $0 == 202 } == 2)
      #expect(server.received.map { bodies.contains($0.body) } == [true, true])
    }
  }

  @Test func `an honest buyer repeats the same order when Retry-After says, and no earlier`() async throws {
    let crowd = #"[{"name": "patient", "share": 1, "tries": 3, "retry_pause_ms": 0}]"#
    let path = try profile(crowd: crowd, requests: 3)
    try await ScriptedServer.with { request, earlier in
      earlier.contains { $0.key == request.key } ? Reply() : .problem(.serviceUnavailable, "busy", retryAfter: 1)
    } _: { server, url in
      let report = try await spike("--url", url, "--sale", "s", "--sku", "a", "--no-follow", "--profile", path)
      #expect(report.load.retries.sent == 3)
      #expect(report.load.retries.honoured == 3)
      #expect(report.load.retries.gaveUp == 0)
      for tries in Dictionary(grouping: server.received, by: \.key).values {
        #expect(tries.count == 2)
        #expect(tries.map(\.buyer) == Array(repeating: tries[0].buyer, count: 2))
        #expect(tries.map(\.body) == Array(repeating: tries[0].body, count: 2))
        // The server's clock starts when it answers; the buyer's a little later.
        #expect(gaps(tries)[0] >= .milliseconds(1_000))
      }
    }
  }

  @Test func `a buyer who ignores Retry-After comes back after his own pause and gives up after so many tries`()
    async throws
  {
    let crowd = """
      [{"name": "impatient", "share": 1, "tries": 4, "retry_after": "ignore", "retry_pause_ms": 5}]
      """
    let path = try profile(crowd: crowd)
    try await ScriptedServer.with({ _, _ in .problem(.tooManyRequests, "rate_limited", retryAfter: 50) }) {
      server, url in
      let report = try await spike("--url", url, "--sale", "s", "--sku", "a", "--no-follow", "--profile", path)
      #expect(report.load.retries.sent == 30)
      #expect(report.load.retries.honoured == 0)
      #expect(report.load.retries.gaveUp == 10)
      #expect(Dictionary(grouping: server.received, by: \.key).values.map(\.count) == Array(repeating: 4, count: 10))
      #expect(report.load.tries == server.received.count)
      #expect(report.load.tally.count { $0 == 429 } == 40)
    }
  }

  @Test func `a buyer who is told to wait for longer than anybody would gives up`() async throws {
    let path = try profile(crowd: #"[{"name": "patient", "share": 1, "tries": 9}]"#)
    try await ScriptedServer.with({ _, _ in .problem(.serviceUnavailable, "busy", retryAfter: 3_600) }) { server, url in
      let report = try await spike("--url", url, "--sale", "s", "--sku", "a", "--no-follow", "--profile", path)
      #expect(server.received.count == 10)
      #expect(report.load.retries.gaveUp == 10)
    }
  }

  @Test func `what cannot succeed later is not tried again`() async throws {
    try await ScriptedServer.with({ _, _ in .problem(.conflict, "sold_out") }) { server, url in
      let report = try await spike(
        "--url", url, "--sale", "s", "--sku", "a", "--no-follow", "--rate", "1000", "--requests", "20", "--tries", "5")
      #expect(server.received.count == 20)
      #expect(report.load.retries.gaveUp == 0)
    }
  }

  @Test func `I8 a request whose answer is lost is repeated with its key`() async throws {
    let path = try profile(crowd: #"[{"name": "people", "share": 1, "tries": 2, "retry_pause_ms": 1}]"#)
    try await ScriptedServer.with { request, earlier in
      earlier.contains { $0.key == request.key } ? Reply() : nil
    } _: { server, url in
      let report = try await spike("--url", url, "--sale", "s", "--sku", "a", "--no-follow", "--profile", path)
      #expect(report.load.retries.sent == 10)
      #expect(report.load.tally.count { $0 == 0 } == 10)
      #expect(report.load.tally.count { $0 == 202 } == 10)
      #expect(report.load.connections.lost >= 10)
      #expect(Set(server.received.map(\.key)).count == 10)
    }
  }

  @Test func `bots are few, want the hottest SKU and come back at once with a new key`() async throws {
    let crowd = """
      [{"name": "people", "share": 0.5}, {"name": "bots", "share": 0.5, "buyers": 2, "wants": "hottest", "tries": 3,
      "retry_after": "ignore", "retry_pause_ms": 0, "retry_key": "new"}]
      """
    let path = try profile(crowd: crowd, requests: 200)
    try await ScriptedServer.with({ _, _ in .problem(.tooManyRequests, "rate_limited", retryAfter: 9) }) {
      server, url in
      let report = try await spike(
        "--url", url, "--sale", "s", "--sku", "hot", "--sku", "cold", "--hot", "0", "--no-follow", "--profile", path,
        "--buyers", "1000")
      let bots = server.received.filter { $0.body.contains("hot") }
      let people = server.received.filter { $0.body.contains("cold") }
      #expect(report.load.groups.map(\.sent) == [people.count, bots.count])
      #expect((70...130).contains(people.count))
      #expect(bots.count == 3 * (200 - people.count))
      #expect(Set(bots.map(\.buyer)).count == 2)
      #expect(Set(people.map(\.buyer)).isDisjoint(with: bots.map(\.buyer)))
      #expect(Set(people.map(\.buyer)).count > 60)
      #expect(Set(server.received.map(\.key)).count == server.received.count)
    }
  }

  @Test func `slow clients drip over connections of their own, and the others stay quick`() async throws {
    let crowd = """
      [{"name": "quick", "share": 0.9},
      {"name": "slow", "share": 0.1, "drip": {"bytes": 40, "every_ms": 100, "connections": 0.5}}]
      """
    let path = try profile(crowd: crowd, requests: 400)
    try await ScriptedServer.with({ _, _ in Reply() }) { server, url in
      let report = try await spike(
        "--url", url, "--sale", "s", "--sku", "a", "--no-follow", "--profile", path, "--connections", "8")
      let (quick, slow) = (report.load.groups[0], report.load.groups[1])
      // Five pieces; on a stalled machine some are read together. All others come in one.
      let dripped = server.received.filter { $0.reads > 1 }
      #expect(slow.sent >= 4)
      #expect(dripped.count == slow.sent)
      // Four connections, each busy for longer than the run lasts: most of the slow ones find none.
      #expect(slow.skipped > 0)
      #expect(quick.skipped == 0)
      #expect(report.load.sent + report.load.skipped == 400)
      #expect(report.unsent == 0)
      #expect(quick.tally.count { $0 == 202 } == quick.sent)
      #expect(slow.tally.count { $0 == 202 } == slow.sent)
      // A request of about 170 bytes in pieces of 40 takes four pauses.
      #expect(slow.tally.fromSent.min >= 390_000)
      #expect(quick.tally.fromSent.valueAtPercentile(50) < slow.tally.fromSent.min)
    }
  }

  @Test func `connections can be opened as the first request is due`() async throws {
    let path = try profile(crowd: #"[{"name": "people", "share": 1}]"#, connect: "during")
    try await ScriptedServer.with({ _, _ in Reply() }) { server, url in
      let report = try await spike(
        "--url", url, "--sale", "s", "--sku", "a", "--no-follow", "--profile", path, "--connections", "4")
      #expect(server.received.count == 10)
      #expect(report.load.tally.count { $0 == 202 } == 10)
      #expect(report.load.connections.failures == 0)
    }
  }

  @Test func `connections that are refused during the run are counted`() async throws {
    // A port that nobody listens on any more.
    var free = ""
    try await ScriptedServer.with({ _, _ in Reply() }) { _, url in free = url }
    let url = free
    let error = await #expect(throws: Unusable.self) {
      _ = try await spike(
        "--url", url, "--sale", "s", "--sku", "a", "--no-follow", "--rate", "100", "--requests", "2", "--connect",
        "during", "--timeout", "300ms")
    }
    #expect(error?.reason.contains("connect") == true)
  }
}
