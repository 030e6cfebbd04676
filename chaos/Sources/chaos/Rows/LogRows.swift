import FlashSale
import Foundation
import Kafka
import Postgres
import TestSupport
import Time

extension Row {
  static let logRows = [topicRecreated, topicRegrown, logTruncated]

  /// How soon a partition must be halted if its log is not the one that was decided: after a few failing fetches, or a
  /// claim with its repeated looks at the watermarks.
  static let haltBound = Duration.seconds(30)

  private static let topicRecreated = Row(
    name: "topic-recreated", fault: "a broker with an empty topic replaces the one that was decided",
    // The orders that intake still accepted lie below the old progress, where no lane will look; the ledger finds them.
    auditCode: 1
  ) { stage in
    try await expectHalts(stage) { _ in }
  }

  private static let topicRegrown = Row(
    name: "topic-regrown", fault: "the same, and the new topic is longer than the decided part of the old one",
    auditCode: 2
  ) { stage in
    try await expectHalts(stage) { servers in
      // What other buyers would have sent to it meanwhile: each record is an order that could be sold.
      try await CopiedLog(of: stage).write(to: servers) {
        try $0.map { try $0.ofAnother() } + $0.map { try $0.ofAnother() }
      }
    }
  }

  /// Puts a broker with another topic, filled by `fill`, in the place of the stage's.
  private static func expectHalts(
    _ stage: Stage, _ fill: (_ servers: String) async throws -> Void
  ) async throws {
    let intake = try await stage.start("intake", lines: [.kafka])
    let worker = try await stage.start("worker", lines: [.kafka])
    try await stage.underLoad {}
    let before = try await tables(stage)
    stage.halting()
    let progress = try await stage.progress().filter { $0.value > Offset(0) }
    let (broker, servers) = try await Shop.startBroker(["chaos", "broker"], partitions: Limits.partitions)
    try await fill(servers)
    try stage.change(to: broker, servers, of: [intake, worker])
    try await expectHalt(of: Array(progress.keys), "recreated", stage)
    // Buyers go on ordering. They get a place in a line that no lane decides.
    stage.crowd.start()
    try await Task.sleep(for: .seconds(3))
    try await stage.crowd.stop()
    let after = try await tables(stage)
    if before.orders != after.orders || before.left != after.left {
      stage.violated("sold on a guess: \(before) before, \(after) after")
    }
  }

  private static let logTruncated = Row(
    name: "log-truncated", fault: "the log drops undecided records: it begins after the next offset",
    auditCode: 2
  ) { stage in
    _ = try await stage.start("intake")
    let worker = try await stage.start("worker")
    try await stage.underLoad {}
    await worker.kill()
    let before = try await tables(stage)
    stage.halting()
    // The embedded broker drops the oldest batches of a partition past 5 MiB.
    try await sendNoise(stage, records: 12)
    stage.inject()
    _ = try await stage.start("worker", awaitsReadiness: false)
    try await expectHalt(of: [0], "truncated", stage)
    let after = try await tables(stage)
    if before.orders != after.orders || before.left != after.left {
      stage.violated("sold on a guess: \(before) before, \(after) after")
    }
  }

  /// Writes records of 800 kB that nobody can decide into partition 0.
  static func sendNoise(_ stage: Stage, records: Int) async throws {
    let producer = try Producer(cluster: stage.log, topic: stage.topic, logger: quietLogger) { _ in }
    for _ in 0..<records {
      let noise = stage.draw { dice in (0..<800_000).map { _ in UInt8(truncatingIfNeeded: dice.next()) } }
      _ = await producer.send(partition: 0, key: [1], value: noise)
    }
    _ = await producer.shutdown(deadline: .seconds(5))
  }

  /// Waits until these partitions are halted, with a reason, and says which.
  static func expectHalt(of partitions: [Partition], _ word: String, _ stage: Stage) async throws {
    let halted = ContinuousClock.now
    var reasons: [Partition: String] = [:]
    try await stage.expect("a halt of the partitions \(partitions.sorted())", within: haltBound) {
      let rows = try await stage.ask { connection in
        try await connection.query(
          "SELECT partition, halted_reason FROM partition_progress WHERE halted_at IS NOT NULL")
      }
      reasons = try Dictionary(uniqueKeysWithValues: rows.map { (Partition(try $0.int32(0)), try $0.string(1)) })
      return partitions.allSatisfy { reasons[$0] != nil }
    }
    let seconds = String(format: "%.1f", (ContinuousClock.now - halted).inSeconds)
    let example = reasons.first?.value ?? "none"
    stage.remark("\(reasons.count) halted within \(seconds) s, such as “\(example)”")
  }

  static func tables(_ stage: Stage) async throws -> (orders: Int64, left: Int64) {
    try await stage.ask { connection in
      let row = try await connection.query(
        "SELECT (SELECT count(*) FROM orders), (SELECT sum(units_left) FROM stock)::int8"
      ).single()
      return (try row.int64(0), try row.int64(1))
    }
  }
}
