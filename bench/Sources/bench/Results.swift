import Foundation
import TestSupport

/// Results as files: `<date>T<time>Z.json`, or `…Z-quick.json`, and a page of the same name.
enum Results {
  /// The last result of the same kind that is committed. Uncommitted ones do not count, or the next run would accept a
  /// slower program.
  ///
  /// - Returns: `nil` without one, or without git.
  static func lastCommitted(in folder: String, isQuick: Bool) async throws -> BenchResult? {
    let listed = try await Tool.run("git", ["-C", projectRoot, "ls-files", "--full-name", folder], mayFail: true)
    let kept = listed.split(separator: "\n").filter {
      $0.hasSuffix(".json") && $0.hasSuffix(quickSuffix + ".json") == isQuick
    }
    guard let newest = kept.max() else { return nil }
    let text = try await Tool.run("git", ["-C", projectRoot, "show", "HEAD:\(newest)"], mayFail: true)
    // Listed, and not yet in a commit: it is only staged.
    guard !text.isEmpty else { return nil }
    do {
      return try JSONDecoder().decode(BenchResult.self, from: Data(text.utf8))
    } catch {
      throw TestSetUpError("\(newest) is no result: \(error)")
    }
  }

  /// - Returns: where the page is.
  static func write(_ result: BenchResult, in folder: String) throws -> String {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // 2026-11-21T10:46:03Z, without what a file's name should not have.
    let time = result.date.filter { $0 != ":" }
    let name = "\(folder)/\(time)\(result.isQuick ? quickSuffix : "")"
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try encoder.encode(result).write(to: URL(fileURLWithPath: name + ".json"), options: .atomic)
    try Page.html(of: result).write(toFile: name + ".html", atomically: true, encoding: .utf8)
    return name + ".html"
  }

  private static let quickSuffix = "-quick"
}
