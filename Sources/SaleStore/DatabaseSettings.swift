public import Postgres
public import Vitals

/// Where PostgreSQL is and how to connect. The parts above pass it on without knowing the driver.
public typealias DatabaseSettings = ConnectionSettings

extension DatabaseSettings {
  /// The same for one part of a process: with a name for `pg_stat_activity` unless it has one, and what connections
  /// wait for noted among the part's waits.
  public func named(_ name: String, noting waits: Waits = Waits()) -> DatabaseSettings {
    var settings = self
    settings.applicationName = applicationName ?? name
    settings.waits = waits
    return settings
  }
}
