import Foundation
import Glibc

/// A file that a command writes in one piece.
enum OutputFile {
  /// Finds out, before there is anything to write, whether it can be. Changes nothing. Throws `FileFailure`.
  static func check(_ path: String) throws(FileFailure) {
    guard !path.isEmpty else { throw FileFailure(path, ENOENT) }
    guard !isFolder(path) else { throw FileFailure(path, EISDIR) }
    // A regular one is written beside and then renamed, so what counts is the folder.
    let written = isReplaced(path) ? URL(fileURLWithPath: path).deletingLastPathComponent().path : path
    guard access(written, written == path ? W_OK : W_OK | X_OK) == 0 else { throw FileFailure(path, errno) }
  }

  /// Writes it. A regular file appears whole: a reader never sees half of it. A pipe or a device is written to, and
  /// never replaced. Throws `FileFailure`.
  static func write(_ data: Data, to path: String) throws(FileFailure) {
    guard isReplaced(path) else {
      let descriptor = open(path, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw FileFailure(path, errno) }
      defer { close(descriptor) }
      return try write(Array(data), into: descriptor, of: path)
    }
    do {
      try data.write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw FileFailure(path, error)
    }
  }

  /// Writes all of it before it returns. Throws `FileFailure`.
  static func write(_ bytes: [UInt8], into descriptor: Int32, of path: String) throws(FileFailure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written >= 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR {
        throw FileFailure(path, errno)
      }
    }
  }

  /// Whether a new regular file takes its place.
  private static func isReplaced(_ path: String) -> Bool {
    let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let type = try? FileManager.default.attributesOfItem(atPath: target)[.type] as? FileAttributeType
    return type == nil || type == .typeRegular
  }
}
