public import Time

/// One step of the schema: a file `NNNN_name.sql`.
public struct Migration: Sendable, Equatable {
  /// The number in front, from 1; files run in its order.
  public let version: Int32
  /// The rest of the file's name, without `.sql`.
  public let name: String
  /// When it was applied; `nil` if it was not yet.
  public let appliedAt: Timestamp?
}

/// A migration as it lies on disk.
struct MigrationFile: Equatable {
  let version: Int32
  let name: String
  let sql: String

  /// Reads a name like `0007_outbox.sql`; `nil` if it is not one.
  static func parse(_ fileName: String) -> (version: Int32, name: String)? {
    guard fileName.hasSuffix(".sql") else { return nil }
    let parts = fileName.dropLast(4).split(separator: "_", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].count == 4, parts[0].allSatisfy({ $0.isASCII && $0.isNumber }),
      let version = Int32(parts[0]), version > 0, !parts[1].isEmpty
    else { return nil }
    return (version, String(parts[1]))
  }
}

/// A migration as the database remembers it.
struct AppliedMigration: Equatable {
  let version: Int32
  let name: String
  let sha256: [UInt8]
  let appliedAt: Timestamp
}

/// Decides what is to be applied. Performs nothing itself.
/// (1) What was applied is never changed, removed or renamed.
/// (2) A new file comes after all that were applied.
struct MigrationPlan {
  let pending: [MigrationFile]

  /// `files` are sorted by version, `hashes` are theirs.
  init(files: [MigrationFile], hashes: [[UInt8]], applied: [AppliedMigration]) throws(PostgresError) {
    func refuse(_ reason: String) -> PostgresError { PostgresError(.migration, reason) }
    let known = Dictionary(zip(files.map(\.version), zip(files, hashes)), uniquingKeysWith: { first, _ in first })
    for row in applied {
      guard let (file, hash) = known[row.version] else {
        throw refuse("migration \(row.version) (\(row.name)) was applied to this database, but its file is missing")
      }
      guard file.name == row.name, hash == row.sha256 else {
        throw refuse("migration \(row.version) (\(row.name)) was changed after it was applied: add a new one instead")
      }
    }
    let versions = Set(applied.map(\.version))
    let latest = versions.max() ?? 0
    pending = files.filter { !versions.contains($0.version) }
    if let late = pending.first, late.version < latest {
      throw refuse("migration \(late.version) (\(late.name)) is new but comes before \(latest), which was applied")
    }
  }
}
