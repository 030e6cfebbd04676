import Foundation
import Kafka
import OrderLog
import Postgres
import TestSupport

/// An outside cluster that deletes records, below the progress and above it.
extension Row {
  static let deletionRows = [recordsDeleted, retention]

  private static let recordsDeleted = Row(
    name: "records-deleted", fault: "records of the topic deleted: decided ones under load, then undecided ones",
    ground: .outside, auditCode: 2
  ) { stage in
    try await deleted(stage) {
      let progress = try await stage.progress().filter { $0.value > 0 }
      try await Topics.deleteRecords(
        cluster: stage.log, name: stage.topic, before: progress, timeout: .seconds(10), logger: quietLogger)
    } above: {
      try await Topics.deleteRecords(
        cluster: stage.log, name: stage.topic, before: [0: try await stage.ends()[0] ?? 0], timeout: .seconds(10),
        logger: quietLogger)
    }
  }

  private static let retention = Row(
    name: "retention", fault: "retention deletes decided records under load, then undecided ones", ground: .outside,
    topicOptions: ["retention.ms": "8000", "segment.ms": "4000", "cleanup.policy": "delete"], auditCode: 2
  ) { stage in
    try await deleted(stage) {
      try await stage.expect("retention of decided records", within: Limits.retention) {
        try await beginning(of: 0, stage) > 0
      }
    } above: {
      let next = try await stage.progress()[0] ?? 0
      try await stage.expect("retention of undecided records", within: Limits.retention) {
        try await beginning(of: 0, stage) > next
      }
    }
  }

  private static func beginning(of partition: Partition, _ stage: Stage) async throws -> Offset {
    try await Task.sleep(for: .milliseconds(500))
    let reader = try OrderReader(cluster: stage.log, topic: stage.topic, logger: quietLogger)
    return try await reader.bounds(of: partition, timeout: .seconds(10)).lowerBound
  }

  private static func deleted(
    _ stage: Stage, below: () async throws -> Void, above: () async throws -> Void
  ) async throws {
    _ = try await stage.start("intake")
    let worker = try await stage.start("worker")
    try await stage.underLoad {
      try await below()
      stage.inject()
      try await Task.sleep(for: .seconds(5))
      let halted = try await halts(stage)
      if halted > 0 { stage.violated("\(halted) partitions halted for records that were decided") }
    }
    if let longest = stage.pauses.standstills.first?.deciding.quantile(1), longest > Limits.bystander {
      stage.violated("below the progress: no decision for \(longest.asMilliseconds)")
    }
    await worker.kill()
    let before = try await tables(stage)
    stage.halting()
    try await sendNoise(stage, records: 3)
    try await above()
    stage.inject()
    _ = try await stage.start("worker", awaitsReadiness: false)
    try await expectHalt(of: [0], "truncated", stage)
    let after = try await tables(stage)
    if before.orders != after.orders || before.left != after.left {
      stage.violated("sold on a guess: \(before) before, \(after) after")
    }
  }

  private static func halts(_ stage: Stage) async throws -> Int64 {
    try await stage.ask { connection in
      try await connection.query("SELECT count(*) FROM partition_progress WHERE halted_at IS NOT NULL").single().int64(
        0)
    }
  }
}
