import FlashSale
package import Lane
import Postgres
import Time

/// Where a sale's orders are stored (decision 0027).
///
/// (1) A batch reads which generation is open behind its fence: a statement of its own, with a snapshot that begins
///     once the fence holds the table's row-exclusive lock.
/// (2) A lane that closes a generation first locks that table against the fence. So it waits for the batches in
///     flight, and a later batch sees the new number.
enum Generations {
  /// The columns `sale`, `number`, `closed_size` and `lanes` of the open generations of the sales in `$1`.
  static let openOnes: Statement = """
    SELECT wanted.sale, coalesce(cardinality(g.sizes), 0) AS number,
      g.sizes[cardinality(g.sizes)] AS closed_size,
      CASE WHEN s.ordering = 'sku' THEN least(
        (SELECT count(*) FROM stock WHERE stock.sale = wanted.sale), (SELECT max(partitions) FROM topics))
      ELSE 1 END AS lanes
    FROM unnest($1::int4[]) AS wanted (sale)
    LEFT JOIN sale_generations g ON g.sale = wanted.sale LEFT JOIN sales s ON s.number = wanted.sale
    """

  /// Adds the statement that fails with `state` unless these are open.
  static func add(_ expected: [SaleGeneration], orFail state: String, to pipeline: inout Pipeline) throws {
    try pipeline.add(
      """
      SELECT require(false, $3, format('generation %s of sale %s is closed', expected.number, expected.sale))
      FROM unnest($1::int4[], $2::int4[]) AS expected (sale, number)
      LEFT JOIN sale_generations g ON g.sale = expected.sale
      WHERE coalesce(cardinality(g.sizes), 0) <> expected.number
      """, expected.map(\.sale.rawValue), expected.map(\.number.rawValue), state)
  }
}

extension OpenGeneration {
  init(row: Row) throws {
    self.init(
      Generation(rawValue: try row.int32("number")), lanes: Int(clamping: try row.int64("lanes")),
      closedSize: try row.optional("closed_size", as: Int64.self))
  }
}

extension LaneStore {
  /// Closes a generation that is open and has at least so many orders. It waits for the batches in flight, of all lanes
  /// and for `Limits.closingLockTimeout` at most; meanwhile none begins.
  ///
  /// - Returns: the generation that is open now.
  /// Throws `PostgresError` when PostgreSQL fails, or a batch takes longer. Nothing was changed then, unless the
  /// connection was lost.
  package func close(_ generation: SaleGeneration, from rows: Int) async throws -> OpenGeneration {
    let size = try await connection.query(
      """
      SELECT coalesce(sum(requests - repeats), 0)::int8
        - coalesce((SELECT sum(size) FROM sale_generations g, unnest(g.sizes) AS size WHERE g.sale = $1), 0)::int8
      FROM tallies WHERE sale = $1
      """, generation.sale.rawValue
    ).single().int64(0)
    if size >= Int64(rows) {
      try await connection.transaction { transaction in
        _ = try transaction.commit { pipeline in try Self.add(closing: generation, to: &pipeline) }
      }
    }
    return try OpenGeneration(
      row: await connection.query(Generations.openOnes, [generation.sale.rawValue]).single())
  }

  private static func add(closing generation: SaleGeneration, to pipeline: inout Pipeline) throws {
    try pipeline.add(
      "SELECT set_config('lock_timeout', $1, true)", "\(Limits.closingLockTimeout.wholeMilliseconds)ms")
    try pipeline.add("LOCK TABLE partition_progress IN SHARE MODE")
    // Nobody writes tallies now, so that the size is exact.
    try pipeline.add(
      """
      UPDATE sale_generations AS g SET sizes = g.sizes || greatest(0,
        (SELECT coalesce(sum(requests - repeats), 0)::int8 FROM tallies WHERE sale = $1)
          - (SELECT coalesce(sum(size), 0)::int8 FROM unnest(g.sizes) AS size))
      WHERE g.sale = $1 AND cardinality(g.sizes) = $2
      """, generation.sale.rawValue, generation.number.rawValue)
  }
}
