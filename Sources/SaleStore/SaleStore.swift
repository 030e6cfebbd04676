public import Postgres

/// What Penstock keeps in PostgreSQL, as values of the domain: sales, stock, orders, progress.
///
/// Reads, and the writes of admin. Lanes write over connections of their own (see `Claims`, `BatchWrite`). Each
/// function takes one connection from the pool for one statement or transaction; it throws `PostgresError` when
/// PostgreSQL fails and `StoreError` when the answer is no.
public struct SaleStore: Sendable {
  /// The connections that are used.
  public let pool: Pool

  /// What was counted for reports, for as long as it is still so.
  let kept = KeptCounts()

  /// A store over a pool, which the caller closes.
  public init(pool: Pool) { self.pool = pool }

  /// Returns if PostgreSQL answers, throws `PostgresError` if it does not.
  public func ping() async throws {
    _ = try await pool.withConnection { try await $0.query("SELECT 1") }
  }

  /// Whether what failed with this error may have been carried out: COMMIT went out and its answer did not come.
  public static func mayHaveTakenEffect(_ error: any Error) -> Bool {
    (error as? PostgresError)?.mayHaveTakenEffect ?? false
  }
}
