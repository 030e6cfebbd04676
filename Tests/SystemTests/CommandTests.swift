import Foundation
import TestSupport
import Testing

/// The command line: configuration, help, exit codes, and the end on SIGTERM.
@Suite(.serialized) struct CommandTests {
  private let complete = [
    "PENSTOCK_KAFKA_BROKERS": "127.0.0.1:1", "PENSTOCK_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "PENSTOCK_TICKET_KEY": String(repeating: "5a", count: 32), "PENSTOCK_HTTP": "127.0.0.1:0",
    "PENSTOCK_ADMIN_HTTP": "127.0.0.1:0",
  ]

  @Test(
    arguments: [
      ("intake", "PENSTOCK_KAFKA_BROKERS", nil), ("intake", "PENSTOCK_DATABASE_URL", nil),
      ("intake", "PENSTOCK_TICKET_KEY", nil), ("intake", "PENSTOCK_TICKET_KEY", "abc"),
      ("intake", "PENSTOCK_HTTP", "8080"), ("intake", "PENSTOCK_HTTP", "127.0.0.1:70000"),
      ("intake", "PENSTOCK_PARTITIONS", "0"), ("intake", "PENSTOCK_PARTITIONS", "many"),
      ("intake", "PENSTOCK_BACKLOG_LIMIT", "-1"), ("intake", "PENSTOCK_LOG_LEVEL", "loud"),
      ("intake", "PENSTOCK_BUYER_LIMIT", "10"), ("intake", "PENSTOCK_ADDRESS_LIMIT", "0/1"),
      ("intake", "PENSTOCK_TRUSTED_PROXIES", "10.0.0.1/8"),
      ("worker", "PENSTOCK_DATABASE_URL", "mysql://nobody@127.0.0.1/none"),
      ("worker", "PENSTOCK_KAFKA_OPTIONS", "sasl"),
      ("worker", "PENSTOCK_KAFKA_OPTIONS", "no.such.setting=1"), ("admin", "PENSTOCK_ADMIN_TOKEN", "short"),
      ("admin", "PENSTOCK_ADMIN_HTTP", "0.0.0.0:0"), ("migrate", "PENSTOCK_DATABASE_URL", nil),
      ("up", "PENSTOCK_TICKET_KEY", nil), ("broker", "PENSTOCK_TOPIC", "a/b"),
    ] as [(String, String, String?)])
  func `a wrong configuration is one clear line with the variable's name, and exit 78`(
    command: String, variable: String, value: String?
  ) async throws {
    var environment = complete
    environment[variable] = value
    let run = try await PenstockProcess.run("penstock", [command], environment: environment)
    #expect(run.exit == .init(code: 78, bySignal: false), "\(run.errors)")
    #expect(run.output.isEmpty)
    let lines = run.errors.split(separator: "\n")
    #expect(lines.count == 1, "\(run.errors)")
    // Off loopback it is the token that is missing; the line names both.
    #expect(lines.first?.contains(variable) == true, "\(run.errors)")
  }

  @Test func `a secret is not printed when it is wrong`() async throws {
    var environment = complete
    environment["PENSTOCK_TICKET_KEY"] = "not-hexadecimal-secret"
    let run = try await PenstockProcess.run("penstock", ["intake"], environment: environment)
    #expect(!run.errors.contains("not-hexadecimal-secret"))
  }

  @Test(arguments: [
    "up", "intake", "worker", "admin", "broker", "migrate", "sale create", "sale close", "lanes list", "lanes resume",
    "lanes drain", "report", "order show", "order find", "order cancel", "order refund", "order extend",
    "order release", "room pause", "room rate", "room revoke", "room beacon", "draw verify",
  ])
  func `every command explains itself with an example`(command: String) async throws {
    let run = try await PenstockProcess.run("penstock", command.split(separator: " ").map(String.init) + ["--help"])
    #expect(run.exit == .success)
    #expect(run.output.contains("penstock \(command)"))
    #expect(run.output.lowercased().contains("example"))
  }

  @Test func `an unknown option is a usage error`() async throws {
    let run = try await PenstockProcess.run("penstock", ["up", "--no-such-option"])
    #expect(run.exit == .init(code: 64, bySignal: false))
  }

  @Test func `a tool that gets no answer says so and exits 69`() async throws {
    let run = try await PenstockProcess.run(
      "penstock", ["sale", "list"], environment: ["PENSTOCK_ADMIN_URL": "http://127.0.0.1:1"])
    #expect(run.exit == .init(code: 69, bySignal: false))
    #expect(run.errors.contains("127.0.0.1:1"))
  }

  @Test(.timeLimit(.minutes(3)))
  func `an operator empties a worker, by its name or its id, and never the last one`() async throws {
    try await Shop.with(partitions: 4) { shop, _ in
      let admin = try await shop.start("admin")
      let environment = shop.environment.merging(["PENSTOCK_ADMIN_URL": admin.admin.absoluteString]) { _, new in new }
      func lanes(_ words: String...) async throws -> (exit: Int32, output: String, errors: String) {
        let run = try await PenstockProcess.run("penstock", ["lanes"] + words, environment: environment)
        return (run.exit.code, run.output, run.errors)
      }
      let unknown = try await lanes("drain", "nobody")
      #expect(unknown.exit == 1 && unknown.errors.contains("no worker is named nobody; there is none"), "\(unknown)")
      let workers = [try await shop.start("worker"), try await shop.start("worker")]
      let names = try await lanes("list").output.matches(of: #/"name" : "([^"]+)"/#).map { String($0.1) }
      #expect(names.count == 2, "\(names)")
      let drained = try await lanes("drain", try #require(names.first))
      #expect(drained.exit == 0 && drained.output.contains("\"drained_at\" : \"2"), "\(drained)")
      #expect(try await eventually { try await lanes("list").output.contains("\"partitions\" : 4") })
      let last = try await lanes("drain", try #require(names.last))
      #expect(last.exit == 1 && last.errors.contains("worker_is_last"), "\(last)")
      for worker in workers { worker.process.send(signal: SIGTERM) }
      for worker in workers { #expect(await worker.process.exit() == .success) }
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `an operator creates, lists and shows a sale, and hears why a wrong one is refused`() async throws {
    try await Shop.with { shop, database in
      let admin = try await shop.start("admin")
      let environment = shop.environment.merging(["PENSTOCK_ADMIN_URL": admin.admin.absoluteString]) { _, new in new }
      try await shop.createSale(at: admin.admin, id: "shown", items: [("phone", 5)])
      let list = try await PenstockProcess.run("penstock", ["sale", "list"], environment: environment)
      #expect(list.exit == .success && list.output.contains("\"shown\""), "\(list)")
      let show = try await PenstockProcess.run("penstock", ["sale", "show", "shown"], environment: environment)
      #expect(show.exit == .success && show.output.contains("\"phone\""), "\(show)")
      let missing = try await PenstockProcess.run("penstock", ["sale", "show", "gone"], environment: environment)
      #expect(missing.exit.code == 1, "\(missing)")
      let report = try await PenstockProcess.run("penstock", ["report", "shown"], environment: environment)
      #expect(report.exit == .success, "\(report)")

      let lanes = try await PenstockProcess.run("penstock", ["lanes", "list"], environment: environment)
      #expect(lanes.exit == .success && lanes.output.contains("\"partitions\""), "\(lanes)")
      let resume = try await PenstockProcess.run(
        "penstock", ["lanes", "resume", "0", "--because", "I looked"], environment: environment)
      #expect(resume.exit.code == 1 && resume.errors.contains("(partition_not_found, HTTP 404)"), "\(resume)")
      let silent = try await PenstockProcess.run(
        "penstock", ["lanes", "resume", "0", "--because", " "], environment: environment)
      #expect(silent.exit.code == 64 && silent.errors.contains("--because must be"), "\(silent)")

      let file = FileManager.default.temporaryDirectory.appending(path: "sale-\(UUID().uuidString).json")
      defer { try? FileManager.default.removeItem(at: file) }
      try Data(#"{"id":"bad","name":"Bad","items":[{"sku":"p","stock":-1}]}"#.utf8).write(to: file)
      let refused = try await PenstockProcess.run(
        "penstock", ["sale", "create", "--file", file.path], environment: environment)
      #expect(refused.exit.code == 1)
      #expect(refused.errors.contains("penstock: items[0].stock must be a whole number"), "\(refused.errors)")
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `SIGTERM drains every command and ends it with 0`() async throws {
    try await Shop.with { shop, database in
      for command in ["admin", "worker", "intake"] {
        let part = try await shop.start(command)
        part.process.send(signal: SIGTERM)
        #expect(await part.process.exit() == .success, "\(command): \(part.process.standardError)")
      }
      let broker = try #require(shop.broker)
      broker.send(signal: SIGTERM)
      #expect(await broker.exit() == .success)
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `up ends the broker that it started, whether it is told to or killed`() async throws {
    for (signal, exit) in [(SIGTERM, PenstockProcess.Exit.success), (SIGKILL, .init(code: SIGKILL, bySignal: true))] {
      try await Shop.with { shop, database in
        var environment = shop.environment
        environment["PENSTOCK_KAFKA_BROKERS"] = ""
        let up = try await shop.start("up", environment: environment)
        let broker = try #require(up.process.standardError.firstMatch(of: /brokers=127\.0\.0\.1:(\d+)/)).1
        let port = try #require(UInt16(broker))
        #expect(isListening(on: port))
        up.process.send(signal: signal)
        #expect(await up.process.exit() == exit, "\(up.process.standardError)")
        #expect(try await eventually(within: .seconds(10)) { !isListening(on: port) })
      }
    }
  }

  private func isListening(on port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
