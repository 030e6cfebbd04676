public import Logging
public import Postgres

extension ConnectionSettings {
  /// These, for a session each of whose statements finds its rows by an index: each is planned once.
  ///
  /// The tables are empty when a sale starts. A plan that was right then (read it all) would stay while a million rows
  /// arrive, until the next ANALYZE.
  func findingByIndex() -> ConnectionSettings {
    var settings = self
    settings.sessionParameters.merge([
      "enable_seqscan": "off",
      "plan_cache_mode": "force_generic_plan",
    ]) { _, ours in ours }
    return settings
  }
}

extension SaleStore {
  /// A store for nothing but looking up orders, and what commands did, by their ids. The caller closes it.
  ///
  /// - Parameters:
  ///   - connections: at most; as many may wait for one, each for `wait` at most.
  public static func forLookups(
    _ database: DatabaseSettings, connections: Int, wait: Duration, logger: Logger
  ) -> SaleStore {
    SaleStore(
      pool: Pool(
        database.findingByIndex(), size: connections, waitLimit: connections, waitTimeout: wait, logger: logger))
  }

  /// Closes its connections; what is asked after it fails.
  public func close() async { await pool.close() }
}
