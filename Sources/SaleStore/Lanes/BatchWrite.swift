import FlashSale
package import Lane
import Postgres
import Time

extension LaneStore {
  /// Decides a batch and writes it: progress, stock, orders, quarantined records and tallies commit together or not at
  /// all (I6). Nothing is thrown; every failure has an answer.
  package func write(_ batch: LaneBatch) async -> WriteAnswer {
    do {
      return .committed(
        try await connection.transaction { transaction in
          var work = BatchTransaction(batch)
          return try work.run(in: transaction)
        })
    } catch let error as PostgresError {
      return WriteAnswer(error)
    } catch {
      return .unavailable(error)
    }
  }
}

/// The SQLSTATEs that a batch's own checks fail with. PostgreSQL has no class PN.
private enum CheckState {
  /// Someone else has the partition, or moved it on.
  static let fenced = "PN001"
  /// A level in the store is not the one that this lane left there.
  static let levelMoved = "PN002"
  /// Not all rows were taken.
  static let rowsMissing = "PN003"
  /// A generation that rows would be added to is closed.
  static let generationClosed = "PN004"
}

/// Performs a batch's script, inside its transaction.
private struct BatchTransaction {
  private var script: BatchScript

  init(_ batch: LaneBatch) { script = BatchScript(batch) }

  mutating func run(in transaction: borrowing Transaction) throws -> WrittenBatch {
    while true {
      let steps = script.next()
      if let written = script.written {
        try finish(steps, in: transaction)
        return written
      }
      try answer(steps, in: transaction)
    }
  }

  /// Steps that ask for something. They run in their order, so what is read is read under the fence.
  private mutating func answer(_ steps: [BatchScript.Step], in transaction: borrowing Transaction) throws {
    let answers = try transaction.pipeline { pipeline in for step in steps { try add(step, to: &pipeline) } }
    switch steps.last {
    case .load(let needs): script.loaded(try LoadedFacts(answers.suffix(needs.statements), for: needs))
    case .findSales:
      let found = try Quarantine.found(answers[answers.count - 1])
      script.found(numbers: found.numbers, ids: found.ids)
    default: throw StoreError.unreadable("a batch without records can't be written")
    }
  }

  /// The last steps. In one round trip with COMMIT, if the rows are few: the delay of a small batch is little else.
  private func finish(_ steps: [BatchScript.Step], in transaction: borrowing Transaction) throws {
    let copied = steps.filter { $0.copiedRows > 0 }
    guard !copied.isEmpty else {
      _ = try transaction.commit { pipeline in for step in steps { try add(step, to: &pipeline) } }
      return
    }
    // Thousands of lives take PostgreSQL longer to change than the lane needs to decide as many records.
    if steps.contains(where: { $0.changedLives >= Limits.updatedHolds }) { script.batch.beginNext() }
    _ = try transaction.pipeline { pipeline in for step in steps { try add(step, to: &pipeline) } }
    var sent = SentRows(of: copied.reduce(0) { $0 + $1.copiedRows }, whenMostlySent: script.batch.beginNext)
    for step in copied {
      let (rows, taken) = (step.copiedRows, try step.copy(in: transaction, of: script.batch, &sent))
      guard taken == rows else {
        throw StoreError.unreadable("\(rows) rows of a batch were sent to PostgreSQL and \(taken) taken")
      }
    }
    // The transaction's end commits.
  }

  /// Adds the statements of a step, without the rows that go by COPY.
  private func add(_ step: BatchScript.Step, to pipeline: inout Pipeline) throws {
    switch step {
    case .fence(let claim, let range, let lastRecord): try addFence(claim, range, lastRecord, to: &pipeline)
    case .generations(let open): try BatchSQL.add(open, to: &pipeline)
    case .load(let needs): try needs.add(to: &pipeline)
    case .findSales(let records): try Quarantine.addSearch(for: records, to: &pipeline)
    case .quarantine(let records): try Quarantine.add(records, of: script.batch.claim, to: &pipeline)
    case .count(let tallies): try BatchSQL.add(tallies, of: script.batch.claim, to: &pipeline)
    case .stock(let changes):
      try BatchSQL.addTerms(of: changes, to: &pipeline)
      try BatchSQL.add(changes, to: &pipeline)
    case .orders(let orders):
      guard orders.areFew else { return }
      try BatchSQL.add(orders, of: script.batch.claim, at: script.batch.decidedAt, to: &pipeline)
    case .baskets(let orders): try BasketRows.add(orders, of: script.batch.claim, to: &pipeline)
    case .subjects(let counts): try SubjectRows.add(counts, of: script.batch.claim, to: &pipeline)
    case .subjectChanges(let changes): try LifeWrite.add(changes, to: &pipeline)
    case .holds(let rows):
      try LifeWrite.add(rows, of: script.batch.claim, orFail: CheckState.levelMoved, to: &pipeline)
    case .payments(let changes):
      try LifeWrite.add(changes, of: script.batch.claim, orFail: CheckState.levelMoved, to: &pipeline)
    case .history(let entries):
      if LifeWrite.areFew(entries) { try LifeWrite.add(entries, of: script.batch.claim, to: &pipeline) }
    case .commit: break
    }
  }

  /// The fence (I7): without exactly one row, this lane is no longer the writer, and the transaction ends here.
  private func addFence(
    _ claim: Claim, _ range: Range<Offset>, _ lastRecord: RecordFingerprint, to pipeline: inout Pipeline
  ) throws {
    try pipeline.add(
      """
      WITH fence AS (
        UPDATE partition_progress SET next_offset = $5, last_record = $7
        WHERE topic = $1 AND partition = $2 AND epoch = $3 AND next_offset = $4
        RETURNING 1
      )
      SELECT require(false, $6, 'the partition has another writer') FROM fence HAVING count(*) <> 1
      """,
      claim.topic, claim.partition.rawValue, claim.epoch.rawValue, range.lowerBound.rawValue,
      range.upperBound.rawValue, CheckState.fenced, lastRecord.rawValue)
  }

}

/// The statements of a batch that change nothing when there is nothing to write. A lane rehearses them.
enum BatchSQL {
  /// Goes on only if these are the open generations of their sales.
  static func add(_ open: [SaleGeneration], to pipeline: inout Pipeline) throws {
    try Generations.add(open, orFail: CheckState.generationClosed, to: &pipeline)
  }

  /// Adds first decisions: all of them, or it fails.
  static func add(_ orders: OrderRows, of claim: Claim, at decidedAt: Timestamp, to pipeline: inout Pipeline) throws {
    try orders.add(to: &pipeline, of: claim, at: decidedAt, orFail: CheckState.rowsMissing)
  }

  /// One statement for all SKUs. It changes only rows that are as this lane knows them, and so detects a second writer.
  static func add(_ changes: [DecidedBatch.Change], to pipeline: inout Pipeline) throws {
    try pipeline.add(
      """
      WITH moved AS (
        UPDATE stock SET units_left = level.units_left, reserved = level.reserved, closed = level.closed,
          as_of = level.as_of, put_up = level.put_up
        FROM unnest($1::int4[], $2::text[], $3::int4[], $4::bool[], $5::int8[], $6::int4[], $7::bool[], $8::int8[],
            $11::int4[], $12::int4[], $13::int4[])
          AS level (sale, sku, units_before, closed_before, as_of_before, units_left, closed, as_of, reserved_before,
            reserved, put_up)
        WHERE stock.sale = level.sale AND stock.sku = level.sku
          AND stock.units_left = level.units_before AND stock.closed = level.closed_before
          AND stock.as_of = level.as_of_before AND stock.reserved = level.reserved_before
        RETURNING 1
      )
      SELECT require(false, $10, format('of %s stock rows only %s are as this lane knows them', $9, count(*)))
      FROM moved HAVING count(*) <> $9
      """,
      changes.map(\.key.sale.rawValue), changes.map(\.key.sku.rawValue), changes.map(\.old.left.rawValue),
      changes.map(\.old.isClosed), changes.map(\.old.asOf.rawValue), changes.map(\.new.left.rawValue),
      changes.map(\.new.isClosed), changes.map(\.new.asOf.rawValue), Int64(changes.count), CheckState.levelMoved,
      changes.map(\.old.reserved.rawValue), changes.map(\.new.reserved.rawValue), changes.map(\.new.putUp.rawValue))
  }

  /// What commands changed beside: the price, and rules that differ from the sale's.
  static func addTerms(of changes: [DecidedBatch.Change], to pipeline: inout Pipeline) throws {
    let changes = changes.filter(\.changesTerms)
    guard !changes.isEmpty else { return }
    try pipeline.add(
      """
      UPDATE stock SET price_minor = level.price_minor,
        starts_at = nullif(level.starts_at, s.starts_at), ends_at = nullif(level.ends_at, s.ends_at),
        per_buyer_limit = CASE WHEN level.per_buyer_limit IS DISTINCT FROM s.per_buyer_limit
          THEN level.per_buyer_limit END
      FROM unnest($1::int4[], $2::text[], $3::int8[], $4::timestamptz[], $5::timestamptz[], $6::int4[])
        AS level (sale, sku, price_minor, starts_at, ends_at, per_buyer_limit)
      JOIN sales s ON s.number = level.sale
      WHERE stock.sale = level.sale AND stock.sku = level.sku
      """,
      changes.map(\.key.sale.rawValue), changes.map(\.key.sku.rawValue), changes.map(\.new.price.minor),
      changes.map(\.new.rules.startsAt), changes.map(\.new.rules.endsAt),
      changes.map(\.new.rules.perBuyerLimit?.rawValue))
  }

  /// Adds to the counts of requests.
  static func add(_ tallies: Tallies, of claim: Claim, to pipeline: inout Pipeline) throws {
    let rows = tallies.bySale.sorted { $0.key < $1.key }
    try pipeline.add(
      """
      INSERT INTO tallies (topic, partition, sale, requests, repeats)
      SELECT $1, $2, tally.* FROM unnest($3::int4[], $4::int8[], $5::int8[]) AS tally
      ON CONFLICT (topic, partition, sale) DO UPDATE
      SET requests = tallies.requests + excluded.requests, repeats = tallies.repeats + excluded.repeats
      """,
      claim.topic, claim.partition.rawValue, rows.map(\.key.rawValue), rows.map(\.value.requests),
      rows.map(\.value.repeats))
  }
}

/// What is there once, whoever writes it. A winner's hold can be found before her order, which is copied last.
private let onceOnly: Set<String> = ["orders_pkey", "holds_pkey", "payments_pkey"]

extension WriteAnswer {
  /// Maps PostgreSQL's failures to what a lane can do about them.
  fileprivate init(_ error: PostgresError) {
    if error.isConnectionLost || error.kind == .commitOutcomeUnknown || error.kind == .closed {
      self = .connectionLost(error)
    } else if error.sqlState == CheckState.fenced {
      self = .fenced
    } else if error.sqlState == CheckState.levelMoved {
      self = .conflict("a level of the stock is not the one that this lane left: someone else writes stock")
    } else if error.sqlState == CheckState.generationClosed {
      self = .generationClosed
    } else if error.isUniqueViolation, error.constraint.map(onceOnly.contains) == true {
      // A key, or a payment, that was used in two lanes is still one (I8). After a reload it is a repeat.
      self = .conflict(error.description)
    } else if error.sqlState == SQLState.deadlockDetected || error.sqlState == SQLState.serializationFailure {
      self = .conflict(error.description)
    } else if error.kind == .encode || error.sqlState.map(Self.isAboutData) == true {
      self = .poisoned(error.debugDescription)
    } else {
      self = .unavailable(error)
    }
  }

  /// Classes 22 (data exception), 23 (integrity constraint) and P0 (raised by a trigger) come from the rows themselves.
  private static func isAboutData(_ state: String) -> Bool {
    state.hasPrefix("22") || state.hasPrefix("23") || state.hasPrefix("P0")
  }
}
