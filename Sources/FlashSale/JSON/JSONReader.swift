/// Reads a JSON document (RFC 8259) from left to right, where its bytes are: without Foundation and without recursion.
///
/// (1) Whatever the bytes are, it answers; every read is checked against the end.
/// (2) It takes what the RFC's grammar has and nothing else: UTF-8 without a mark, no comma behind the last element, no
///     half characters, no control characters.
/// (3) What has brackets deeper than `Limits.jsonDepth` is malformed.
/// (4) A string without escapes of at most 15 bytes, a number and a literal cost no allocation.
struct JSONReader {
  let bytes: UnsafeRawBufferPointer
  var at = 0
  /// A bracket was opened, and nothing was read since: no comma stands before what follows.
  private var isFirst = false

  private init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Reads a document that is one object. When `fields` is called, the object has begun.
  ///
  /// What is no JSON is malformed, wherever that shows. Only in what is JSON, the first thing counts that is wrong.
  static func object<Value>(
    in bytes: UnsafeRawBufferPointer, _ fields: (inout JSONReader) throws(BodyError) -> Value
  ) throws(BodyError) -> Value {
    var reader = JSONReader(bytes)
    do throws(BodyError) {
      reader.skipSpace()
      guard reader.beginObject() else { throw .malformed("the body must be a JSON object") }
      let value = try fields(&reader)
      try reader.end()
      return value
    } catch {
      if case .malformed = error { throw error }
      var whole = JSONReader(bytes)
      whole.skipSpace()
      try whole.skipValue()
      try whole.end()
      throw error
    }
  }

  /// Checks that nothing but white space follows.
  private mutating func end() throws(BodyError) {
    skipSpace()
    guard at == bytes.count else { throw .malformed("something follows the object") }
  }
}

// MARK: - Objects and arrays

extension JSONReader {
  /// Enters the object that begins here; false if none does.
  mutating func beginObject() -> Bool {
    isFirst = take("{")
    return isFirst
  }

  /// Enters the array that begins here; false if none does.
  mutating func beginArray() -> Bool {
    isFirst = take("[")
    return isFirst
  }

  /// Goes to the next field's value and returns its name; `nil` behind the object's end.
  mutating func nextField() throws(BodyError) -> String? {
    guard try hasNext(before: "}", in: "object") else { return nil }
    guard isAtString else { throw .malformed("a field's name is missing") }
    let name = try string()
    skipSpace()
    guard take(":") else { throw .malformed("a colon is missing after a field's name") }
    skipSpace()
    return name
  }

  /// Goes to the next element; false behind the array's end.
  mutating func nextElement() throws(BodyError) -> Bool { try hasNext(before: "]", in: "array") }

  private mutating func hasNext(before bracket: Unicode.Scalar, in what: StaticString) throws(BodyError) -> Bool {
    defer { isFirst = false }
    skipSpace()
    if take(bracket) { return false }
    guard isFirst || take(",") else { throw .malformed("the \(what) does not end, or a comma is missing") }
    skipSpace()
    return true
  }

  /// Passes over the value that begins here, whatever it is.
  mutating func skipValue() throws(BodyError) {
    // One bit for each open bracket, set for an object's; the innermost is the last.
    var objects: UInt64 = 0
    var depth = 0
    repeat {
      let isObject = beginObject()
      if isObject || beginArray() {
        guard depth < Limits.jsonDepth else { throw .malformed("brackets stand deeper than \(Limits.jsonDepth)") }
        depth += 1
        objects = objects << 1 | (isObject ? 1 : 0)
      } else {
        try skipScalar()
      }
      while depth > 0 {
        let goesOn = objects & 1 == 1 ? try nextField() != nil : try nextElement()
        if goesOn { break }
        depth -= 1
        objects >>= 1
      }
    } while depth > 0
  }

  private mutating func skipScalar() throws(BodyError) {
    if isAtString {
      _ = try string()
    } else if isAtNumber {
      _ = try number()
    } else if !take(word: "true") && !take(word: "false") && !takeNull() {
      throw .malformed("a value is missing, or is not JSON")
    }
  }
}
