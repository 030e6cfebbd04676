internal import CLibpq

/// A statement with its parameters in the binary format, all in one buffer.
struct EncodedStatement: Sendable {
  let sql: String
  let oids: [UInt32]
  private let fields: [Range<Int>?]
  private let bytes: [UInt8]

  init(_ statement: Statement, _ parameters: [any PostgresEncodable]) throws(PostgresError) {
    guard parameters.count <= Limits.parameters else {
      throw PostgresError(.encode, "\(parameters.count) parameters are more than \(Limits.parameters)")
    }
    var oids: [UInt32] = []
    var fields: [Range<Int>?] = []
    var writer = BinaryWriter()
    for parameter in parameters {
      oids.append(type(of: parameter).postgresOID)
      guard !parameter.isPostgresNull else {
        fields.append(nil)
        continue
      }
      let start = writer.count
      try parameter.encode(into: &writer)
      guard writer.count - start <= Limits.valueBytes else {
        throw PostgresError(.encode, "parameter $\(fields.count + 1) is longer than \(Limits.valueBytes) bytes")
      }
      fields.append(start..<writer.count)
    }
    // A pointer into the buffer must not be null for an empty value: null means NULL.
    if writer.count == 0 { writer.write(UInt8(0)) }
    self.sql = statement.sql
    self.oids = oids
    self.fields = fields
    self.bytes = writer.bytes
  }

  var byteCount: Int { bytes.count }

  /// Queues it on the connection as an execution of the prepared statement `name`; 0 means failure, as in libpq.
  func send(on connection: OpaquePointer, as name: String) -> Int32 {
    bytes.withUnsafeBytes { buffer in
      let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
      let values = fields.map { field in field.flatMap { base?.advanced(by: $0.lowerBound) } }
      let lengths = fields.map { Int32($0?.count ?? 0) }
      let formats = [Int32](repeating: 1, count: fields.count)
      return PQsendQueryPrepared(connection, name, Int32(fields.count), values, lengths, formats, 1)
    }
  }
}
