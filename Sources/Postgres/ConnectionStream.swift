extension Connection {
  /// Runs a query whose result may be larger than memory, and hands over row by row. Returns the number of rows.
  ///
  /// `onRow` runs on the connection's thread; while it works the server waits. If it throws, the connection is closed
  /// and the error is thrown on. All rows are of one snapshot.
  public func stream(
    _ statement: Statement, _ parameters: any PostgresEncodable..., onRow: @Sendable (Row) throws -> Void
  ) throws -> Int {
    let encoded = try EncodedStatement(statement, parameters)
    try session.beginStream(encoded)
    defer { session.abandonStream() }
    var rows = 0
    while let row = try session.nextStreamRow(of: encoded.sql) {
      try onRow(row)
      rows += 1
    }
    return rows
  }

  /// The same in batches, to a reader that may take its time, such as an HTTP response: while `onBatch` is suspended
  /// the server waits and no thread is held. Other calls on this connection throw `.misuse` until the stream ends.
  public func stream(
    _ statement: Statement, _ parameters: any PostgresEncodable..., batch: Int = Limits.streamBatchRows,
    onBatch: @Sendable ([Row]) async throws -> Void
  ) async throws -> Int {
    let encoded = try EncodedStatement(statement, parameters)
    try session.beginStream(encoded)
    defer { session.abandonStream() }
    let size = min(max(batch, 1), Limits.largestStreamBatchRows)
    var rows = 0
    var pending: [Row] = []
    while let row = try session.nextStreamRow(of: encoded.sql) {
      pending.append(row)
      guard pending.count == size else { continue }
      try await onBatch(pending)
      rows += pending.count
      pending.removeAll(keepingCapacity: true)
    }
    if !pending.isEmpty { try await onBatch(pending) }
    return rows + pending.count
  }
}
