internal import CLibpq
public import Time

/// The rows of one answer, and how many rows the statement affected. Values are decoded when they are read.
public struct Rows: Sendable, RandomAccessCollection {
  let result: QueryResult

  /// Rows inserted, updated, deleted or selected, as the command tag tells; 0 for other commands.
  public var affected: Int { result.handle.affectedRows }
  /// Index of the first row.
  public var startIndex: Int { 0 }
  /// Number of rows returned.
  public var endIndex: Int { Int(PQntuples(result.handle.pointer)) }

  /// A row. Like every collection's, the index must be in range.
  public subscript(index: Int) -> Row {
    precondition(indices.contains(index), "row \(index) of \(count)")
    return Row(result: result, index: Int32(index))
  }

  /// The only row; throws `.decode` if there is none or more than one.
  public func single() throws(PostgresError) -> Row {
    guard count == 1 else { throw PostgresError(.decode, "expected one row, got \(count)") }
    return self[0]
  }
}

/// Names and types of a result's columns; the rows of a stream share one.
final class Columns: Sendable {
  let names: [String]
  let oids: [UInt32]

  init(_ result: borrowing ResultHandle) {
    let pointer = result.pointer
    let count = PQnfields(pointer)
    names = (0..<count).map { PQfname(pointer, $0).map { String(cString: $0) } ?? "" }
    oids = (0..<count).map { PQftype(pointer, $0) }
  }
}

/// A result that rows point into.
///
/// Sendable: "PGresult objects are normally read-only after creation, and so can be passed around freely between
/// threads"
/// (libpq, 34.20); nothing here modifies one.
final class QueryResult: @unchecked Sendable {
  let handle: ResultHandle
  let columns: Columns

  init(_ handle: consuming ResultHandle, columns: Columns? = nil) {
    self.columns = columns ?? Columns(handle)
    self.handle = handle
  }
}

/// Which column is read: by its name, or by its position from 0, which is faster.
public enum Column: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, Sendable {
  /// By the name in the result. With two of the same name, the first.
  case name(String)
  /// By position, from 0.
  case index(Int)

  /// By name.
  public init(stringLiteral name: String) { self = .name(name) }
  /// By position.
  public init(integerLiteral index: Int) { self = .index(index) }
}

/// One row. It keeps the whole result alive that it came with.
public struct Row: Sendable {
  let result: QueryResult
  let index: Int32

  /// Number of columns.
  public var columnCount: Int { result.columns.names.count }
  /// Names of the columns, in order.
  public var columnNames: [String] { result.columns.names }

  /// Reads a value; throws `.decode`, naming the column, if there is no such column, it is NULL or of another type.
  public func decode<Value: PostgresDecodable>(
    _ column: Column, as type: Value.Type = Value.self
  ) throws(PostgresError) -> Value {
    guard let value = try optional(column, as: type) else {
      throw PostgresError(.decode, "column \(label(column)) is NULL")
    }
    return value
  }

  /// Reads a value that may be NULL; throws `.decode` if there is no such column or it is of another type.
  public func optional<Value: PostgresDecodable>(
    _ column: Column, as type: Value.Type = Value.self
  ) throws(PostgresError) -> Value? {
    let field = try position(of: column)
    let oid = result.columns.oids[Int(field)]
    guard Value.canDecode(oid: oid) else {
      throw PostgresError(.decode, "column \(label(column)) has type OID \(oid), which is not readable as \(type)")
    }
    let pointer = result.handle.pointer
    guard PQgetisnull(pointer, index, field) == 0 else { return nil }
    // The bytes belong to the result, which `self` keeps until the value is made.
    let bytes = UnsafeRawBufferPointer(
      start: PQgetvalue(pointer, index, field), count: Int(PQgetlength(pointer, index, field)))
    guard let value = Value(postgres: bytes, oid: oid) else {
      throw PostgresError(.decode, "column \(label(column)) holds a value that \(type) cannot represent")
    }
    return value
  }

  private func position(of column: Column) throws(PostgresError) -> Int32 {
    let names = result.columns.names
    switch column {
    case .index(let index) where names.indices.contains(index): return Int32(index)
    case .name(let name):
      if let index = names.firstIndex(of: name) { return Int32(index) }
    case .index: break
    }
    throw PostgresError(.decode, "there is no column \(label(column)) among \(names)")
  }

  private func label(_ column: Column) -> String {
    switch column {
    case .name(let name): name
    case .index(let index): result.columns.names.indices.contains(index) ? result.columns.names[index] : "\(index)"
    }
  }
}

extension Row {
  /// A `boolean`.
  public func bool(_ column: Column) throws(PostgresError) -> Bool { try decode(column) }
  /// A `smallint`.
  public func int16(_ column: Column) throws(PostgresError) -> Int16 { try decode(column) }
  /// An `integer` or smaller.
  public func int32(_ column: Column) throws(PostgresError) -> Int32 { try decode(column) }
  /// A `bigint` or smaller.
  public func int64(_ column: Column) throws(PostgresError) -> Int64 { try decode(column) }
  /// A `double precision`.
  public func double(_ column: Column) throws(PostgresError) -> Double { try decode(column) }
  /// A text of any type, or JSON.
  public func string(_ column: Column) throws(PostgresError) -> String { try decode(column) }
  /// A `bytea`.
  public func bytes(_ column: Column) throws(PostgresError) -> [UInt8] { try decode(column) }
  /// A `uuid`.
  public func uuid(_ column: Column) throws(PostgresError) -> UUIDBytes { try decode(column) }
  /// A `timestamptz`.
  public func timestamp(_ column: Column) throws(PostgresError) -> Timestamp { try decode(column) }
}
