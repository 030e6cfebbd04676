import Foundation
import TestSupport

/// Results as files: `<date>.json`, or `<date>-quick.json`, and a page of the same name.
enum Results {
  /// The last result of the same kind that is kept in a folder.
  static func newest(in folder: String, isQuick: Bool) throws -> BenchResult? {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return nil }
    let kept = names.filter { $0.hasSuffix(".json") && $0.hasSuffix("-quick.json") == isQuick }
    guard let newest = kept.max() else { return nil }
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(newest)"))
    do {
      return try JSONDecoder().decode(BenchResult.self, from: data)
    } catch {
      throw TestSetUpError("\(folder)/\(newest) is no result: \(error)")
    }
  }

  /// - Returns: where the page is.
  static func write(_ result: BenchResult, in folder: String) throws -> String {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let name = "\(folder)/\(result.date.prefix(10))\(result.isQuick ? "-quick" : "")"
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try encoder.encode(result).write(to: URL(fileURLWithPath: name + ".json"), options: .atomic)
    try Page.html(of: result).write(toFile: name + ".html", atomically: true, encoding: .utf8)
    return name + ".html"
  }
}
