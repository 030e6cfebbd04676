import ArgumentParser
import Logging
import Postgres
import SaleStore

/// `penstock migrate`: brings the database's schema up to this version.
struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Bring the database up to this version's schema.",
    discussion: """
      Runs the files NNNN_name.sql of PENSTOCK_MIGRATIONS (default ./migrations) that the database of
      PENSTOCK_DATABASE_URL has not seen, in order, each in one transaction, under a lock: two at once are safe. A file
      that changed after it ran is refused. Before that it checks the database: its encoding and version, the role's
      rights, and the settings that would make it lose orders.

      Exit codes: 0 up to date; 1 refused or failed, the failing file left nothing; 69 PostgreSQL cannot be reached;
      78 configuration, or a database that is unfit or lets nobody in.

      Example:
        PENSTOCK_DATABASE_URL=postgresql://penstock@localhost/penstock penstock migrate
      """.flowing)

  func run() async throws {
    try await reporting {
      let configuration = try Configuration(environment, for: [.database, .migrations])
      let logger = makeLogger("migrate", level: configuration.logLevel)
      let check = try await DatabaseCheck.run(configuration.database, for: .migrating, logger: logger)
      guard !check.isStandby else { throw Unavailable(description: "\(Variable.databaseURL.rawValue) is a standby") }
      try check.refuse()
      for warning in check.warnings { complain("warning: \(warning)") }
      let connection = try await Connection.connect(configuration.database, logger: logger)
      let applied = try await Migrator(directory: configuration.migrations).run(on: connection)
      await connection.close()
      let lines = applied.map { "applied migration \($0.version), \($0.name)" }
      let state = applied.isEmpty ? "nothing to do: the database is up to date" : "the database is up to date"
      try StandardOutput.write(line: (lines + [state]).joined(separator: "\n"))
    }
  }
}
