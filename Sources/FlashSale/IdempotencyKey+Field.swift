extension IdempotencyKey {
  /// The key that the value of a field `Idempotency-Key` names; any bytes are allowed.
  ///
  /// The IETF draft has a string of structured fields (RFC 9651 §3.3.3) there, most clients send the key as it is. So
  /// `"k"` and `k` are one key. What begins with a quotation mark and is no such string is no key.
  public init?(field value: UnsafeRawBufferPointer) {
    guard value.first == UInt8(ascii: "\"") else {
      self.init(bytes: value)
      return
    }
    guard value.count >= 2, value.last == UInt8(ascii: "\"") else { return nil }
    let inner = UnsafeRawBufferPointer(rebasing: value[1..<(value.count - 1)])
    let needsReading = inner.contains { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
    if needsReading {
      guard let text = Self.unescaped(inner) else { return nil }
      self.init(rawValue: text)
    } else {
      self.init(bytes: inner)
    }
  }

  /// The same, or an error that says the rule.
  public init(validatingField value: String) throws(ValidationError) {
    var value = value
    guard let key = value.withUTF8({ IdempotencyKey(field: UnsafeRawBufferPointer($0)) }) else {
      throw ValidationError(Self.field, "\(Self.rule), with or without quotation marks around them")
    }
    self = key
  }

  /// What stands between the quotation marks, without the backslashes before `"` and `\`.
  private static func unescaped(_ inner: UnsafeRawBufferPointer) -> String? {
    var text: [UInt8] = []
    var isEscaped = false
    for byte in inner {
      let isSpecial = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
      guard isEscaped == isSpecial || byte == UInt8(ascii: "\\") else { return nil }
      if !isEscaped && byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else {
        text.append(byte)
        isEscaped = false
      }
    }
    return isEscaped ? nil : String(decoding: text, as: UTF8.self)
  }
}
