internal import FlashSale

/// The fields of a message in the protobuf encoding, as far as its bytes make sense: for a person who looks into a
/// record that no version of the schema can read.
struct ProtobufFields {
  /// One field, as text. A submessage's fields stand below it, indented.
  private(set) var lines: [String] = []

  /// Whether all bytes were read.
  let isWhole: Bool

  /// Reads a record's value. Any bytes are allowed.
  init(_ bytes: [UInt8]) {
    var lines: [String] = []
    isWhole = Self.read(bytes[...], depth: 0, into: &lines)
    self.lines = lines
  }

  /// Messages in messages that are looked into: the schema has four.
  private static let deepest = 8

  private static func read(_ bytes: ArraySlice<UInt8>, depth: Int, into lines: inout [String]) -> Bool {
    var rest = bytes
    let indent = String(repeating: "  ", count: depth)
    while !rest.isEmpty {
      guard let tag = VarintWriter.read(&rest), tag >> 3 > 0 else { return false }
      let name = "\(indent)\(tag >> 3): "
      switch tag & 7 {
      case 0:
        guard let number = VarintWriter.read(&rest) else { return false }
        lines.append("\(name)\(number)")
      case 1, 5:
        let count = tag & 7 == 1 ? 8 : 4
        guard rest.count >= count else { return false }
        lines.append("\(name)0x\(Hexadecimal.text(rest.prefix(count).reversed()))")
        rest = rest.dropFirst(count)
      case 2:
        guard let count = VarintWriter.read(&rest), count <= UInt64(rest.count) else { return false }
        let value = rest.prefix(Int(count))
        rest = rest.dropFirst(Int(count))
        show(value, name, depth, into: &lines)
      default: return false
      }
    }
    return true
  }

  /// A text, a message, or bytes: the encoding does not say which.
  private static func show(
    _ value: ArraySlice<UInt8>, _ name: String, _ depth: Int, into lines: inout [String]
  ) {
    if let text = String(validating: value, as: UTF8.self), text.unicodeScalars.allSatisfy({ $0.value >= 0x20 }) {
      return lines.append("\(name)\(text.debugDescription)")
    }
    var inner: [String] = []
    if depth < deepest, read(value, depth: depth + 1, into: &inner) {
      lines.append("\(name){")
      lines += inner
      return
    }
    lines.append("\(name)\(value.count) bytes, \(Hexadecimal.text(value.prefix(64)))")
  }
}

/// Bytes for people: 16 a line, with their offset and as ASCII.
enum HexDump {
  static func lines(_ bytes: [UInt8]) -> [String] {
    stride(from: 0, to: bytes.count, by: 16).map { start in
      let part = bytes[start..<min(start + 16, bytes.count)]
      let digits = part.map { Hexadecimal.text([$0]) }.joined(separator: " ")
      let padding = String(repeating: " ", count: 47 - digits.count)
      let text = String(decoding: part.map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
      let offset = String(start, radix: 16)
      return String(repeating: "0", count: max(0, 6 - offset.count)) + offset + "  " + digits + padding + "  " + text
    }
  }
}
