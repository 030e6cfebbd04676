import Foundation
import Glibc
import Postgres
import TestSupport

extension Row {
  static let postgresRows = [connectionsTerminated, postgresRestart, postgresCrash, commitLost]

  private static let connectionsTerminated = Row(
    name: "pg-terminate", fault: "PostgreSQL: pg_terminate_backend on every connection, every second", isQuick: true
  ) { stage in
    _ = try await stage.start("intake")
    _ = try await stage.start("worker")
    _ = try await stage.start("worker")
    try await stage.underLoad {
      for _ in 0..<10 {
        try await Task.sleep(for: .seconds(1))
        let ended = try? await stage.ask { connection in
          try await connection.query(
            """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            """
          ).single().int64(0)
        }
        stage.inject(Int(ended ?? 0))
      }
    }
  }

  private static let postgresRestart = Row(
    name: "pg-restart", fault: "PostgreSQL: restart under load (fast)", isQuick: true
  ) { try await restart($0, SIGINT, times: 2) }

  private static let postgresCrash = Row(
    name: "pg-crash", fault: "PostgreSQL: crash under load (immediate)"
  ) { try await restart($0, SIGQUIT, times: 4) }

  private static func restart(_ stage: Stage, _ signal: Int32, times: Int) async throws {
    _ = try await stage.start("intake")
    _ = try await stage.start("worker")
    _ = try await stage.start("worker")
    try await stage.underLoad {
      for _ in 0..<times {
        try await stage.pause(300...1_500)
        try await stage.postgres.stop(signal)
        stage.inject()
        try await stage.pause(100...1_000)
        try await stage.postgres.start()
      }
    }
  }

  private static let commitLost = Row(
    name: "commit-lost", fault: "COMMIT cut off, before the server hears it and before the client hears its answer",
    isQuick: true
  ) { stage in
    _ = try await stage.start("intake")
    let first = try await stage.start("worker", lines: [.postgres])
    let workers = [first, try await stage.start("worker", lines: [.postgres])]
    try await stage.underLoad {
      for _ in 0..<20 {
        try await stage.pause(100...400)
        for worker in workers {
          worker.postgres?.cutCommits(
            stage.draw { $0.happens(perMille: 500) } ? [.beforeTheServerHears] : [.beforeTheClientHears])
        }
      }
      let cut = { workers.compactMap { $0.postgres?.commitsCut }.reduce(0, +) }
      try await stage.expect("40 COMMITs cut off", within: .seconds(20)) { cut() == 40 }
      stage.inject(cut())
    }
  }
}
