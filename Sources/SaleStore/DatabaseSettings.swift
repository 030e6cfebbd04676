public import Postgres

/// Where PostgreSQL is and how to connect. The parts above pass it on without knowing the driver.
public typealias DatabaseSettings = ConnectionSettings

extension DatabaseSettings {
  /// The same, with a name for `pg_stat_activity` unless it has one.
  public func named(_ name: String) -> DatabaseSettings {
    var settings = self
    settings.applicationName = applicationName ?? name
    return settings
  }
}
