import Foundation

/// A text file, as the rules see it.
struct TextFile {
  /// From the repository's root.
  let path: String
  let lines: [String]

  init(path: String, content: String) {
    self.path = path
    lines = content.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}

/// A Swift file, with its code, strings and comments told apart.
struct SwiftFile {
  let path: String
  let lines: [String]
  let text: SwiftText

  init(path: String, content: String) {
    let file = TextFile(path: path, content: content)
    self.path = file.path
    lines = file.lines
    text = SwiftText(content)
  }

  /// The part that the file belongs to, by its folder: `Kafka` for `Sources/Kafka/Producer.swift`. The load test is one
  /// part, however many targets it has; tests and the manifest are none.
  var part: String? {
    let folders = path.split(separator: "/").dropLast()
    switch folders.first {
    case "bench", "chaos", "loadtest": return folders.first.map(String.init)
    case "Sources": return folders.dropFirst().first.map(String.init) ?? "Sources"
    default: return nil
    }
  }
}

/// The project's files, found from this file's own place in them.
struct Repository {
  /// Read once: the rules only look.
  static let shared = Result { try Repository() }

  struct Missing: Error, CustomStringConvertible {
    var path: String
    var description: String { "\(path) is missing or can't be read: the rules have nothing to look at" }
  }

  /// Every file and folder below the folders of ``folders``, from the root.
  let paths: [String]
  /// The Swift files that a person wrote: generated ones are not held to the rules of style.
  let swiftFiles: [SwiftFile]
  private let root: URL

  private static let folders = [
    "Sources", "Tests", "bench", "chaos", "fuzz", "loadtest", "migrations", "proto", "docs", "scripts",
  ]

  init() throws {
    root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let base = root
    paths = Self.folders.flatMap { folder in
      let below = FileManager.default.enumerator(atPath: base.appending(path: folder).path)
      return [folder] + (below?.compactMap { $0 as? String }.map { "\(folder)/\($0)" } ?? [])
    }
    .filter { !$0.split(separator: "/").contains { $0.hasPrefix(".") } }
    .sorted()
    swiftFiles = try paths.filter { $0.hasSuffix(".swift") && !$0.hasSuffix(".pb.swift") }.map { path in
      SwiftFile(path: path, content: try Self.content(of: path, below: base))
    }
    guard swiftFiles.contains(where: { $0.path.hasPrefix("Sources/") }) else { throw Missing(path: "Sources") }
  }

  /// The file at `path`, or an error that names it.
  func file(_ path: String) throws -> TextFile {
    TextFile(path: path, content: try Self.content(of: path, below: root))
  }

  private static func content(of path: String, below root: URL) throws -> String {
    guard let content = try? String(contentsOf: root.appending(path: path), encoding: .utf8) else {
      throw Missing(path: path)
    }
    return content
  }
}
