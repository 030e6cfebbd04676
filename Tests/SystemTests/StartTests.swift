import Foundation
import TestSupport
import Testing

/// What a new user meets first: each ends in one line that names the remedy, or waits and says what for.
@Suite(.timeLimit(.minutes(3))) struct StartTests {
  private let complete = [
    "PENSTOCK_KAFKA_BROKERS": "127.0.0.1:1", "PENSTOCK_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "PENSTOCK_TICKET_KEY": String(repeating: "5a", count: 32), "PENSTOCK_HTTP": "127.0.0.1:0",
    "PENSTOCK_ADMIN_HTTP": "127.0.0.1:0",
  ]

  private func run(
    _ command: [String], _ more: [String: String]
  ) async throws -> (exit: PenstockProcess.Exit, output: String, errors: String) {
    try await PenstockProcess.run("penstock", command, environment: complete.merging(more) { _, new in new })
  }

  // MARK: Variables

  @Test(arguments: [
    ("up", "PENSTOCK_KAFKA_OPTIONS", "acks=1", "acks is set by the client itself"),
    ("intake", "PENSTOCK_KAFKA_OPTIONS", "enable.idempotence=true", "enable.idempotence"),
    ("worker", "PENSTOCK_KAFKA_OPTIONS", "group.id=mine", "group.id"),
    ("worker", "PENSTOCK_KAFKA_OPTIONS", "enable.partition.eof=true", "enable.partition.eof"),
    ("audit", "PENSTOCK_KAFKA_OPTIONS", "sasl.mechanism=PLAIN;sasl.mechanism=PLAIN", "each once"),
    ("admin", "PENSTOCK_KAFKA_OPTIONS", "security.protocol=SSL;ssl.ca.location=/nowhere", "ssl.ca.location"),
    ("up", "PENSTOCK_KAFKA_OPTIONS", "security.protocol=SSL;ssl.ca.location=/nonexistent", "=/nonexistent)"),
    ("intake", "PENSTOCK_KAFKA_BROKERS", "kafka1", "with a port"),
    ("worker", "PENSTOCK_KAFKA_BROKERS", "kafka1:9092,", "with a port"),
    ("admin", "PENSTOCK_KAFKA_BROKERS", "kafka1:nine", "with a port"),
    ("audit", "PENSTOCK_KAFKA_BROKERS", "kafka1:0", "with a port"),
    ("intake", "PENSTOCK_MIGRATIONS", "/nonexistent", "/nonexistent: No such file or directory"),
    ("migrate", "PENSTOCK_MIGRATIONS", "/nonexistent", "/nonexistent: No such file or directory"),
    ("migrate", "PENSTOCK_MIGRATIONS", "Package.swift", "Package.swift: Not a directory"),
    ("migrate", "PENSTOCK_MIGRATIONS", "docs", "no migrations"),
    ("up", "PENSTOCK_DATABASE_URL", "postgresql://u@h/x?sslmode=bogus", "invalid sslmode value: \"bogus\""),
    ("migrate", "PENSTOCK_DATABASE_URL", "postgresql://u@h:99999/x", "invalid port number: \"99999\""),
    ("worker", "PENSTOCK_DATABASE_URL", "postgresql://u@/x?host=a,b&port=1,2,3", "3 port numbers to 2 hosts"),
    ("audit", "PENSTOCK_DATABASE_URL", "postgresql://u@a:1,b:70000/x", "invalid port number: \"70000\""),
    ("admin", "PENSTOCK_DATABASE_URL", "postgresql://u@h/x?connect_timeout=soon", "invalid connect_timeout value"),
    ("intake", "PENSTOCK_DATABASE_URL", "postgresql://u@h/x?ssl_mode=require", "parameter: \"ssl_mode\""),
    ("up", "PENSTOCK_HTTP", "http://127.0.0.1:8080", "must be host:port"),
    ("up", "PENSTOCK_ADMIN_HTTP", "::1:8081", "must be host:port"),
    ("admin", "PENSTOCK_ADMIN_TOKEN", "sixteen or more, but with spaces", "visible ASCII"),
    ("worker", "PENSTOCK_LEASE_MS", "1", "1000 to 300000"),
    ("worker", "PENSTOCK_CONSUMER_GROUP", "a b", "A-Z"), ("worker", "PENSTOCK_DATABASE_POOL", "0", "1 to 100"),
    ("intake", "PENSTOCK_EVENT_LOOPS", "0", "1 to 64"), ("intake", "PENSTOCK_DRAIN_SECONDS", "never", "1 to 600"),
    ("intake", "PENSTOCK_REPLICATION", "11", "1 to 10"), ("intake", "PENSTOCK_RETENTION_HOURS", "0", "1 to 87600"),
  ])
  func `a wrong value is one line with its variable and the reason, and nothing is started`(
    command: String, variable: String, value: String, words: String
  ) async throws {
    var more = [variable: value]
    if command == "up" { more["PENSTOCK_KAFKA_BROKERS"] = "" }
    let run = try await run([command], more)
    #expect(run.exit == .init(code: 78, bySignal: false), "\(run.errors)")
    #expect(run.output.isEmpty)
    #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    #expect(run.errors.contains(variable) && run.errors.contains(words), "\(run.errors)")
  }

  @Test(arguments: [
    ("PENSTOCK_DATABASE_URL", "postgresql://me:hunter2@secret@h/x"),
    ("PENSTOCK_DATABASE_URL", "postgresql://me:hunter2/secret@h/x"),
    ("PENSTOCK_DATABASE_URL", "postgresql://me:hunter2%zz@h/x"),
    ("PENSTOCK_DATABASE_URL", "postgresql://me:hunter2@h:99999/x"),
    ("PENSTOCK_DATABASE_URL", "postgres:me:hunter2@h"), ("PENSTOCK_KAFKA_BROKERS", "me:hunter2@kafka1:9092"),
    ("PENSTOCK_HTTP", "http://me:hunter2@127.0.0.1:80"), ("PENSTOCK_ADMIN_HTTP", "me:hunter2@127.0.0.1:80"),
    ("PENSTOCK_TOPIC", "me:hunter2@kafka1:9092/orders"),
  ])
  func `no part of a password in a wrong value is printed`(variable: String, value: String) async throws {
    let run = try await run(["worker"], [variable: value])
    #expect(run.exit.code == 78, "\(run)")
    #expect(run.errors.contains(variable), "\(run)")
    #expect(!run.errors.contains("hunter2") && !run.errors.contains("secret"), "\(run)")
  }

  @Test func `a variable that is misspelt is told with the one that may be meant`() async throws {
    let run = try await run(
      ["intake"],
      [
        "PENSTOCK_TICKET_KEY": "", "PENSTOCK_TICKETKEY": "5a", "PENSTOCK_DB": "x",
        // What Kubernetes sets beside a service named penstock.
        "PENSTOCK_SERVICE_HOST": "10.0.0.1", "PENSTOCK_PORT": "tcp://10.0.0.1:80",
        "PENSTOCK_PORT_80_TCP_ADDR": "10.0.0.1",
      ])
    #expect(run.exit.code == 78)
    let lines = run.errors.split(separator: "\n")
    #expect(lines.count == 3, "\(run.errors)")
    #expect(lines[0].contains("PENSTOCK_DB is no variable"), "\(run.errors)")
    #expect(lines[1].contains("PENSTOCK_TICKETKEY") && lines[1].contains("did you mean PENSTOCK_TICKET_KEY?"))
    #expect(lines[2].contains("PENSTOCK_TICKET_KEY is not set"))
  }

  // MARK: Addresses

  @Test(arguments: [("intake", "PENSTOCK_HTTP"), ("up", "PENSTOCK_HTTP"), ("worker", "PENSTOCK_ADMIN_HTTP")])
  func `a port that is taken is told before anything starts`(command: String, variable: String) async throws {
    let (listener, port) = try Loopback.listen()
    defer { close(listener) }
    let run = try await run([command], [variable: "127.0.0.1:\(port)"])
    #expect(run.exit == .init(code: 78, bySignal: false), "\(run.errors)")
    let words = "address already in use: another process listens there, end it or take another port"
    #expect(run.errors == "penstock: configuration: \(variable) 127.0.0.1:\(port): \(words)\n")
  }

  @Test(arguments: [
    ("192.0.2.1:80", "cannot assign requested address"), ("no-such-host.invalid:80", "the host is unknown"),
  ])
  func `an address that is not this machine's is told`(address: String, words: String) async throws {
    let run = try await run(["admin"], ["PENSTOCK_ADMIN_HTTP": address, "PENSTOCK_ADMIN_TOKEN": Shop.adminToken])
    #expect(run.exit.code == 78, "\(run.errors)")
    #expect(run.errors.contains("PENSTOCK_ADMIN_HTTP \(address): \(words)"), "\(run.errors)")
    #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
  }

  @Test func `two listeners at one address are told`() async throws {
    let (listener, port) = try Loopback.listen()
    close(listener)
    let address = "127.0.0.1:\(port)"
    let run = try await run(["intake"], ["PENSTOCK_HTTP": address, "PENSTOCK_ADMIN_HTTP": address])
    #expect(run.exit.code == 78)
    #expect(run.errors.contains("PENSTOCK_ADMIN_HTTP \(address) is PENSTOCK_HTTP too"), "\(run.errors)")
  }

  @Test(.timeLimit(.minutes(2)))
  func `up ends, and says why, if its port is taken while its broker starts`() async throws {
    let (free, port) = try Loopback.listen()
    close(free)
    let variables = ["PENSTOCK_KAFKA_BROKERS": "", "PENSTOCK_ADMIN_HTTP": "127.0.0.1:\(port)"]
    let up = try await PenstockProcess.start("penstock", ["up"], environment: complete.merging(variables) { $1 })
    // It looks at the port, then starts the broker, and then listens.
    let hasBroker = try await eventually(within: .seconds(30)) { Self.hasChild(up.identifier) }
    try #require(hasBroker)
    let (listener, _) = try Loopback.listen(on: port)
    defer { close(listener) }
    #expect(await up.exit() == .init(code: 78, bySignal: false))
    let words = up.standardError
    #expect(words.contains("PENSTOCK_ADMIN_HTTP 127.0.0.1:\(port): address already in use"), "\(words)")
  }

  /// Whether a process has started another one that has not ended.
  private static func hasChild(_ process: Int32) -> Bool {
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
    return threads.contains { thread in
      let children = try? String(contentsOfFile: "/proc/\(process)/task/\(thread)/children", encoding: .utf8)
      return children?.isEmpty == false
    }
  }

  // MARK: Files

  @Test(arguments: [
    (["sale", "create", "--file", "nope.json"], "nope.json: No such file or directory"),
    (["sale", "create", "--file", "docs"], "docs: Is a directory"),
    (["sale", "create", "--file", ""], "\"\": No such file or directory"),
    (["audit", "--ledger", "nope"], "nope: No such file or directory"),
    (["audit", "--ledger", "docs"], "docs: Is a directory"),
    (["worker", "--announce", "nowhere/addresses.json"], "nowhere/addresses.json: No such file or directory"),
    (["worker", "--announce", "docs"], "docs: Is a directory"),
  ])
  func `a file that cannot be used is told with its path and the reason`(
    arguments: [String], words: String
  ) async throws {
    let run = try await run(arguments, [:])
    #expect(run.exit.code == 66, "\(run.errors)")
    #expect(run.errors == "penstock: \(words)\n")
  }

  @Test func `a sale's file may be a pipe`() async throws {
    let script = "echo '{}' | \"$0\" sale create --file /dev/stdin; \"$0\" sale create --file <(echo '{}')"
    let run = try await PenstockProcess.run(
      "penstock", [], environment: ["PENSTOCK_ADMIN_URL": "http://127.0.0.1:1"], under: ["bash", "-c", script])
    // The files were read: it is the admin API that is missing.
    #expect(run.errors.split(separator: "\n").filter { $0.contains("no answer from http://127.0.0.1:1") }.count == 2)
  }

  // MARK: Waiting

  /// Starts a command whose second listener has this port, and waits for words of its readiness.
  private func waiting(
    _ command: String, _ more: [String: String], says words: String
  ) async throws -> PenstockProcess {
    let (listener, port) = try Loopback.listen()
    close(listener)
    let process = try await PenstockProcess.start(
      "penstock", [command],
      environment: complete.merging(["PENSTOCK_ADMIN_HTTP": "127.0.0.1:\(port)"]) { _, new in new }
        .merging(more) { _, new in new })
    let base = try #require(URL(string: "http://127.0.0.1:\(port)"))
    var said = ""
    let isTold = try await eventually(within: .seconds(40)) {
      guard let ready = try? await HTTP.get(base.appending(path: "readyz")), ready.status == 503 else { return false }
      said = ready.text
      return said.contains(words)
    }
    #expect(isTold, "\(said) \(process.standardError)")
    #expect(try await HTTP.get(base.appending(path: "healthz")).status == 200)
    #expect(try await HTTP.get(base.appending(path: "metrics")).text.contains("penstock_build_info"))
    return process
  }

  @Test(arguments: ["intake", "worker", "admin"])
  func `health is served while a process waits for PostgreSQL, and SIGTERM ends the wait`(
    command: String
  ) async throws {
    let process = try await waiting(command, [:], says: "Connection refused")
    #expect(process.standardError.contains("waiting for PostgreSQL"), "\(process.standardError)")
    process.send(signal: SIGTERM)
    #expect(await process.exit() == .success, "\(process.standardError)")
  }

  @Test func `health is served while a process waits for the log, and SIGTERM ends the wait`() async throws {
    try await TestDatabase.with { database in
      let process = try await waiting("worker", ["PENSTOCK_DATABASE_URL": database.url], says: "waiting for the log")
      let start = ContinuousClock.now
      process.send(signal: SIGTERM)
      #expect(await process.exit() == .success, "\(process.standardError)")
      #expect(.now - start < .seconds(5))
    }
  }

  @Test(arguments: [
    (
      "security.protocol=SASL_PLAINTEXT;sasl.mechanism=PLAIN;sasl.username=u;sasl.password=hunter2",
      "the log refuses us"
    ),
    ("security.protocol=SSL", "SSL"),
  ])
  func `a log that refuses us is told in librdkafka's words`(options: String, words: String) async throws {
    try await Shop.with { shop, database in
      let more = shop.environment.merging(["PENSTOCK_KAFKA_OPTIONS": options]) { _, new in new }
      let process = try await waiting("worker", more.filter { $0.key != "PENSTOCK_ADMIN_HTTP" }, says: words)
      #expect(process.standardError.contains(words), "\(process.standardError)")
      #expect(!process.standardError.contains("hunter2"))
      process.send(signal: SIGTERM)
      #expect(await process.exit() == .success, "\(process.standardError)")
    }
  }

  @Test func `the admin API says what it waits for`() async throws {
    let (listener, port) = try Loopback.listen()
    close(listener)
    let process = try await PenstockProcess.start(
      "penstock", ["admin"], environment: complete.merging(["PENSTOCK_ADMIN_HTTP": "127.0.0.1:\(port)"]) { $1 })
    let url = try #require(URL(string: "http://127.0.0.1:\(port)/admin/api/sales"))
    let isTold = try await eventually(within: .seconds(20)) {
      guard let answer = try? await HTTP.get(url) else { return false }
      return answer.status == 503 && answer.text.contains("\"starting\"")
    }
    #expect(isTold, "\(process.standardError)")
  }
}
