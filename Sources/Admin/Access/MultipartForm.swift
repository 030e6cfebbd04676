internal import Foundation

/// A file that a form carries.
struct UploadedFile: Sendable {
  let bytes: [UInt8]

  /// `false`: the rest of it was dropped, because it has too many bytes.
  let isWhole: Bool
}

/// The parts of a form that carries a file: `multipart/form-data` (RFC 7578), as browsers send it. The file is the last
/// part, so that the fields are there also if it is too long.
struct MultipartForm {
  private(set) var fields: [(name: String, value: String)] = []
  private(set) var file: UploadedFile?

  /// Reads what was kept of a body; `nil` if it is none.
  ///
  /// - Parameter isWhole: whether nothing of the body was dropped.
  init?(_ body: Data, type: String, isWhole: Bool) {
    guard let boundary = Self.boundary(of: type) else { return nil }
    let first = Data("--\(boundary)".utf8)
    let delimiter = Data("\r\n--\(boundary)".utf8)
    guard body.starts(with: first) else { return nil }
    var rest = body.dropFirst(first.count)
    // "--" behind a delimiter ends the form.
    while rest.starts(with: Data("\r\n".utf8)) {
      guard fields.count < Limits.formParts, let head = rest.range(of: Data("\r\n\r\n".utf8)) else { return nil }
      let end = rest.range(of: delimiter, in: head.upperBound..<rest.endIndex)
      if end == nil, isWhole { return nil }
      let value = rest[head.upperBound..<(end?.lowerBound ?? rest.endIndex)]
      guard add(head: rest[rest.startIndex..<head.lowerBound], value, isWhole: end != nil) else { return nil }
      guard let end else { return }
      rest = rest[end.upperBound...]
    }
    guard rest.starts(with: Data("--".utf8)) else { return nil }
  }

  private mutating func add(head: Data, _ value: Data, isWhole: Bool) -> Bool {
    guard let head = String(validating: head, as: UTF8.self) else { return false }
    let lines = head.split(whereSeparator: \.isNewline)
    guard let line = lines.first(where: { $0.lowercased().hasPrefix("content-disposition:") }),
      let name = Self.parameter("name", of: line)
    else { return false }
    if let filename = Self.parameter("filename", of: line) {
      // So a browser says that none was chosen.
      if filename.isEmpty, value.isEmpty { return true }
      let isWhole = isWhole && value.count <= Limits.importBytes
      file = UploadedFile(bytes: isWhole ? Array(value) : [], isWhole: isWhole)
      return true
    }
    // A field that was cut off is not what was meant.
    guard isWhole, let text = String(validating: value, as: UTF8.self) else { return false }
    fields.append((name, text))
    return true
  }

  /// 1 to 70 characters (RFC 2046 §5.1.1).
  private static func boundary(of type: String) -> String? {
    guard let boundary = parameter("boundary", of: type[...]), (1...70).contains(boundary.utf8.count) else {
      return nil
    }
    return boundary
  }

  /// `name="value"` or `name=value` of a field's parameters. Browsers write a quote in a value as `%22`.
  private static func parameter(_ name: String, of line: Substring) -> String? {
    for part in line.split(separator: ";").dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      guard pair.count == 2, pair[0].lowercased() == name else { continue }
      return pair[1].trimmingCharacters(in: ["\""])
    }
    return nil
  }
}
