import Foundation
import TestSupport
import Testing

/// What a crowd, slow readers and a gateway that sends on do to a real intake.
@Suite(.serialized) struct ListenerTests {
  private func connect(_ url: URL) async throws -> RawClient {
    try await RawClient.connect(host: "127.0.0.1", port: try #require(url.port), receiveBuffer: 4_096)
  }

  private func residentMegabytes(_ process: Int32) -> Int {
    let text = (try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8)) ?? ""
    return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4_096 >> 20
  }

  /// Connections that ask for a large answer again and again, and read none.
  private func readNothing(_ url: URL, sale: String, count: Int) async throws -> [RawClient] {
    let requests = String(repeating: "GET /v1/sales/\(sale) HTTP/1.1\r\nHost: a\r\n\r\n", count: 300)
    var clients: [RawClient] = []
    for _ in 0..<count {
      let client = try await connect(url)
      try await client.send(requests)
      clients.append(client)
    }
    return clients
  }

  private func sellManyItems(_ shop: Shop, _ up: Shop.Part) async throws {
    try await shop.createSale(at: up.admin, id: "large", items: (0..<1_000).map { ("sku-\($0)", 10) })
    try await waitForSale("large", at: [up])
  }

  @Test(.timeLimit(.minutes(5)))
  func `I11 clients that never read cost a bounded amount, and nobody else waits for them`() async throws {
    try await Shop.with { shop, _ in
      let up = try await shop.start("up", environment: ["PENSTOCK_DRAIN_SECONDS": "4"])
      let http = try #require(up.http)
      try await sellManyItems(shop, up)
      let before = residentMegabytes(up.process.identifier)
      let deaf = try await readNothing(http, sale: "large", count: 60)
      defer { for client in deaf { client.close() } }
      let start = ContinuousClock.now
      let order = try await HTTP.order(at: http, sale: "large", sku: "sku-1", buyer: "b", key: "k")
      #expect(order.status == 202)
      #expect(ContinuousClock.now - start < .seconds(5))
      // 60 × (64 KiB + one answer of some 130 KiB) are 12 MB.
      let grown = residentMegabytes(up.process.identifier) - before
      #expect(grown < 100, "\(grown) MB more for 60 clients that read nothing")

      // The drain's deadline holds, and that answers were cut off is told.
      let stopping = ContinuousClock.now
      up.process.send(signal: SIGTERM)
      let exit = await up.process.exit()
      #expect(ContinuousClock.now - stopping < .seconds(6))
      #expect(exit.code == 1)
      #expect(up.process.standardError.contains("connections were cut off"))
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `without descriptors for more, connections wait, one line says so, and operators still get in`() async throws {
    try await Shop.with { shop, _ in
      let intake = try await shop.start(
        "intake", under: ["bash", "-c", "ulimit -Sn 300; exec \"$0\" \"$@\""])
      let http = try #require(intake.http)
      var crowd: [RawClient] = []
      for _ in 0..<420 { crowd.append(try await connect(http)) }
      defer { for client in crowd { client.close() } }
      // The first ones are served.
      try await crowd[0].send("GET /v1/sales HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await crowd[0].answer().status == 200)
      // Operators are, too.
      #expect(try await HTTP.get(intake.admin.appending(path: "healthz")).status == 200)
      #expect(
        try await eventually {
          let metrics = try await HTTP.get(intake.admin.appending(path: "metrics")).text
          return metrics.contains("penstock_http_accept_paused_total{listener=\"intake\"} 1")
        })
      let warnings = intake.process.standardError.split(separator: "\n").filter { $0.contains("limit of connections") }
      #expect(warnings.count == 1)
      let used = processorSeconds(intake.process.identifier)
      try await Task.sleep(for: .seconds(2))
      #expect(processorSeconds(intake.process.identifier) - used < 0.8, "it spins")
      // Those that waited come in when others leave.
      for client in crowd.dropLast(10) { client.close() }
      let last = try #require(crowd.last)
      try await last.send("GET /v1/sales HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await last.answer().status == 200)
    }
  }

  private func processorSeconds(_ process: Int32) -> Double {
    // After the name, which ends with the last parenthesis: utime and stime are the 12th and 13th (proc(5)).
    let text = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12 else { return 0 }
    return ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  @Test(.timeLimit(.minutes(3)))
  func `on SIGTERM a request that is on its way is still answered, on both listeners`() async throws {
    try await Shop.with { shop, _ in
      let up = try await shop.start("up")
      let listeners = [(try #require(up.http), "/v1/sales"), (up.admin, "/healthz")]
      var clients: [(RawClient, String)] = []
      for (url, path) in listeners {
        for _ in 0..<25 {
          let client = try await connect(url)
          try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
          #expect(try await client.answer().status == 200)
          clients.append((client, path))
        }
      }
      up.process.send(signal: SIGTERM)
      // Intake and admin end one after the other, so a client of admin hears it later.
      for (client, path) in clients {
        var answer: RawClient.Answer
        repeat {
          try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
          answer = try await client.answer()
          #expect(answer.status == 200)
        } while answer.headers["connection"] != "close"
        #expect(try await client.isEnded())
      }
      #expect(await up.process.exit() == .success)
    }
  }
}
