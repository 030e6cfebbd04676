import Foundation

/// Writes `text` into a file of its own and gives its path.
func temporaryFile(_ text: String) throws -> String {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("spike-\(UUID().uuidString)")
  try Data(text.utf8).write(to: path)
  return path.path
}
