import Foundation
import TestSupport
import Time

/// The load generator, as a process in a session of its own.
enum Spike {
  /// The answers that it may get: `accepted`, or the code of a problem.
  typealias Codes = Set<String>

  /// Sends requests of so many buyers, each of whom orders once.
  ///
  /// - Parameters:
  ///   - rate: requests per second; `nil` is as fast as they are answered.
  ///   - codes: what an answer may be; anything else is an error of the measurement.
  ///   - following: how long to ask for the orders' outcomes. Zero is for orders that no worker decides, and for a sale
  ///     with other visitors: then they are not judged.
  /// - Returns: the seconds from the first request to the last answer.
  static func run(
    _ requests: Int, sale: String, at url: URL, rate: Double? = nil, answers codes: Codes, following: Duration
  ) async throws -> Double {
    let folder = try Folder.make()
    defer { Folder.remove(folder) }
    let file = "\(folder)/spike.json"
    let wait = Int(following.inMilliseconds)
    let run = try await PenstockProcess.run(
      "spike",
      [
        "--url", url.absoluteString, "--sale", sale, "--requests", "\(requests)", "--rate", "\(rate ?? 1_000_000)",
        "--buyers", "\(requests)", "--hot", "1", "--connections", "512", "--timeout", "120s",
        "--json", file,
      ] + (wait == 0 ? ["--no-follow"] : ["--follow-timeout", "\(wait)ms"]), under: ApartCommand.wrapper)
    guard let data = FileManager.default.contents(atPath: file) else {
      throw TestSetUpError("spike ended with \(run.exit.code): \(run.errors.suffix(500))")
    }
    let result = try JSONDecoder().decode(Result.self, from: data)
    try check(result, requests, codes)
    guard wait == 0 || run.exit == .success else {
      throw TestSetUpError("spike ended with \(run.exit.code), not every check held: \(run.output.suffix(1_500))")
    }
    return result.generator.seconds
  }

  private struct Result: Decodable {
    struct Generator: Decodable { let seconds: Double }
    struct Answer: Decodable {
      let status: Int
      let code: String
      let requests: Int
      var isAccepted: Bool { status == 202 }
    }
    let generator: Generator
    let answers: [Answer]
  }

  /// Checks that every request got an answer that it may get.
  private static func check(_ result: Result, _ requests: Int, _ codes: Codes) throws {
    let counts = result.answers.map { "\($0.requests) × \($0.status) \($0.code)" }.joined(separator: ", ")
    let fitting = result.answers.filter { codes.contains($0.isAccepted ? "accepted" : $0.code) }
    guard fitting.count == result.answers.count, fitting.map(\.requests).reduce(0, +) == requests else {
      throw TestSetUpError("of \(requests) requests some were not answered \(codes.sorted()): \(counts)")
    }
  }
}
