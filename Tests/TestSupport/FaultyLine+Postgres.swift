import Foundation

extension FaultyLine {
  /// A line to the PostgreSQL of a URL, and that URL by way of the line: unencrypted, so that the line can read along.
  public static func toPostgres(at url: String) throws -> (line: FaultyLine, url: String) {
    guard var parts = URLComponents(string: url) else { throw TestSetUpError("“\(url)” is no URL") }
    let line = try FaultyLine(to: UInt16(parts.port ?? 5432), speech: .postgres)
    (parts.host, parts.port) = ("127.0.0.1", Int(line.port))
    parts.queryItems = ["sslmode", "gssencmode"].map { URLQueryItem(name: $0, value: "disable") }
    guard let through = parts.string else { throw TestSetUpError("“\(url)” cannot be led through a line") }
    return (line, through)
  }
}
