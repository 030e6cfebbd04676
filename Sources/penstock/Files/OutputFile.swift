import Foundation

/// A file that a command writes in one piece.
enum OutputFile {
  /// Finds out, before there is anything to write, whether it can be. Changes nothing. Throws `FileFailure`.
  static func check(_ path: String) throws(FileFailure) {
    guard !isFolder(path) else { throw FileFailure(path, EISDIR) }
    // It is written beside and then renamed, so what counts is the folder.
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    guard access(folder, W_OK | X_OK) == 0 else { throw FileFailure(path, errno) }
  }

  /// Writes it. Atomically: whoever waits for the file never reads half of it. Throws `FileFailure`.
  static func write(_ data: Data, to path: String) throws(FileFailure) {
    do {
      try data.write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw FileFailure(path, error)
    }
  }
}
