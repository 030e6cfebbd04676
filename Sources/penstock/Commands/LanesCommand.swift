import ArgumentParser
import FlashSale
import Foundation

/// `penstock lanes …`: what an operator does with partitions and workers, through the admin API.
struct LanesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lanes",
    abstract: "List the partitions and workers, let a halted partition go on, and empty a worker.",
    discussion: """
      Reads PENSTOCK_ADMIN_URL (default http://127.0.0.1:8081) and PENSTOCK_ADMIN_TOKEN.

      Exit codes: 0 done; 1 refused (it is not halted, there is no such worker, the token is wrong), not done in time,
      or it waits for a second person; 69 no answer within 30 s, or not the admin API's; 78 configuration.
      """.flowing,
    subcommands: [List.self, Resume.self, Drain.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List every partition with its progress, owner, lease and halt, and every worker.",
      discussion: "Example:\n  penstock lanes list")

    func run() async throws {
      try await reporting {
        try StandardOutput.write(line: pretty(try await AdminClient(environment).call("GET", "/admin/api/partitions")))
      }
    }
  }

  struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "resume",
      abstract: "Let a halted partition go on.",
      discussion: """
        For when you have looked at what halted it (docs/runbook.md has each case) and mended the cause. From then on
        Penstock trusts the log. A worker goes on within seconds. Your reason is kept, and shown by penstock lanes list.

        Requests before --at that have no outcome never get one. A log that was made anew goes on behind the
        commands, baskets and quarantined records of the old one, never before them.

        Examples:
          penstock lanes resume 3 --because "retention was 1 h; it is 7 d now"
          penstock lanes resume 3 --at 900 --because "records before 900 are gone; their buyers were told"
        """.flowing)

    @Argument(help: "The partition's number.")
    var partition: Int32

    @Option(help: "The offset to go on at; without it, where it stopped.")
    var at: Int64?

    @Option(help: "Why it may go on.")
    var because: String

    func validate() throws {
      guard partition >= 0 else { throw ValidationError("A partition's number is 0 or more.") }
      do throws(FlashSale.ValidationError) {
        _ = try ResumeRequest(because: because, at: at.map { Offset($0) })
      } catch {
        throw ValidationError("--\(error.field) \(error.reason)")
      }
    }

    func run() async throws {
      struct Body: Encodable {
        var because: String
        var at: Int64?
      }
      try await reporting {
        let body = try JSONEncoder().encode(Body(because: because, at: at))
        let path = "/admin/api/partitions/\(partition)/resume"
        try StandardOutput.write(line: pretty(try await AdminClient(environment).call("POST", path, body: body)))
      }
    }
  }
}
