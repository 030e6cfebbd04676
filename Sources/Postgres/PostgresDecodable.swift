/// A value that can be read from a column.
public protocol PostgresDecodable: Sendable {
  /// Whether `init(postgres:)` understands the binary format of this type.
  static func canDecode(oid: UInt32) -> Bool
  /// Reads the binary format; `nil` if the bytes are none of this type's. They are valid during the call only.
  init?(postgres bytes: UnsafeRawBufferPointer, oid: UInt32)
}

extension UnsafeRawBufferPointer {
  /// The whole buffer as one integer in network byte order; `nil` if it has another length.
  func integer<Value: FixedWidthInteger>(as type: Value.Type = Value.self, at offset: Int = 0) -> Value? {
    guard offset >= 0, offset + MemoryLayout<Value>.size <= count else { return nil }
    return Value(bigEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
  }
}
