extension String: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
  /// `text`.
  public static var postgresOID: UInt32 { PostgresType.text.oid }
  /// `text[]`.
  public static var postgresArrayOID: UInt32 { PostgresType.text.arrayOID }
  /// UTF-8; throws `.encode` if there is a NUL in it.
  public func encode(into writer: inout BinaryWriter) throws(PostgresError) { try writer.write(text: self) }

  /// `text`, `varchar`, `char(n)`, `name`, `json` and `jsonb`.
  public static func canDecode(oid: UInt32) -> Bool {
    switch oid {
    case postgresOID, 19, 114, 1042, 1043, jsonbOID: true
    default: false
    }
  }

  /// UTF-8, which a session's `client_encoding` guarantees; `jsonb` has a version byte (1) in front.
  public init?(postgres bytes: UnsafeRawBufferPointer, oid: UInt32) {
    guard oid == Self.jsonbOID else {
      self.init(decoding: bytes, as: UTF8.self)
      return
    }
    guard bytes.first == 1 else { return nil }
    self.init(decoding: bytes.dropFirst(), as: UTF8.self)
  }

  fileprivate static var jsonbOID: UInt32 { 3802 }
}

/// JSON as text, for a column of the type `jsonb`. The server refuses what is no JSON.
public struct JSONText: PostgresEncodable {
  private let text: String

  /// Text that is to be JSON.
  public init(_ text: String) { self.text = text }

  /// `jsonb`.
  public static var postgresOID: UInt32 { String.jsonbOID }
  /// A version byte, and the text; throws `.encode` if there is a NUL in it.
  public func encode(into writer: inout BinaryWriter) throws(PostgresError) {
    writer.write(UInt8(1))
    try writer.write(text: text)
  }
}

extension UInt8: PostgresArrayElement {
  /// `bytea`: bytes are not an array to PostgreSQL.
  public static var postgresArrayOID: UInt32 { PostgresType.bytea.oid }
  /// The bytes as they are.
  public static func encodeArray(_ values: [UInt8], into writer: inout BinaryWriter) throws(PostgresError) {
    writer.write(bytes: values)
  }
}

extension Array: PostgresArrayElement where Element == UInt8 {
  /// `bytea[]`.
  public static var postgresArrayOID: UInt32 { PostgresType.bytea.arrayOID }
}

extension Array: PostgresDecodable where Element == UInt8 {
  /// `bytea` only.
  public static func canDecode(oid: UInt32) -> Bool { oid == PostgresType.bytea.oid }
  /// The bytes as they are.
  public init?(postgres bytes: UnsafeRawBufferPointer, oid: UInt32) { self.init(bytes) }
}

extension Optional: PostgresArrayElement where Wrapped: PostgresArrayElement & PostgresEncodable {
  /// The array type of the value; its elements may be NULL.
  public static var postgresArrayOID: UInt32 { Wrapped.postgresArrayOID }
}
