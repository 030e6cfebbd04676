internal import Hummingbird
internal import NIOCore

/// A CSV that is read page by page while it is sent.
enum CSVFile {
  /// The last line of a file that lacks lines.
  static let notWhole = "#NOT WHOLE: the database failed on the way and lines are missing. Export again.\r\n"

  /// A body that reads a page when the one before it was sent.
  ///
  /// If a page cannot be read, the last line says that the file is not whole, and the answer ends without its last
  /// chunk, which every HTTP client takes for an error.
  ///
  /// - Parameter page: the lines of the page at a place, and where the next one is; `nil`: it was the last.
  static func body<Place: Sendable>(
    _ header: String, from first: Place,
    _ page: @escaping @Sendable (Place) async throws -> (lines: String, next: Place?)
  ) -> ResponseBody {
    ResponseBody { writer in
      try await writer.write(ByteBuffer(string: header))
      var place = Place?.some(first)
      while let here = place {
        let read: (lines: String, next: Place?)
        do {
          read = try await page(here)
        } catch {
          try await writer.write(ByteBuffer(string: notWhole))
          throw error
        }
        // None, where nothing of the part fits.
        if !read.lines.isEmpty { try await writer.write(ByteBuffer(string: read.lines)) }
        place = read.next
      }
      try await writer.finish(nil)
    }
  }
}
