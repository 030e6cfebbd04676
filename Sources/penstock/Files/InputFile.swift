import Foundation
import Glibc

/// A file that a command reads: a regular one, a pipe, a device such as `/dev/stdin`, or what a shell puts there for
/// `<(…)`. So it is opened once, and read from its beginning to its end.
enum InputFile {
  /// Opens it. Throws `FileFailure` with the system's reason, also for a folder.
  static func open(_ path: String) throws(FileFailure) -> FileHandle {
    // A folder can be opened; it is the first read that fails, and that is later than a command wants to know.
    guard !isFolder(path) else { throw FileFailure(path, EISDIR) }
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileFailure(path, errno) }
    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  /// All of it. Throws `FileFailure`, for more than `most` bytes too.
  static func read(_ path: String, upTo most: Int) throws(FileFailure) -> Data {
    let handle = try open(path)
    var data = Data()
    do {
      while data.count <= most, let more = try handle.read(upToCount: most + 1 - data.count), !more.isEmpty {
        data += more
      }
    } catch {
      throw FileFailure(path, error)
    }
    guard data.count <= most else { throw FileFailure(path, EFBIG) }
    return data
  }
}

/// A file that cannot be read or written: its path and the system's reason. Exit code 66 (`EX_NOINPUT`).
struct FileFailure: Error, CustomStringConvertible {
  var description: String

  /// - Parameter number: the `errno` of the call that failed.
  init(_ path: String, _ number: Int32) {
    description = "\(path.isEmpty ? "\"\"" : path): \(String(cString: strerror(number)))"
  }

  /// What Foundation says, which has the system's error inside.
  init(_ path: String, _ error: any Error) {
    let cause = (error as? CocoaError)?.underlying ?? error
    self.init(path, (cause as? POSIXError)?.code.rawValue ?? EIO)
  }
}

/// Whether there is a folder at a path.
func isFolder(_ path: String) -> Bool {
  var isFolder: ObjCBool = false
  return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
}
