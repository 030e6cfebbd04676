import Postgres
import TestSupport

/// A PostgreSQL as it is after some hours of work, and not minutes after it was made.
enum WarmServer {
  /// Rows of about 200 bytes in the server's write-ahead log: all together 1 GB, the server's `min_wal_size` here.
  private static let rows = 5_000_000

  /// Makes the server write its log once through.
  ///
  /// A new server has no old segments of its log to use again: whenever 16 MB are full, whoever writes next makes a
  /// file of zeros and waits for the disk, 30 to 80 ms on the machine where this was noticed, and all commits wait
  /// with it. To drop a database takes a checkpoint, by which the full segments become the next ones.
  static func prepare() async throws {
    try await TestDatabase.with { database in
      let connection = try await database.connect()
      _ = try await connection.query("CREATE TABLE filler (number int8, text text)")
      for _ in 1...10 {
        _ = try await connection.query(
          "INSERT INTO filler SELECT i, repeat(md5(i::text), 4) FROM generate_series(1, $1) AS i", Int32(rows / 10))
      }
      await connection.close()
    }
  }
}
