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

      Exit codes: 0 done; 1 refused (it is not halted, there is no such worker, the token is wrong) or not done in
      time; 69 no answer within 30 s, or not the admin API's; 78 configuration.
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

        Requests before --at that have no outcome never get one.

        Examples:
          penstock lanes resume 3 --because "retention was 1 h; it is 7 d now"
          penstock lanes resume 3 --at 0 --because "the topic was made again"
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

  struct Drain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "drain",
      abstract: "Empty a worker before maintenance.",
      discussion: """
        The worker gives its partitions to the others, each after the batch in flight, and takes none from then on. The
        command returns when it has none left. A worker that is started again is a new one, and takes its share.

        Example:
          penstock lanes drain worker-1/4711
        """.flowing)

    @Argument(help: "The worker's name or id, as penstock lanes list shows them.")
    var worker: String

    func run() async throws {
      try await reporting {
        let client = try AdminClient(environment)
        let id = try await Workers(client).id(of: worker)
        _ = try await client.call("POST", "/admin/api/workers/\(id)/drain")
        let end = ContinuousClock.now + Limits.drainPatience
        while true {
          let workers = try await Workers(client)
          let left = workers.partitions(of: id)
          if left == 0 { return try StandardOutput.write(line: pretty(workers.answer)) }
          guard .now < end else { throw NotEmptied(worker: worker, left: left) }
          try await Task.sleep(for: Limits.drainLook)
        }
      }
    }
  }
}

/// The workers of an answer.
private struct Workers {
  private struct List: Decodable {
    struct Worker: Decodable {
      let id: String
      let name: String
      let partitions: Int
    }
    let workers: [Worker]
  }

  let answer: Data
  private let workers: [List.Worker]

  init(_ client: AdminClient) async throws {
    answer = try await client.call("GET", "/admin/api/partitions")
    workers = try JSONDecoder().decode(List.self, from: answer).workers
  }

  func id(of worker: String) throws -> String {
    if workers.contains(where: { $0.id == worker }) { return worker }
    let named = workers.filter { $0.name == worker }
    guard let first = named.first else { throw NoSuchWorker(name: worker, known: workers.map(\.name)) }
    guard named.count == 1 else { throw SeveralWorkers(name: worker, ids: named.map(\.id)) }
    return first.id
  }

  /// How many it has; none if it has ended.
  func partitions(of id: String) -> Int { workers.first { $0.id == id }?.partitions ?? 0 }
}

private struct NoSuchWorker: Error, CustomStringConvertible {
  let name: String
  let known: [String]

  var description: String {
    "no worker is named \(name); there \(known.isEmpty ? "is none" : "are: \(known.joined(separator: ", "))")"
  }
}

private struct SeveralWorkers: Error, CustomStringConvertible {
  let name: String
  let ids: [String]

  var description: String { "several workers are named \(name); name one by its id: \(ids.joined(separator: ", "))" }
}

private struct NotEmptied: Error, CustomStringConvertible {
  let worker: String
  let left: Int

  var description: String {
    "\(worker) still has \(left) partitions after \(Limits.drainPatience): see penstock lanes list, and whether the "
      + "other workers have room"
  }
}
