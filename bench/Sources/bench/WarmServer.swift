import Postgres
import TestSupport

/// A PostgreSQL as it is after some hours of work, and not minutes after it was made.
enum WarmServer {
  /// Bytes that one row takes in the server's write-ahead log, about.
  private static let bytesPerRow = 200

  /// Makes the server write its log once through.
  ///
  /// A new server has no old segments of its log to use again. Whenever 16 MB are full, the next writer makes a file of
  /// zeros and waits for the disk, 30 to 80 ms on the machine where this was noticed, and all commits wait for it.
  /// Dropping a database takes a checkpoint, after which the full segments become the next ones.
  ///
  /// - Parameter megabytes: of the log, in steps of ten.
  static func prepare(megabytes: Int) async throws {
    let rows = Int32(megabytes / 10 * 1_000_000 / bytesPerRow)
    try await TestDatabase.with { database in
      let connection = try await database.connect()
      _ = try await connection.query("CREATE TABLE filler (number int8, text text)")
      for _ in 1...10 {
        _ = try await connection.query(
          "INSERT INTO filler SELECT i, repeat(md5(i::text), 4) FROM generate_series(1, $1) AS i", rows)
      }
      await connection.close()
    }
  }
}
