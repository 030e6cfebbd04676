import Foundation
import TestSupport
import Testing

/// What a command tells whoever called it: its answer, or why there is none, and an exit code that fits.
@Suite(.timeLimit(.minutes(3))) struct TerminalTests {
  /// Runs a line of bash in which `$0` is `penstock`.
  private func bash(
    _ line: String, _ environment: [String: String] = [:]
  ) async throws -> (exit: PenstockProcess.Exit, output: String, errors: String) {
    try await PenstockProcess.run("penstock", [], environment: environment, under: ["bash", "-c", line])
  }

  // MARK: Answers that cannot be written

  @Test(arguments: ["--version", "--help", "sale --help", "broker"], ["> /dev/full", ">&-"])
  func `an answer that cannot be written is a failure`(command: String, target: String) async throws {
    let run = try await bash("\"$0\" \(command) \(target)")
    #expect(run.exit.code == 66, "\(run)")
    #expect(run.errors.contains("penstock: standard output: "), "\(run)")
  }

  @Test(arguments: ["sale list", "sale show shown", "report shown", "report shown --format csv", "migrate", "audit"])
  func `so is one of a command that asked for it`(command: String) async throws {
    try await Shop.with { shop, _ in
      let admin = try await shop.start("admin")
      try await shop.createSale(at: admin.admin, id: "shown", items: [("phone", 5)])
      let environment = shop.environment.merging(["PENSTOCK_ADMIN_URL": admin.admin.absoluteString]) { $1 }
      let run = try await bash("\"$0\" \(command) > /dev/full", environment)
      #expect(run.exit.code == 66, "\(run)")
      #expect(run.errors == "penstock: standard output: No space left on device\n", "\(run)")
    }
  }

  @Test func `a stream that the caller closed does not become one of our files`() async throws {
    // Descriptors 0, 1 and 2 are free. Without the care for them, the first socket would be standard output.
    let run = try await bash("\"$0\" sale list <&- >&- 2>&-", ["PENSTOCK_ADMIN_URL": "http://127.0.0.1:1"])
    #expect(run.exit.code == 69, "\(run)")
  }

  @Test func `addresses are written into a pipe, and a device is not replaced`() async throws {
    let told = FileManager.default.temporaryDirectory.appending(path: "told-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: told) }
    try await Shop.with { shop, _ in
      let run = try await bash(
        """
        "$0" admin --announce >(head -c 20 >&2; touch "$F") &
        until test -e "$F"; do sleep 0.1; done; kill $!; wait
        """,
        shop.environment.merging(["F": told]) { $1 })
      #expect(run.errors.contains("{\"admin\":\"127.0.0.1:"), "\(run)")
      let full = try await bash(
        "\"$0\" admin --announce /dev/full; c=$?; test -c /dev/full && exit $c", shop.environment)
      #expect(full.exit.code == 66, "\(full)")
      #expect(full.errors.hasSuffix("penstock: /dev/full: No space left on device\n"), "\(full)")
    }
  }

  // MARK: Commands and ids

  @Test(arguments: ["bogus", "bogus --help", "help bogus", "sale bogus", "sale bogus --help", "help sale bogus"])
  func `a command that there is none of is a usage error`(arguments: String) async throws {
    let run = try await bash("\"$0\" \(arguments)")
    #expect(run.exit.code == 64, "\(run)")
    #expect(run.errors.contains("'bogus'"), "\(run)")
    #expect(run.output.isEmpty, "\(run)")
  }

  @Test(arguments: ["help", "help sale", "help sale create", "sale --help", "sale"])
  func `help of a command that there is, is an answer`(arguments: String) async throws {
    let run = try await bash("\"$0\" \(arguments)")
    #expect(run.exit == .success && run.output.contains("USAGE: penstock"), "\(run)")
  }

  @Test(
    arguments: ["sale show", "sale close --reason x", "report"],
    ["", "../x", "s1 ", "s1?a=b", "a b/é", ".", "..", "a/b", "%2e"])
  func `an id that no sale can have is refused before anybody is asked`(command: String, id: String) async throws {
    let run = try await bash("\"$0\" \(command) '\(id)'", ["PENSTOCK_ADMIN_URL": "http://127.0.0.1:1"])
    #expect(run.exit.code == 64, "\(run)")
    #expect(run.errors.contains("must be 1 to 64 characters of A-Z a-z 0-9 . _ -"), "\(run)")
  }

  @Test(arguments: [
    "", "up", "intake", "worker", "admin", "broker", "migrate", "sale", "sale create", "sale list", "sale show",
    "sale close", "lanes", "lanes list", "lanes resume", "lanes drain", "report", "order show", "order find",
    "audit",
  ])
  func `help is wrapped once`(command: String) async throws {
    let run = try await bash("\"$0\" \(command) --help")
    let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.allSatisfy { $0.count <= 80 }, "\(run.output)")
    // A paragraph that was wrapped twice has short lines in its middle.
    for (line, next) in zip(lines, lines.dropFirst())
    where line.first?.isLetter == true && next.first?.isLetter == true {
      let word = next.prefix { $0 != " " }
      #expect(line.count + 1 + word.count >= 80, "\(command): \(line)")
    }
  }

  // MARK: The start and the end

  @Test(arguments: ["up", "intake", "worker", "admin"], [20, 64, 255])
  func `too few open files are told`(command: String, files: Int) async throws {
    let run = try await bash("ulimit -n \(files); \"$0\" \(command)")
    #expect(run.exit.code == 78, "\(run)")
    let words = "this process may open \(files) files, and needs 256 at least: raise `ulimit -n`"
    #expect(run.errors == "penstock: configuration: \(words)\n", "\(run)")
  }

  @Test(arguments: [false, true]) func `up ends without a complaint`(isReady: Bool) async throws {
    try await Shop.with { shop, _ in
      var environment = shop.environment
      environment["PENSTOCK_KAFKA_BROKERS"] = ""
      // NIO crashes at what it otherwise only prints.
      environment["SWIFTNIO_STRICT"] = "1"
      let up = try await shop.start("up", environment: environment, awaitsReadiness: isReady)
      let before = up.process.standardError
      up.process.send(signal: SIGTERM)
      #expect(await up.process.exit() == .success, "\(up.process.standardError)")
      let after = up.process.standardError.dropFirst(before.count)
      for word in ["ERROR", "warning", "error", "FAIL"] { #expect(!after.contains(word), "\(after)") }
    }
  }
}
