public import FlashSale
import Postgres
public import Time

/// A record that could not be decided, as it is kept.
public struct QuarantinedRecord: Sendable, Hashable {
  /// What a person decided about it.
  public struct Resolution: Sendable, Hashable {
    /// `requeued` or `dismissed`.
    public let name: String
    public let at: Timestamp
    public let by: String
    public let because: String

    /// Where its copy stands, in the same partition; `nil`: it was dismissed.
    public let requeuedAt: Offset?
  }

  public let position: LogPosition

  /// As in the log; `nil`: it had none.
  public let key: [UInt8]?
  public let value: [UInt8]?
  public let error: String

  /// Those that it names, where it can be read so far.
  public let sale: SaleID?
  public let order: OrderID?
  public let quarantinedAt: Timestamp

  /// `nil`: nobody has decided about it.
  public let resolution: Resolution?
}

extension SaleStore {
  /// Most records that are listed at once.
  public static var quarantinedMost: Int { Int(Limits.quarantinedShown) }

  /// Records that could not be decided, in the order of the log, behind a place; at most `Limits.quarantinedShown`.
  ///
  /// - Parameter isOpen: only those that nobody has decided about.
  public func quarantinedRecords(
    topic: String, isOpen: Bool, after place: LogPosition? = nil
  ) async throws -> [QuarantinedRecord] {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT q.partition, q.log_offset, q.record_key, q.record_value, q.error, s.id, q.order_id, q.quarantined_at,
          q.resolution, q.resolved_at, q.resolved_by, q.resolved_because, q.requeued_offset
        FROM quarantined_records q LEFT JOIN sales s ON s.number = q.sale
        WHERE q.topic = $1 AND (q.partition, q.log_offset) > ($2, $3) AND (NOT $4 OR q.resolution IS NULL)
        ORDER BY q.partition, q.log_offset LIMIT $5
        """, topic, place?.partition.rawValue ?? 0, place?.offset.rawValue ?? -1, isOpen, Limits.quarantinedShown)
    }
    return try rows.map(QuarantinedRecord.init(row:))
  }

  /// One of them; `nil`: no such record was set aside.
  public func quarantinedRecord(at position: LogPosition, topic: String) async throws -> QuarantinedRecord? {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT q.partition, q.log_offset, q.record_key, q.record_value, q.error, s.id, q.order_id, q.quarantined_at,
          q.resolution, q.resolved_at, q.resolved_by, q.resolved_because, q.requeued_offset
        FROM quarantined_records q LEFT JOIN sales s ON s.number = q.sale
        WHERE q.topic = $1 AND q.partition = $2 AND q.log_offset = $3
        """, topic, position.partition.rawValue, position.offset.rawValue)
    }
    return try rows.first.map(QuarantinedRecord.init(row:))
  }

  /// Notes what a person decided about a record; the first decision stands.
  ///
  /// - Parameter copy: where its copy stands; `nil`: it is dismissed.
  /// - Returns: whether this one counts.
  public func resolve(
    _ position: LogPosition, topic: String, by name: String, _ because: String, requeuedAt copy: Offset?
  ) async throws -> Bool {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        UPDATE quarantined_records SET resolution = CASE WHEN $6::int8 IS NULL THEN 'dismissed' ELSE 'requeued' END,
          resolved_at = now(), resolved_by = $4, resolved_because = $5, requeued_offset = $6
        WHERE topic = $1 AND partition = $2 AND log_offset = $3 AND resolution IS NULL
        """, topic, position.partition.rawValue, position.offset.rawValue, name, because, copy?.rawValue)
    }
    return rows.affected == 1
  }
}

extension QuarantinedRecord {
  fileprivate init(row: Row) throws {
    position = LogPosition(partition: try row.partition(0), offset: try row.offset(1))
    key = try row.optional(2)
    value = try row.optional(3)
    error = try row.string(4)
    sale = try row.optional(5, as: String.self).flatMap { SaleID(rawValue: $0) }
    order = try row.optional(6, as: UUIDBytes.self).map(OrderID.init)
    quarantinedAt = try row.timestamp(7)
    guard let name: String = try row.optional(8) else {
      resolution = nil
      return
    }
    resolution = Resolution(
      name: name, at: try row.timestamp(9), by: try row.string(10), because: try row.string(11),
      requeuedAt: try row.optional(12, as: Int64.self).map { Offset($0) })
  }
}
