/// Writes the rows of a binary COPY into one buffer, which goes out whenever it is full.
///
/// Format (PostgreSQL, COPY, "Binary Format"): a header, per row the number of fields in 16 bits and each field after
/// its length, and −1 in 16 bits at the end.
public struct CopyWriter: ~Copyable {
  private let session: Session
  private let sql: String
  @usableFromInline var buffer = BinaryWriter(reserving: Limits.copyChunkBytes * 2)
  @usableFromInline var missingFields = 0
  private(set) var hasFailed = false

  init(session: Session, sql: String) {
    self.session = session
    self.sql = sql
    buffer.write(bytes: Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00])
    buffer.write(Int32(0))  // flags: none
    buffer.write(Int32(0))  // length of the header's extension: none
  }

  /// Writes one row. For very many rows, `row(fieldCount:)` and a `field` for each value take half the time, because
  /// the compiler knows each type.
  public mutating func row<each Value: PostgresEncodable>(_ values: repeat each Value) throws(PostgresError) {
    var count = 0
    for _ in repeat each values { count += 1 }
    try row(fieldCount: count)
    for value in repeat each values { try field(value) }
  }

  /// Starts a row of so many fields, 0 to 32,767; as many calls of `field` must follow. Throws `.encode` if the row
  /// before lacks fields.
  public mutating func row(fieldCount: Int) throws(PostgresError) {
    try checkRowIsWhole()
    guard let count = Int16(exactly: fieldCount), count >= 0 else {
      throw PostgresError(.encode, "a row cannot have \(fieldCount) fields")
    }
    if buffer.count >= Limits.copyChunkBytes { try send() }
    buffer.write(count)
    missingFields = fieldCount
  }

  /// Writes the next field of the row. Throws `.encode` if the row is whole already.
  @inlinable
  public mutating func field(_ value: some PostgresEncodable) throws(PostgresError) {
    guard missingFields > 0 else { throw Self.rowIsWhole }
    try buffer.writeField(value)
    missingFields -= 1
  }

  @usableFromInline static var rowIsWhole: PostgresError {
    PostgresError(.encode, "more fields than the row was started with")
  }

  mutating func finish() throws(PostgresError) {
    try checkRowIsWhole()
    buffer.write(Int16(-1))
    try send()
  }

  private func checkRowIsWhole() throws(PostgresError) {
    guard missingFields == 0 else { throw PostgresError(.encode, "\(missingFields) fields of a row are missing") }
  }

  private mutating func send() throws(PostgresError) {
    guard !hasFailed else { throw PostgresError(.misuse, "the COPY has failed already") }
    do {
      try buffer.withBytes { bytes throws(PostgresError) in try session.copy(bytes, of: sql) }
    } catch {
      hasFailed = true
      throw error
    }
    buffer.removeAll()
  }
}
