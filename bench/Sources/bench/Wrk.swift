import Foundation
import TestSupport

/// wrk, with the same script and the same connections for every contestant.
struct Wrk {
  /// What one run saw.
  struct Outcome: Decodable {
    let requests: Int
    let microseconds: Int
    /// Answers with a status of 400 or more.
    let refused: Int
    /// Connections that failed, requests that timed out.
    let errors: Int

    var perSecond: Double { Double(requests) * 1_000_000 / Double(microseconds) }
  }

  /// Requests that a contestant is asked: orders, or a list of paths that are asked in turn.
  enum Requests {
    case orders(sale: String)
    /// A file with a line `path<TAB>buyer` for each.
    case paths(file: String)
  }

  static let connections = 512

  /// Runs for so many seconds, and tells how many requests were answered, and how.
  static func run(_ requests: Requests, at url: URL, seconds: Int) async throws -> Outcome {
    var environment = ["BENCH_PATH": "/"]
    switch requests {
    case .orders(let sale): environment["BENCH_PATH"] = "/v1/sales/\(sale)/orders"
    case .paths(let file): environment["BENCH_PATHS"] = file
    }
    let script = projectRoot + "/bench/wrk/requests.lua"
    let said = try await Tool.run(
      "wrk",
      ["-t", "1", "-c", "\(connections)", "-d", "\(seconds)s", "--timeout", "10s", "-s", script, url.absoluteString],
      environment: environment)
    guard let line = said.split(separator: "\n").last(where: { $0.hasPrefix("{") }) else {
      throw TestSetUpError("wrk did not say what it saw: \(said)")
    }
    return try JSONDecoder().decode(Outcome.self, from: Data(line.utf8))
  }

  /// The rate of a run in which every answer was what it had to be.
  static func rate(
    _ requests: Requests, at url: URL, seconds: Int, expecting refusals: Bool = false
  ) async throws -> Double {
    let outcome = try await run(requests, at: url, seconds: seconds)
    let wrong = refusals ? outcome.requests - outcome.refused : outcome.refused
    guard wrong == 0, outcome.errors == 0 else {
      throw TestSetUpError("\(url): \(wrong) wrong answers and \(outcome.errors) errors of \(outcome.requests)")
    }
    return outcome.perSecond
  }
}
