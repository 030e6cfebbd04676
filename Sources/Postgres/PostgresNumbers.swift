extension Bool: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
  /// `boolean`.
  public static var postgresOID: UInt32 { PostgresType.bool.oid }
  /// `boolean[]`.
  public static var postgresArrayOID: UInt32 { PostgresType.bool.arrayOID }
  /// One byte, 0 or 1.
  @inlinable public func encode(into writer: inout BinaryWriter) throws(PostgresError) {
    writer.write(UInt8(self ? 1 : 0))
  }
  /// `boolean` only.
  public static func canDecode(oid: UInt32) -> Bool { oid == postgresOID }
  /// One byte, 0 or 1.
  public init?(postgres bytes: UnsafeRawBufferPointer, oid: UInt32) {
    guard bytes.count == 1 else { return nil }
    self = bytes[0] != 0
  }
}

extension Int16: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
  /// `smallint`.
  public static var postgresOID: UInt32 { PostgresType.int2.oid }
  /// `smallint[]`.
  public static var postgresArrayOID: UInt32 { PostgresType.int2.arrayOID }
  /// Two bytes.
  @inlinable public func encode(into writer: inout BinaryWriter) throws(PostgresError) { writer.write(self) }
  /// `smallint` only.
  public static func canDecode(oid: UInt32) -> Bool { oid == postgresOID }
  /// Two bytes.
  public init?(postgres bytes: UnsafeRawBufferPointer, oid: UInt32) {
    guard let value = widened(bytes, oid), let exact = Int16(exactly: value) else { return nil }
    self = exact
  }
}

extension Int32: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
  /// `integer`.
  public static var postgresOID: UInt32 { PostgresType.int4.oid }
  /// `integer[]`.
  public static var postgresArrayOID: UInt32 { PostgresType.int4.arrayOID }
  /// Four bytes.
  @inlinable public func encode(into writer: inout BinaryWriter) throws(PostgresError) { writer.write(self) }
  /// `integer` and, without loss, `smallint`.
  public static func canDecode(oid: UInt32) -> Bool { oid == postgresOID || Int16.canDecode(oid: oid) }
  /// Four bytes, or the two of a `smallint`.
  public init?(postgres bytes: UnsafeRawBufferPointer, oid: UInt32) {
    guard let value = widened(bytes, oid), let exact = Int32(exactly: value) else { return nil }
    self = exact
  }
}

extension Int64: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
  /// `bigint`.
  public static var postgresOID: UInt32 { PostgresType.int8.oid }
  /// `bigint[]`.
  public static var postgresArrayOID: UInt32 { PostgresType.int8.arrayOID }
  /// Eight bytes.
  @inlinable public func encode(into writer: inout BinaryWriter) throws(PostgresError) { writer.write(self) }
  /// `bigint` and, without loss, `integer` and `smallint`.
  public static func canDecode(oid: UInt32) -> Bool { oid == postgresOID || Int32.canDecode(oid: oid) }
  /// Eight bytes, or the four or two of the smaller types.
  public init?(postgres bytes: UnsafeRawBufferPointer, oid: UInt32) {
    guard let value = widened(bytes, oid) else { return nil }
    self = value
  }
}

extension Double: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
  /// `double precision`.
  public static var postgresOID: UInt32 { PostgresType.float8.oid }
  /// `double precision[]`.
  public static var postgresArrayOID: UInt32 { PostgresType.float8.arrayOID }
  /// The eight bytes of IEEE 754.
  @inlinable public func encode(into writer: inout BinaryWriter) throws(PostgresError) { writer.write(bitPattern) }
  /// `double precision` only.
  public static func canDecode(oid: UInt32) -> Bool { oid == postgresOID }
  /// The eight bytes of IEEE 754.
  public init?(postgres bytes: UnsafeRawBufferPointer, oid: UInt32) {
    guard bytes.count == 8, let bits = bytes.integer(as: UInt64.self) else { return nil }
    self.init(bitPattern: bits)
  }
}

/// An integer of any of the server's three widths.
private func widened(_ bytes: UnsafeRawBufferPointer, _ oid: UInt32) -> Int64? {
  switch (oid, bytes.count) {
  case (PostgresType.int8.oid, 8): bytes.integer(as: Int64.self)
  case (PostgresType.int4.oid, 4): bytes.integer(as: Int32.self).map(Int64.init)
  case (PostgresType.int2.oid, 2): bytes.integer(as: Int16.self).map(Int64.init)
  default: nil
  }
}
