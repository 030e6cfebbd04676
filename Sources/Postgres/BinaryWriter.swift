/// Writes values in PostgreSQL's binary format: integers in network byte order, each value preceded by its length where
/// the surrounding format wants one.
public struct BinaryWriter: ~Copyable, Sendable {
  private(set) var bytes: [UInt8] = []

  init(reserving capacity: Int = 0) {
    bytes.reserveCapacity(capacity)
  }

  var count: Int { bytes.count }

  /// Appends an integer in network byte order.
  @inline(__always)
  public mutating func write(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  /// Appends bytes as they are.
  public mutating func write(bytes new: [UInt8]) {
    bytes.append(contentsOf: new)
  }

  /// Appends text as UTF-8; throws `.encode` if it contains a NUL, which PostgreSQL's `text` cannot hold.
  public mutating func write(text: String) throws(PostgresError) {
    let start = bytes.count
    bytes.append(contentsOf: text.utf8)
    if bytes[start...].contains(0) {
      throw PostgresError(.encode, "text contains a NUL character, which PostgreSQL cannot store")
    }
  }

  /// Appends a value preceded by its length in bytes, or by −1 for NULL: a field of a tuple, or an element of an array.
  mutating func writeField<Value: PostgresEncodable>(_ value: Value) throws(PostgresError) {
    guard !value.isPostgresNull else { return write(Int32(-1)) }
    let lengthAt = bytes.count
    write(Int32(0))
    try value.encode(into: &self)
    let length = bytes.count - lengthAt - 4
    guard length <= Limits.valueBytes else {
      throw PostgresError(.encode, "a value of \(length) bytes is longer than the \(Limits.valueBytes) allowed")
    }
    withUnsafeBytes(of: Int32(length).bigEndian) { length in
      for index in 0..<4 { bytes[lengthAt + index] = length[index] }
    }
  }

  func withBytes<Failure>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
    let outcome = bytes.withUnsafeBytes { buffer -> Failure? in
      do throws(Failure) {
        try body(buffer)
        return nil
      } catch {
        return error
      }
    }
    if let outcome { throw outcome }
  }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
  }
}
