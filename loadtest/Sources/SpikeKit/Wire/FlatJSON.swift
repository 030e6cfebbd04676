/// Finds a string among an object's own members without decoding the rest: the few values that a hot answer is read
/// for.
///
/// It is not a validator: it does not check what it skips. Depth costs no stack.
enum FlatJSON {
  /// Where the value of the member `name` lies, without its quotes. `nil` if there is none, if it is not a string, or
  /// if it has an escape in it, which no id, ticket or code has.
  static func string(_ name: StaticString, in bytes: borrowing Span<UInt8>) -> Range<Int>? {
    guard let found = value(name, in: bytes), bytes[found.lowerBound] == UInt8(ascii: "\"") else { return nil }
    let text = found.lowerBound + 1..<found.upperBound - 1
    return bytes.first(UInt8(ascii: "\\"), from: text.lowerBound, before: text.upperBound) == nil ? text : nil
  }

  /// The value of the member `name`. `nil` if there is none, or if it is no whole number from 0 on, of 18 digits or
  /// less.
  static func number(_ name: StaticString, in bytes: borrowing Span<UInt8>) -> Int? {
    value(name, in: bytes).flatMap { bytes.decimal(at: $0) }
  }

  private static func value(_ name: StaticString, in bytes: borrowing Span<UInt8>) -> Range<Int>? {
    var position = skipSpace(bytes, 0)
    guard position < bytes.count, bytes[position] == UInt8(ascii: "{") else { return nil }
    position = skipSpace(bytes, position + 1)
    while position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
      guard let key = stringEnd(bytes, position) else { return nil }
      let isWanted = bytes.holds(name, at: position + 1..<key - 1)
      position = skipSpace(bytes, key)
      guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else { return nil }
      position = skipSpace(bytes, position + 1)
      guard position < bytes.count, let end = valueEnd(bytes, position) else { return nil }
      if isWanted { return position..<end }
      position = skipSpace(bytes, end)
      guard position < bytes.count, bytes[position] == UInt8(ascii: ",") else { return nil }
      position = skipSpace(bytes, position + 1)
    }
    return nil
  }

  /// The sum of all whole numbers that are a member `name` of any object in it. `nil` if there is none.
  ///
  /// Inside a string the name's closing quote would have a backslash before it; so no string is taken for a member.
  static func sum(ofMembers name: StaticString, in bytes: borrowing Span<UInt8>) -> Int? {
    var sum: Int?
    var position = 0
    let length = name.utf8CodeUnitCount
    while position + length + 2 < bytes.count {
      defer { position += 1 }
      guard bytes[position] == UInt8(ascii: "\""), bytes[position + length + 1] == UInt8(ascii: "\""),
        bytes.holds(name, at: position + 1..<position + 1 + length)
      else { continue }
      let colon = skipSpace(bytes, position + length + 2)
      guard colon < bytes.count, bytes[colon] == UInt8(ascii: ":") else { continue }
      let start = skipSpace(bytes, colon + 1)
      var end = start
      while end < bytes.count, bytes[end] >= UInt8(ascii: "0"), bytes[end] <= UInt8(ascii: "9") { end += 1 }
      if let value = bytes.decimal(at: start..<end) { sum = (sum ?? 0) + value }
    }
    return sum
  }

  private static func skipSpace(_ bytes: borrowing Span<UInt8>, _ start: Int) -> Int {
    var position = start
    while position < bytes.count {
      switch bytes[position] {
      case 32, 9, 10, 13: position += 1
      default: return position
      }
    }
    return position
  }

  /// The position after the closing quote of the string that opens at `start`.
  private static func stringEnd(_ bytes: borrowing Span<UInt8>, _ start: Int) -> Int? {
    var position = start + 1
    var quote = bytes.first(UInt8(ascii: "\""), from: position, before: bytes.count)
    while let end = quote {
      guard let escape = bytes.first(UInt8(ascii: "\\"), from: position, before: end) else { return end + 1 }
      // What follows a backslash belongs to it, and that can be the quote.
      position = escape + 2
      if position > end { quote = bytes.first(UInt8(ascii: "\""), from: position, before: bytes.count) }
    }
    return nil
  }

  /// The position after the value that begins at `start`.
  private static func valueEnd(_ bytes: borrowing Span<UInt8>, _ start: Int) -> Int? {
    var position = start
    var depth = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        guard let end = stringEnd(bytes, position) else { return nil }
        position = end
        if depth == 0 { return position }
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        position += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return position }
        depth -= 1
        position += 1
        if depth == 0 { return position }
      case UInt8(ascii: ","), 32, 9, 10, 13:
        if depth == 0 { return position }
        position += 1
      default:
        position += 1
      }
    }
    return nil
  }
}
