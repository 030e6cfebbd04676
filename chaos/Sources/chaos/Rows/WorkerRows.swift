import Foundation
import Postgres
import TestSupport

extension Row {
  static let workerRows = [workerKilled, ZombieRow.row, twoOwners, RoomRow.row]

  private static let workerKilled = Row(
    name: "worker-killed", fault: "worker: SIGKILL at random moments, restarted", isQuick: true, ground: .either
  ) { stage in
    _ = try await stage.start("intake")
    var workers = [try await stage.start("worker"), try await stage.start("worker")]
    try await stage.underLoad {
      for _ in 0..<(stage.isQuick ? 5 : 20) {
        try await stage.pause(100...2_000)
        let victim = stage.draw { $0.number(in: 0...1) }
        await workers[victim].kill()
        stage.inject()
        workers[victim] = try await stage.start("worker", awaitsReadiness: false)
      }
    }
  }

  /// Nobody's signs of life are seen, so each worker takes the others for gone, and they claim the partitions from each
  /// other.
  private static let twoOwners = Row(
    name: "two-owners", fault: "two workers that each take the other for dead, on every partition", ground: .either
  ) { stage in
    _ = try await stage.start("intake")
    _ = try await stage.start("worker")
    try await stage.underLoad {
      let before = try await claims(stage)
      let second = try await stage.start("worker", awaitsReadiness: false)
      try await stage.ask { connection in
        let end = ContinuousClock.now + .seconds(15)
        while ContinuousClock.now < end {
          _ = try await connection.query("UPDATE workers SET last_seen = 'epoch', session_pid = NULL")
          try await Task.sleep(for: .milliseconds(10))
        }
      }
      await second.kill()
      stage.inject(Int(try await claims(stage) - before))
    }
  }

  private static func claims(_ stage: Stage) async throws -> Int64 {
    try await stage.ask { connection in
      try await connection.query("SELECT sum(epoch)::int8 FROM partition_progress").single().int64(0)
    }
  }
}
