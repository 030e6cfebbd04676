import Foundation
import TestSupport

/// A running part of the stage, with the lines that it uses.
struct Member: Sendable {
  let command: String
  let part: Shop.Part
  let kafka: FaultyLine?
  let postgres: FaultyLine?
  let environment: [String: String]

  /// Where its buyers come in, if it is an intake.
  var door: UInt16? { part.http?.port.flatMap { UInt16(exactly: $0) } }

  /// Ends it at once and waits until it has.
  func kill() async {
    part.process.send(signal: SIGKILL)
    _ = await part.process.exit()
  }

  /// The value of one of its metrics, all labels added up; 0 if it has none of that name.
  func metric(_ name: String) async throws -> Double {
    let page = try await HTTP.get(part.admin.appending(path: "metrics")).text
    return page.split(separator: "\n").filter { $0.hasPrefix(name) }
      .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
  }
}
