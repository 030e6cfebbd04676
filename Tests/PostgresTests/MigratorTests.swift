import Foundation
import Postgres
import Testing

@Suite(.timeLimit(.minutes(1)))
struct MigratorTests {
  /// Runs `body` with a connection and an empty folder for migrations.
  private func withFolder(_ body: (Folder, Connection) async throws -> Void) async throws {
    let folder = try Folder()
    defer { folder.remove() }
    try await Database.withConnection { try await body(folder, $0) }
  }

  @Test func `migrations run in order, once, and hold several statements`() async throws {
    try await withFolder { folder, connection in
      try folder.write("0002_fill.sql", "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2);")
      try folder.write("0001_table.sql", "CREATE TABLE t (a bigint); -- with a comment; and a semicolon\n")
      try folder.write("README.md", "not a migration")
      let migrator = Migrator(directory: folder.path)
      #expect(try await migrator.status(on: connection).map(\.appliedAt) == [nil, nil])
      let applied = try await migrator.run(on: connection)
      #expect(applied.map(\.version) == [1, 2])
      #expect(applied.map(\.name) == ["table", "fill"])
      #expect(try await migrator.run(on: connection).isEmpty)
      #expect(try await migrator.status(on: connection) == applied)
      #expect(try await connection.count("SELECT count(*) FROM t") == 2)
    }
  }

  @Test func `several at once apply each migration once`() async throws {
    let folder = try Folder()
    defer { folder.remove() }
    try folder.write("0001_table.sql", "CREATE TABLE t (a bigint); SELECT pg_sleep(0.05)")
    try folder.write("0002_fill.sql", "INSERT INTO t VALUES (1)")
    try await Database.withSchema { settings in
      let counts = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<4 {
          group.addTask { [path = folder.path] in
            let connection = try await Connection.connect(settings, logger: Database.logger)
            let applied = try await Migrator(directory: path).run(on: connection)
            await connection.close()
            return applied.count
          }
        }
        return try await group.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(counts.sorted() == [0, 0, 0, 2])
    }
  }

  @Test func `a changed, renamed, missing or late file is refused, and nothing runs`() async throws {
    try await withFolder { folder, connection in
      let migrator = Migrator(directory: folder.path)
      try folder.write("0002_table.sql", "CREATE TABLE t (a bigint)")
      try await migrator.run(on: connection)
      func refusal() async -> String {
        let error = await failure { try await migrator.run(on: connection) }
        #expect(error?.kind == .migration)
        return error?.debugDescription ?? ""
      }
      try folder.write("0003_more.sql", "CREATE TABLE u (a bigint)")
      try folder.write("0002_table.sql", "CREATE TABLE t (a integer)")
      #expect(await refusal().contains("changed"))
      try folder.remove("0002_table.sql")
      #expect(await refusal().contains("missing"))
      try folder.write("0002_other.sql", "CREATE TABLE t (a bigint)")
      #expect(await refusal().contains("changed"))
      try folder.remove("0002_other.sql")
      try folder.write("0002_table.sql", "CREATE TABLE t (a bigint)")
      try folder.write("0001_late.sql", "CREATE TABLE v (a bigint)")
      #expect(await refusal().contains("comes before 2"))
      try folder.remove("0001_late.sql")
      #expect(try await migrator.run(on: connection).map(\.version) == [3])
    }
  }

  @Test func `a migration that fails leaves nothing, and those before it stay`() async throws {
    try await withFolder { folder, connection in
      try folder.write("0001_good.sql", "CREATE TABLE good (a bigint)")
      try folder.write("0002_bad.sql", "CREATE TABLE bad (a bigint); INSERT INTO nowhere VALUES (1)")
      let migrator = Migrator(directory: folder.path)
      let error = await failure { try await migrator.run(on: connection) }
      #expect(error?.kind == .migration)
      #expect(error?.sqlState == "42P01")
      #expect(error?.debugDescription.contains("2 (bad)") == true)
      let tables = try await connection.query(
        "SELECT to_regclass('good') IS NOT NULL, to_regclass('bad') IS NULL"
      ).single()
      #expect(try tables.bool(0) && tables.bool(1))
      try folder.write("0002_bad.sql", "CREATE TABLE bad (a bigint)")
      #expect(try await migrator.run(on: connection).map(\.name) == ["bad"])
    }
  }

  @Test func `a file that ends its own transaction is refused`() async throws {
    try await withFolder { folder, connection in
      try folder.write("0001_sly.sql", "CREATE TABLE t (a bigint); COMMIT; CREATE TABLE u (a bigint)")
      let error = await failure { try await Migrator(directory: folder.path).run(on: connection) }
      #expect(error?.kind == .migration)
      #expect(await connection.isOpen == false)
    }
  }

  @Test func `files that are not migrations are refused by name`() async throws {
    for (name, text) in [("1_short.sql", ""), ("0000_zero.sql", ""), ("0001_.sql", ""), ("0001_nul.sql", "a\0b")] {
      try await withFolder { folder, connection in
        try folder.write(name, text)
        let error = await failure { try await Migrator(directory: folder.path).run(on: connection) }
        #expect(error?.kind == .migration)
        #expect(error?.debugDescription.contains(name) == true)
      }
    }
    try await withFolder { folder, connection in
      try folder.write("0001_a.sql", "")
      try folder.write("0001_b.sql", "")
      let twice = await failure { try await Migrator(directory: folder.path).run(on: connection) }
      #expect(twice?.debugDescription.contains("0001_b.sql") == true)
      let nowhere = await failure { try await Migrator(directory: folder.path + "/none").run(on: connection) }
      #expect(nowhere?.kind == .migration)
    }
  }
}

/// A folder of its own under the temporary one.
private struct Folder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "penstock-migrations-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  func write(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
