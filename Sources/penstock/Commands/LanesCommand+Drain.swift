import ArgumentParser
import Foundation

extension LanesCommand {
  struct Drain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "drain",
      abstract: "Empty a worker before maintenance.",
      discussion: """
        The worker finishes the batches in flight and gives its partitions to the others. It takes no partition from
        then on. The command returns when the worker has none left. A restarted worker is a new one and takes its share.

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
