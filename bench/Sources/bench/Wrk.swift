import Foundation
import TestSupport

/// wrk, with the same script, the same threads and the same connections for every contestant.
struct Wrk {
  /// Requests that a contestant is asked: orders, or a list of paths that are asked in turn.
  enum Requests {
    case orders(sale: String, headers: [String: String] = [:])
    /// A file with a line `path<TAB>buyer` for each.
    case paths(file: String)
  }

  /// What every answer must be.
  struct Answer {
    let status: Int
    /// A part of its body.
    let text: String

    /// What wrk tells apart by itself.
    var isError: Bool { status >= 400 }
  }

  /// What one run saw.
  private struct Outcome: Decodable {
    let requests: Int
    let microseconds: Int
    /// Answers with a status of 400 or more.
    let refused: Int
    /// Connections that failed, requests that timed out.
    let errors: Int
    /// Answers that were checked one by one, and those of them that were wrong.
    let checked: Int
    let wrong: Int
  }

  static let connections = 512

  /// The client's own threads. Two in turn with one against nginx, on a busy machine of two cores, differed by less
  /// than the rounds did among themselves.
  private static let threads = 1

  /// The rate of a run in which every answer was what it had to be.
  ///
  /// Checking answers one by one would cost more than serving them. So the timed run only counts errors, and a second
  /// run, not timed, checks each answer's status and body. It comes after, because the state only changes in one
  /// direction: a sale that is still sold out was so before, and so was an order that is still queued.
  static func rate(_ requests: Requests, at url: URL, seconds: Int, each answer: Answer) async throws -> Double {
    let timed = try await run(requests, at: url, seconds: seconds)
    let wrong = answer.isError ? timed.outcome.requests - timed.outcome.refused : timed.outcome.refused
    guard wrong == 0, timed.outcome.errors == 0, timed.outcome.requests > 0 else {
      throw TestSetUpError("\(url): \(wrong) wrong answers and \(timed.outcome.errors) errors: \(timed.said)")
    }
    try await check(requests, at: url, each: answer)
    return Double(timed.outcome.requests) * 1_000_000 / Double(timed.outcome.microseconds)
  }

  /// Checks for a second, and for longer if a busy machine lets no answer through in that time.
  private static func check(_ requests: Requests, at url: URL, each answer: Answer) async throws {
    for seconds in [1, 5, 20] {
      let looked = try await run(requests, at: url, seconds: seconds, checking: answer)
      guard looked.outcome.wrong == 0, looked.outcome.errors == 0 else {
        throw TestSetUpError("\(url): expected \(answer.status) with \(answer.text): \(looked.said)")
      }
      if looked.outcome.checked > 0 { return }
    }
    throw TestSetUpError("\(url) gave no answer in 20 s")
  }

  private static func run(
    _ requests: Requests, at url: URL, seconds: Int, checking answer: Answer? = nil
  ) async throws -> (outcome: Outcome, said: String) {
    var environment = ["BENCH_PATH": "/"]
    switch requests {
    case .orders(let sale, let headers):
      environment["BENCH_PATH"] = "/v1/sales/\(sale)/orders"
      environment["BENCH_HEADERS"] = headers.map { "\($0): \($1)" }.joined(separator: "\n")
    case .paths(let file): environment["BENCH_PATHS"] = file
    }
    if let answer {
      environment["BENCH_STATUS"] = "\(answer.status)"
      environment["BENCH_TEXT"] = answer.text
    }
    let script = projectRoot + "/bench/wrk/requests.lua"
    let said = try await Tool.run(
      "wrk",
      [
        "-t", "\(threads)", "-c", "\(connections)", "-d", "\(seconds)s", "--timeout", "10s", "-s", script,
        url.absoluteString,
      ], environment: environment)
    guard let line = said.split(separator: "\n").last(where: { $0.hasPrefix("{") }) else {
      throw TestSetUpError("wrk did not say what it saw: \(said)")
    }
    return (try JSONDecoder().decode(Outcome.self, from: Data(line.utf8)), String(said.suffix(1_000)))
  }
}
