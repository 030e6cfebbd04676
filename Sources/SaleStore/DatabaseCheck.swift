public import Logging
public import Postgres

/// What has to be true of a database before Penstock runs on it.
///
/// It looks at a session like that of a lane, and at its settings as they are: a role, a database or a pooler in
/// between can make them differ from what was asked for.
public struct DatabaseCheck: Sendable, Equatable {
  /// What the look is for.
  public enum Purpose: Sendable {
    /// To make the tables.
    case migrating
    /// To read and write them.
    case serving
  }

  /// What makes it unfit, each in one line with its remedy. Penstock does not start.
  public let refusals: [String]

  /// What makes it less safe than it could be, in the same form.
  public let warnings: [String]

  /// It is a standby, which takes no writes until it is promoted.
  public let isStandby: Bool

  /// Connects, looks, and closes. Throws `PostgresError` when PostgreSQL cannot be reached, refuses, or is too old.
  public static func run(
    _ settings: ConnectionSettings, for purpose: Purpose, logger: Logger
  ) async throws -> DatabaseCheck {
    let session = try await LaneStore.connect(settings.named("penstock check"), logger: logger)
    do {
      let facts = try await DatabaseFacts.read(on: session.connection)
      await session.close()
      return DatabaseCheck(facts, for: purpose)
    } catch {
      await session.close()
      throw error
    }
  }

  init(_ facts: DatabaseFacts, for purpose: Purpose) {
    var refusals = facts.unfitSettings
    if facts.encoding != "UTF8" {
      refusals.insert(
        """
        the encoding of database \(facts.database) is \(facts.encoding), and a sale's name can have any character: \
        make the database anew, as CREATE DATABASE \(facts.database) ENCODING 'UTF8' TEMPLATE template0
        """, at: 0)
    }
    switch purpose {
    case .migrating:
      if let missing = facts.missingRightToCreate { refusals.append(missing) }
    case .serving:
      refusals += facts.missingRights
    }
    self.refusals = refusals
    warnings = facts.unsafeSettings
    isStandby = facts.isStandby
  }
}
