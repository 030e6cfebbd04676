public import FlashSale
import Postgres

// Bulk jobs: a job and its list move on in one transaction each, and only from where the mover found it.

extension SaleStore {
  /// Starts a job. Its first order is looked for when somebody takes it.
  ///
  /// - Parameter id: one job of the sale is started under it.
  /// - Returns: the job, or the one that was started before under the same id, whatever it is about.
  public func startBulk(
    _ request: BulkRequest, in sale: SaleNumber, asOf: OffsetVector, named id: CommandID, by name: String
  ) async throws -> BulkJob {
    let number = try await pool.withConnection { connection in
      // An update that changes nothing, because only a row that is written is returned.
      try await connection.query(
        """
        INSERT INTO bulk_jobs (sale, action, search, as_of, expected, started_by, because, command_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (sale, command_id) DO UPDATE SET command_id = excluded.command_id RETURNING id
        """, sale.rawValue, request.action.rawValue, request.search, "\(asOf)", request.expected, name,
        request.because, id.rawValue
      ).single().int64(0)
    }
    guard let job = try await bulkJob(number) else { throw StoreError.unreadable("bulk job \(number) is gone") }
    return job
  }

  /// The job that was started under an id; `nil`: none was.
  public func bulkJob(named id: CommandID, in sale: SaleNumber) async throws -> BulkJob? {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        "SELECT id FROM bulk_jobs WHERE sale = $1 AND command_id = $2", sale.rawValue, id.rawValue)
    }
    guard let number = try rows.first?.int64(0) else { return nil }
    return try await bulkJob(number)
  }

  /// One job; `nil`: there is none.
  public func bulkJob(_ id: Int64) async throws -> BulkJob? {
    try await bulkJobs(only: id, limit: 1).first
  }

  /// The newest jobs, at most `Limits.bulkJobsShown`.
  public func bulkJobs() async throws -> [BulkJob] { try await bulkJobs(only: nil, limit: Limits.bulkJobsShown) }

  private func bulkJobs(only id: Int64?, limit: Int32) async throws -> [BulkJob] {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT j.*, s.id AS sale_id FROM bulk_jobs j JOIN sales s ON s.number = j.sale
        WHERE $1::int8 IS NULL OR j.id = $1 ORDER BY j.id DESC LIMIT $2
        """, id, limit)
    }
    return try rows.map(BulkJob.init(row:))
  }

  /// Takes the oldest job that runs and that nobody works on, for `Limits.bulkLease`; takes one's own again.
  ///
  /// - Parameter process: of this process alone, and not 0.
  public func takeBulk(_ process: Int64) async throws -> BulkJob? {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        UPDATE bulk_jobs j SET taken_by = $1, taken_until = now() + make_interval(secs => $2)
        FROM sales s WHERE s.number = j.sale AND j.id = (
          SELECT id FROM bulk_jobs
          WHERE state = 'running' AND (taken_until IS NULL OR taken_until < now() OR taken_by = $1)
          ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
        ) RETURNING j.*, s.id AS sale_id
        """, process, Double(Limits.bulkLease.components.seconds))
    }
    return try rows.first.map(BulkJob.init(row:))
  }

  /// Adds what a page of the search comes to, and moves the job on, if it still stands where it was read.
  ///
  /// - Parameters:
  ///   - next: where the search goes on; `nil`: it is at its end.
  ///   - skipped: orders of the page that the action can do nothing to.
  /// - Returns: whether it did. If not, somebody else has moved it on, or stopped it.
  public func addBulk(
    _ items: [BulkItem], to job: BulkJob, next: OrderCursor?, searched: Int, skipped: Int
  ) async throws -> Bool {
    try await pool.withConnection { connection in
      try await connection.transaction { transaction in
        let moved = try transaction.query(
          """
          UPDATE bulk_jobs SET place = coalesce($3, place), is_searched = $3 IS NULL, searched = searched + $4,
            skipped = skipped + $5, listed = listed + $6
          WHERE id = $1 AND state = 'running' AND NOT is_searched AND place IS NOT DISTINCT FROM $2
          """, job.id, job.place.map { "\($0)" }, next.map { "\($0)" }, Int64(searched), Int64(skipped),
          Int64(items.count))
        guard moved.affected == 1 else { return false }
        _ = try transaction.query(
          """
          INSERT INTO bulk_items (job, number, order_id, command_id, sku, payment, minor)
          SELECT $1, i.* FROM unnest($2::int8[], $3::uuid[], $4::int8[], $5::text[], $6::text[], $7::int8[]) AS i
          """, job.id, items.map(\.number), items.map(\.order.uuid), items.map(\.command.rawValue),
          items.map(\.sku.rawValue), items.map { $0.payment?.rawValue }, items.map(\.minor))
        return true
      }
    }
  }

  /// The next items that are not surely written, in their order, at most `Limits.bulkBatchItems`.
  public func unwrittenBulk(of job: Int64) async throws -> [BulkItem] {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT number, order_id, command_id, sku, payment, minor, is_written, log_offset, partition FROM bulk_items
        WHERE job = $1 AND NOT is_written ORDER BY number LIMIT $2
        """, job, Limits.bulkBatchItems)
    }
    return try rows.map(BulkItem.init(row:))
  }

  /// Notes that these are surely in the log, and where.
  public func wroteBulk(_ items: [BulkItem], at positions: [LogPosition], of job: Int64) async throws {
    _ = try await pool.withConnection { connection in
      try await connection.query(
        """
        WITH noted AS (
          UPDATE bulk_items SET is_written = true, partition = w.partition, log_offset = w.log_offset
          FROM unnest($2::int8[], $3::int4[], $4::int8[]) AS w (number, partition, log_offset)
          WHERE bulk_items.job = $1 AND bulk_items.number = w.number AND NOT is_written RETURNING 1
        )
        UPDATE bulk_jobs SET written = written + (SELECT count(*) FROM noted) WHERE id = $1
        """, job, items.map(\.number), positions.map(\.partition.rawValue), positions.map(\.offset.rawValue))
    }
  }

  /// Sends the webhooks of these orders again that were given up, and notes it, in one transaction.
  public func resendBulk(_ items: [BulkItem], of job: Int64) async throws {
    try await pool.withConnection { connection in
      try await connection.transaction { transaction in
        _ = try transaction.query(
          """
          UPDATE webhook_deliveries SET dead_at = NULL, next_at = now(), attempts = 0, first_tried_at = NULL
          WHERE order_id = ANY ($1) AND dead_at IS NOT NULL
          """, items.map(\.order.uuid))
        // No lane decides anything about it.
        _ = try transaction.query(
          """
          WITH noted AS (
            UPDATE bulk_items SET is_written = true, is_decided = true
            WHERE job = $1 AND number = ANY ($2) AND NOT is_written RETURNING 1
          ), sent AS (SELECT count(*) AS items FROM noted)
          UPDATE bulk_jobs SET written = written + items, decided = decided + items FROM sent WHERE id = $1
          """, job, items.map(\.number))
      }
    }
  }

  /// Adds what lanes have decided since to the counts of jobs, at most `Limits.bulkCountedItems` of each partition's
  /// commands. One process does it at a time.
  ///
  /// - Parameter topic: of the log that the commands are in.
  /// - Returns: whether there was anything.
  public func countDecidedBulk(in topic: String) async throws -> Bool {
    try await pool.withConnection { connection in
      try await connection.transaction { transaction in
        let lock = try transaction.query(
          "SELECT pg_try_advisory_xact_lock(hashtext('bulk_items'), hashtext(coalesce(current_schema(), '')))")
        guard try lock.single().bool(0) else { return false }
        // What a partition has not come to is not looked at, however long it stands still.
        let counted = try transaction.query(
          """
          WITH decided AS (
            SELECT i.job, i.number, done.result
            FROM bulk_jobs j JOIN partition_progress p ON p.topic = $1 CROSS JOIN LATERAL (
              SELECT * FROM bulk_items WHERE job = j.id AND partition = p.partition AND log_offset < p.next_offset
                AND is_written AND NOT is_decided ORDER BY log_offset
            ) AS i CROSS JOIN LATERAL (
              SELECT result FROM history WHERE order_id = i.order_id AND command_id = i.command_id
              ORDER BY log_offset, place LIMIT 1
            ) AS done WHERE j.decided < j.written LIMIT $2
          ), noted AS (
            UPDATE bulk_items i SET is_decided = true FROM decided d WHERE i.job = d.job AND i.number = d.number
            RETURNING i.job, d.result
          )
          UPDATE bulk_jobs j SET decided = j.decided + n.items, refused = j.refused + n.refused
          FROM (
            SELECT job, count(*) AS items, count(*) FILTER (WHERE result NOT IN (0, 12)) AS refused FROM noted
            GROUP BY job
          ) AS n WHERE j.id = n.job
          """, topic, Limits.bulkCountedItems)
        return counted.affected > 0
      }
    }
  }

  /// Of these orders, those with webhooks that were given up.
  public func withDeadLetters(_ orders: [OrderID]) async throws -> Set<OrderID> {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        "SELECT DISTINCT order_id FROM webhook_deliveries WHERE order_id = ANY ($1) AND dead_at IS NOT NULL",
        orders.map(\.uuid))
    }
    return Set(try rows.map { OrderID(try $0.uuid(0)) })
  }

  /// Ends a job that runs. Returns whether it ran.
  public func endBulk(_ job: Int64, _ state: BulkJob.State, error: String? = nil) async throws -> Bool {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        UPDATE bulk_jobs SET state = $2, error = $3, finished_at = now(), taken_until = NULL
        WHERE id = $1 AND state = 'running'
        """, job, state.rawValue, error)
    }
    return rows.affected == 1
  }

  /// The items of a job from a number on, each with what a lane decided; at most `Limits.bulkBatchItems`.
  public func bulkItems(of job: Int64, from number: Int64) async throws -> [BulkItem] {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT i.number, i.order_id, i.command_id, i.sku AS item_sku, i.sku, i.payment, i.minor, i.is_written,
          i.log_offset, i.partition, i.log_offset AS item_offset, done.action, done.result, done.units,
          done.minor AS moved, done.state, done.at, done.digest,
          done.partition AS done_partition, done.log_offset AS done_offset
        FROM bulk_items i LEFT JOIN LATERAL (
          SELECT * FROM history y WHERE y.order_id = i.order_id AND y.command_id = i.command_id
          ORDER BY log_offset, place LIMIT 1
        ) AS done ON true WHERE i.job = $1 AND i.number >= $2 ORDER BY i.number LIMIT $3
        """, job, number, Limits.bulkBatchItems)
    }
    return try rows.map { row in
      let item = try BulkItem(row: row)
      guard try row.optional("action", as: Int16.self) != nil else { return item }
      return BulkItem(item, effect: try StoredEffect(bulk: row, sku: item.sku))
    }
  }
}

extension StoredEffect {
  fileprivate init(bulk row: Row, sku: SKU) throws {
    action = try row.historyAction("action")
    result = try row.historyResult("result")
    position = LogPosition(partition: try row.partition("done_partition"), offset: try row.offset("done_offset"))
    units = try row.int32("units")
    minor = try row.int64("moved")
    state = try row.optional("state", as: Int16.self).flatMap(Hold.State.init(rawValue:))
    self.sku = sku
    at = try row.timestamp("at")
    digest = try row.optional("digest", as: Int64.self).map(CommandDigest.init(rawValue:))
  }
}

extension SaleStore {
  /// The captures that name these orders, as they are now.
  public func payments(for orders: [OrderID]) async throws -> [OrderID: [Payment]] {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT p.sale, p.payment, p.order_id, p.captured, p.refund_due, p.refunded, p.as_of, p.currency, p.counted,
          p.sku
        FROM unnest($1::uuid[]) AS wanted (order_id) CROSS JOIN LATERAL payments_of(wanted.order_id) AS p
        ORDER BY p.order_id, p.payment
        """, orders.map(\.uuid))
    }
    return Dictionary(grouping: try rows.map(Payment.init(row:)), by: \.order)
  }
}
