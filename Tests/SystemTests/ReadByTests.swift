import Foundation
import TestSupport
import Testing

/// The README's table says without which variables a command does not start.
@Suite struct ReadByTests {
  /// Those that ask for a variable, with the least of their arguments.
  private static let commands = [
    "up", "intake", "worker", "relay", "admin", "migrate", "audit", "fairness --sale s", "admin user list",
    "admin token list", "code issue --sale s --until 2026-11-11T00:00:00Z",
  ]

  /// The commands in bold in the last column of a README, each with its variables.
  private static func needs(_ readme: String) throws -> [String: Set<String>] {
    let text = try String(contentsOfFile: "\(projectRoot)/\(readme)", encoding: .utf8)
    var needs: [String: Set<String>] = [:]
    for row in text.split(separator: "\n") {
      guard let name = row.prefixMatch(of: /\| `(PENSTOCK_[A-Z_]+)` \|/)?.1, let column = row.split(separator: "|").last
      else { continue }
      for command in column.matches(of: /\*\*([a-z ]+)\*\*/) { needs[String(command.1), default: []].insert("\(name)") }
    }
    return needs
  }

  @Test(.timeLimit(.minutes(2)), arguments: ["README.md", "README.zh-CN.md"])
  func `each command asks for the variables that the README says it needs, and for no others`(readme: String)
    async throws
  {
    let needs = try Self.needs(readme)
    let names = Self.commands.map { command in
      command.split(separator: " ").prefix { !$0.hasPrefix("--") && $0 != "list" }.joined(separator: " ")
    }
    #expect(Set(needs.keys).isSubset(of: names), "\(needs.keys)")
    for (command, name) in zip(Self.commands, names) {
      let run = try await PenstockProcess.run(
        "penstock", command.split(separator: " ").map(String.init), environment: ["PENSTOCK_ADMIN_HTTP": "127.0.0.1:0"])
      // `up` starts a broker of its own where none is named.
      let asked = Set(run.errors.matches(of: /(PENSTOCK_[A-Z_]+) is not set/).map { String($0.1) })
      #expect(asked == needs[name], "\(command): \(run)")
      #expect(run.exit.code == 78, "\(command): \(run)")
    }
  }
}
