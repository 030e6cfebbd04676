/// A type of the server: the OID of a value, and that of an array of such values (`pg_type.oid`, `.typarray`; the
/// OIDs of built-in types never change).
public struct PostgresType: Hashable, Sendable {
  /// OID of the type.
  public let oid: UInt32
  /// OID of the one-dimensional array of it.
  public let arrayOID: UInt32

  /// A type by its OIDs.
  public init(oid: UInt32, arrayOID: UInt32) {
    self.oid = oid
    self.arrayOID = arrayOID
  }

  static let bool = PostgresType(oid: 16, arrayOID: 1000)
  static let bytea = PostgresType(oid: 17, arrayOID: 1001)
  static let int8 = PostgresType(oid: 20, arrayOID: 1016)
  static let int2 = PostgresType(oid: 21, arrayOID: 1005)
  static let int4 = PostgresType(oid: 23, arrayOID: 1007)
  static let text = PostgresType(oid: 25, arrayOID: 1009)
  static let float8 = PostgresType(oid: 701, arrayOID: 1022)
  static let timestamptz = PostgresType(oid: 1184, arrayOID: 1185)
  static let uuid = PostgresType(oid: 2950, arrayOID: 2951)
}

/// A value that can be a parameter of a statement or a field of a COPY.
public protocol PostgresEncodable: Sendable {
  /// The OID of the server's type that `encode` writes.
  static var postgresOID: UInt32 { get }
  /// Whether the value is NULL; then `encode` is not called.
  var isPostgresNull: Bool { get }
  /// Writes the value in the type's binary format, without its length. Throws `.encode` if it has none.
  func encode(into writer: inout BinaryWriter) throws(PostgresError)
}

extension PostgresEncodable {
  /// Most values are never NULL.
  @inlinable public var isPostgresNull: Bool { false }
}

/// A value whose arrays can be parameters: `[Int64]` is `bigint[]`, and so on. `[UInt8]` is `bytea`.
public protocol PostgresArrayElement: Sendable {
  /// The OID of what `encodeArray` writes.
  static var postgresArrayOID: UInt32 { get }
  /// Writes all values as one parameter.
  static func encodeArray(_ values: [Self], into writer: inout BinaryWriter) throws(PostgresError)
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
  /// The array's type, or `bytea` for bytes.
  public static var postgresOID: UInt32 { Element.postgresArrayOID }
  /// Writes the elements; see `PostgresArrayElement`.
  public func encode(into writer: inout BinaryWriter) throws(PostgresError) {
    try Element.encodeArray(self, into: &writer)
  }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
  /// The type of the value that may be there.
  public static var postgresOID: UInt32 { Wrapped.postgresOID }
  /// `nil` is NULL.
  public var isPostgresNull: Bool { self?.isPostgresNull ?? true }
  /// Writes the value that is there.
  public func encode(into writer: inout BinaryWriter) throws(PostgresError) {
    try self?.encode(into: &writer)
  }
}

extension PostgresArrayElement where Self: PostgresEncodable {
  /// Writes a one-dimensional array as `array_recv` reads it: dimensions, whether there are NULLs, the element type,
  /// the length, the lower bound (1), then each element as a field. An empty array has no dimension.
  public static func encodeArray(_ values: [Self], into writer: inout BinaryWriter) throws(PostgresError) {
    writer.write(Int32(values.isEmpty ? 0 : 1))
    writer.write(Int32(values.contains { $0.isPostgresNull } ? 1 : 0))
    writer.write(postgresOID)
    guard !values.isEmpty else { return }
    guard values.count <= Limits.valueBytes else {
      throw PostgresError(.encode, "an array of \(values.count) elements is longer than a value may be")
    }
    writer.write(Int32(values.count))
    writer.write(Int32(1))
    for value in values { try writer.writeField(value) }
  }
}
