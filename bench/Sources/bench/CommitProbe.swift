import Postgres
import TestSupport
import Time

/// Commits one row after another beside a load, and times each: the cost of the disk and of waiting for a processor,
/// without Penstock.
enum CommitProbe {
  /// From one commit to the next, so that the commits themselves are no load.
  private static let pause = Duration.milliseconds(20)

  /// - Returns: milliseconds from a statement's start to the answer that it is durable, one for each.
  static func run(_ bench: BenchShop, for duration: Duration) async throws -> [Double] {
    let connection = try await bench.database.connect()
    _ = try await connection.query("CREATE TABLE IF NOT EXISTS bench_commits (at timestamptz NOT NULL)")
    var delays: [Double] = []
    var due = ContinuousClock.now
    let end = due + duration
    while due < end {
      try await Task.sleep(until: due)
      due += pause
      let began = ContinuousClock.now
      _ = try await connection.query("INSERT INTO bench_commits VALUES (now())")
      delays.append((.now - began).inMilliseconds)
    }
    await connection.close()
    return delays
  }
}
