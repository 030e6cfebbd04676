import Foundation
import Synchronization
import TestSupport
import Testing

/// `penstock sale` and `report` against an admin API that refuses, is slow, or is none. Each call ends.
@Suite(.timeLimit(.minutes(2))) struct AdminClientTests {
  /// Runs `penstock sale list` against a server that does `answer` with each connection.
  private func list(
    _ answer: @escaping @Sendable (Int32) -> Void
  ) async throws -> (exit: PenstockProcess.Exit, output: String, errors: String) {
    let (listener, port) = try Loopback.listen()
    Loopback.onThread("stub") {
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        Loopback.onThread("stub connection") {
          _ = Loopback.receive(client)
          answer(client)
          close(client)
        }
      }
    }
    defer {
      shutdown(listener, Int32(SHUT_RDWR))
      close(listener)
    }
    return try await PenstockProcess.run(
      "penstock", ["sale", "list"],
      environment: ["PENSTOCK_ADMIN_URL": "http://127.0.0.1:\(port)", "PENSTOCK_ADMIN_TOKEN": Shop.adminToken])
  }

  @Test(arguments: ["sale list", "sale close shown --reason x", "sale show shown", "report shown"])
  func `a wrong token and none are refused at once, with what to set`(command: String) async throws {
    try await Shop.with { shop, _ in
      let admin = try await shop.start("admin")
      for token in ["", "not-the-right-token"] {
        let run = try await PenstockProcess.run(
          "penstock", command.split(separator: " ").map(String.init),
          environment: ["PENSTOCK_ADMIN_URL": admin.admin.absoluteString, "PENSTOCK_ADMIN_TOKEN": token])
        #expect(run.exit.code == 1, "\(run)")
        #expect(run.errors.contains("PENSTOCK_ADMIN_TOKEN") && run.errors.contains("HTTP 401"), "\(run)")
        #expect(run.errors.split(separator: "\n").count == 1, "\(run)")
        #expect(token.isEmpty || !run.errors.contains(token))
      }
    }
  }

  @Test func `an address of IPv6 is asked`() async throws {
    try await Shop.with { shop, _ in
      let admin = try await shop.start("admin", environment: ["PENSTOCK_ADMIN_HTTP": "[::1]:0"], awaitsReadiness: false)
      let port = try #require(admin.admin.port)
      let run = try await PenstockProcess.run(
        "penstock", ["sale", "list"],
        environment: ["PENSTOCK_ADMIN_URL": "http://[::1]:\(port)/", "PENSTOCK_ADMIN_TOKEN": Shop.adminToken])
      #expect(run.exit == .success, "\(run)")
    }
  }

  @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"])
  func `a server that never answers, or half, is given up by the deadline`(half: String) async throws {
    let start = ContinuousClock.now
    let run = try await list { client in
      _ = Loopback.send(Array(half.utf8), to: client)
      // Until the other end gives up.
      while Loopback.receive(client) != nil {}
    }
    #expect(run.exit.code == 69, "\(run)")
    #expect(run.errors.contains("within 30 s"), "\(run)")
    #expect(.now - start < .seconds(60))
  }

  @Test func `an answer that breaks off is said to`() async throws {
    let half = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
    let run = try await list { _ = Loopback.send(Array(half.utf8), to: $0) }
    #expect(run.exit.code == 69, "\(run)")
    #expect(run.errors.contains("no answer from http://127.0.0.1:"), "\(run)")
  }

  @Test func `an answer without an end is given up, and not kept`() async throws {
    let run = try await list { client in
      let chunk = Array("100000\r\n".utf8) + Array(repeating: UInt8(ascii: "x"), count: 1 << 20) + Array("\r\n".utf8)
      let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
      guard Loopback.send(Array(head.utf8), to: client) else { return }
      for _ in 0..<1_024 { guard Loopback.send(chunk, to: client) else { return } }
    }
    #expect(run.exit.code == 69, "\(run)")
    #expect(run.errors.contains("more than 64 MiB"), "\(run)")
  }

  @Test(arguments: [
    ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "redirects to http://127"),
    ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi", "text/html, not JSON"),
    ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "HTTP 404"),
  ])
  func `a server that is not the admin API is not mistaken for it`(answer: String, words: String) async throws {
    let run = try await list { _ = Loopback.send(Array(answer.utf8), to: $0) }
    #expect(run.exit.code == 69, "\(run)")
    #expect(run.errors.contains(words) && run.errors.contains("PENSTOCK_ADMIN_URL"), "\(run)")
    #expect(run.output.isEmpty)
  }

  @Test(arguments: [nil, "delivery-7"])
  func `a restock of which nobody knows what became is printed with the key that it had`(key: String?) async throws {
    let (listener, port) = try Loopback.listen()
    defer { close(listener) }
    let asked = Mutex("")
    Loopback.onThread("stub") {
      let client = accept(listener, nil, nil)
      guard client >= 0 else { return }
      let head = Loopback.receive(client) ?? []
      asked.withLock { $0 = String(decoding: head, as: UTF8.self) }
      let body = #"{"code":"outcome_unknown","detail":"It may be done."}"#
      _ = Loopback.send(
        Array(
          "HTTP/1.1 503 Service Unavailable\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8), to: client)
      close(client)
    }
    let options = key.map { ["--idempotency-key", $0] } ?? []
    let run = try await PenstockProcess.run(
      "penstock", ["sale", "restock", "double11", "phone", "500", "--reason", "delivery"] + options,
      environment: ["PENSTOCK_ADMIN_URL": "http://127.0.0.1:\(port)", "PENSTOCK_ADMIN_TOKEN": Shop.adminToken])
    #expect(run.exit.code == 69, "\(run)")
    let sent = asked.withLock { $0 }.firstMatch(of: /Idempotency-Key: ([^\r]+)/).map { String($0.output.1) }
    #expect(sent != nil && (key == nil || sent == key))
    #expect(run.errors.contains("--idempotency-key \(sent ?? "?")"), "\(run)")
    #expect(run.errors.split(separator: "\n").count == 1, "\(run)")
  }

  @Test(arguments: [
    ("http://127.0.0.1:1", 69, "Connection refused"), ("http://no-such-host.invalid:8081", 69, "the host is unknown"),
    ("127.0.0.1:8081", 78, "an http(s) URL"), ("ftp://127.0.0.1", 78, "an http(s) URL"),
    ("http://me:secret@127.0.0.1:8081", 78, "an http(s) URL"), ("http://127.0.0.1:0", 78, "port of 1 to 65535"),
    ("http://127.0.0.1:65536", 78, "port of 1 to 65535"), ("https://127.0.0.1:99999", 78, "port of 1 to 65535"),
  ])
  func `a wrong URL is told with its reason`(url: String, code: Int32, words: String) async throws {
    let run = try await PenstockProcess.run("penstock", ["sale", "list"], environment: ["PENSTOCK_ADMIN_URL": url])
    #expect(run.exit.code == code, "\(run)")
    #expect(run.errors.contains(words) && run.errors.contains("PENSTOCK_ADMIN_URL"), "\(run)")
    #expect(run.errors.split(separator: "\n").count == 1, "\(run)")
    #expect(!run.errors.contains("secret"), "\(run)")
  }

  @Test func `TLS with a server that speaks none is told`() async throws {
    try await Shop.with { shop, _ in
      let admin = try await shop.start("admin")
      let url = admin.admin.absoluteString.replacing("http://", with: "https://")
      let run = try await PenstockProcess.run("penstock", ["sale", "list"], environment: ["PENSTOCK_ADMIN_URL": url])
      #expect(run.exit.code == 69, "\(run)")
      #expect(run.errors.contains("it does not speak TLS: use http://"), "\(run)")
    }
  }
}
