internal import Glibc

/// Writes values in PostgreSQL's binary format: integers in network byte order, each value preceded by its length if
/// the surrounding format needs one.
///
/// It owns its memory instead of using an array, and the code that writes a row is inlinable. So a row of known types
/// becomes one stretch of stores. This runs for each field of each order that a lane writes.
///
/// `@unchecked Sendable`: the memory belongs to this value alone, which cannot be copied.
public struct BinaryWriter: ~Copyable, @unchecked Sendable {
  @usableFromInline var memory: UnsafeMutableRawBufferPointer

  /// Bytes written so far.
  @usableFromInline var count = 0

  init(reserving capacity: Int = 0) {
    memory = .allocate(byteCount: max(capacity, 64), alignment: 8)
  }

  deinit { memory.deallocate() }

  /// What was written so far.
  var bytes: [UInt8] { Array(memory[..<count]) }

  /// Makes room for so many bytes more.
  @inlinable
  mutating func reserve(_ more: Int) {
    if memory.count - count < more { grow(by: more) }
  }

  @usableFromInline
  @inline(never)
  mutating func grow(by more: Int) {
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(memory.count * 2, count + more), alignment: 8)
    larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
    memory.deallocate()
    memory = larger
  }

  /// Appends an integer in network byte order.
  @inlinable
  public mutating func write<Value: FixedWidthInteger>(_ value: Value) {
    reserve(MemoryLayout<Value>.size)
    memory.storeBytes(of: value.bigEndian, toByteOffset: count, as: Value.self)
    count += MemoryLayout<Value>.size
  }

  /// Appends bytes as they are.
  public mutating func write(bytes new: [UInt8]) {
    new.withUnsafeBytes { append($0) }
  }

  /// Appends text as UTF-8; throws `.encode` if it contains a NUL, which PostgreSQL's `text` cannot hold.
  public mutating func write(text: String) throws(PostgresError) {
    var text = text
    let hasNUL = text.withUTF8 { utf8 in
      append(UnsafeRawBufferPointer(utf8))
      return utf8.baseAddress.map { memchr($0, 0, utf8.count) != nil } ?? false
    }
    if hasNUL { throw PostgresError(.encode, "text contains a NUL character, which PostgreSQL cannot store") }
  }

  /// Appends a value preceded by its length in bytes, or by −1 for NULL: a field of a tuple, or an element of an array.
  @inlinable
  mutating func writeField<Value: PostgresEncodable>(_ value: Value) throws(PostgresError) {
    guard !value.isPostgresNull else { return write(Int32(-1)) }
    let lengthAt = count
    write(Int32(0))
    try value.encode(into: &self)
    let length = count - lengthAt - 4
    guard length <= Limits.valueBytes else { throw Self.tooLong(length) }
    memory.storeBytes(of: Int32(length).bigEndian, toByteOffset: lengthAt, as: Int32.self)
  }

  func withBytes<Failure>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
    try body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
  }

  mutating func removeAll() {
    count = 0
  }

  private mutating func append(_ new: UnsafeRawBufferPointer) {
    guard let source = new.baseAddress, new.count > 0 else { return }
    reserve(new.count)
    UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(
      from: UnsafeRawBufferPointer(start: source, count: new.count))
    count += new.count
  }

  @usableFromInline
  @inline(never)
  static func tooLong(_ length: Int) -> PostgresError {
    PostgresError(.encode, "a value of \(length) bytes is longer than the \(Limits.valueBytes) allowed")
  }
}
