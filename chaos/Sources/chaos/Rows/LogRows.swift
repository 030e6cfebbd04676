import Foundation
import Kafka
import Postgres
import TestSupport

extension Row {
  static let logRows = [topicRecreated, logTruncated, partitionsChanged]

  /// How soon a partition whose log is not the one that was decided has to be halted: a few failing fetches, or a
  /// claim with its repeated looks at the watermarks.
  private static let haltBound = Duration.seconds(30)

  private static let topicRecreated = Row(
    name: "topic-recreated", fault: "a broker with an empty topic takes the place of the one that was decided from",
    isDrained: false
  ) { stage in
    let intake = try await stage.start("intake", lines: [.kafka])
    let worker = try await stage.start("worker", lines: [.kafka])
    try await stage.underLoad {}
    let before = try await tables(stage)
    stage.halting()
    let written = try await stage.progress().filter { $0.value > 0 }.keys
    let (broker, servers) = try await Shop.startBroker(["chaos", "broker"], partitions: Limits.partitions)
    defer { broker.send(signal: SIGKILL) }
    stage.broker = try Stage.port(of: servers)
    for line in [intake.kafka, worker.kafka] { line?.turn(to: stage.broker) }
    stage.shop.broker.send(signal: SIGKILL)
    stage.inject()
    for line in [intake.kafka, worker.kafka] { line?.cut() }
    try await expectHalt(of: Array(written), "recreated", stage)
    // Buyers go on asking. What they get is a place in a line that nobody decides.
    stage.crowd.start()
    try await Task.sleep(for: .seconds(3))
    try await stage.crowd.stop()
    let after = try await tables(stage)
    if before.orders != after.orders || before.left != after.left {
      stage.violated("sold on a guess: \(before) before, \(after) after")
    }
  }

  private static let logTruncated = Row(
    name: "log-truncated", fault: "the log drops what is not decided yet: it begins after the next offset",
    isDrained: false
  ) { stage in
    _ = try await stage.start("intake")
    let worker = try await stage.start("worker")
    try await stage.underLoad {}
    await worker.kill()
    let before = try await tables(stage)
    stage.halting()
    // The embedded broker drops the oldest batches of a partition past 5 MiB: more than that of noise.
    let producer = try Producer(
      cluster: ClusterSettings(brokers: "127.0.0.1:\(stage.broker)"), topic: Stage.topic, logger: quietLogger
    ) { _ in }
    for _ in 0..<12 {
      let noise = stage.draw { dice in (0..<800_000).map { _ in UInt8(truncatingIfNeeded: dice.next()) } }
      _ = await producer.send(partition: 0, key: [1], value: noise)
    }
    _ = await producer.shutdown(deadline: .seconds(5))
    stage.inject()
    _ = try await stage.start("worker", awaitsReadiness: false)
    try await expectHalt(of: [0], "truncated", stage)
    let after = try await tables(stage)
    if before.orders != after.orders || before.left != after.left {
      stage.violated("sold on a guess: \(before) before, \(after) after")
    }
  }

  private static let partitionsChanged = Row(
    name: "partitions-changed", fault: "another number of partitions, in the configuration and in the topic"
  ) { stage in
    _ = try await stage.start("intake")
    _ = try await stage.start("worker")
    let other = Limits.partitions * 2
    let (broker, servers) = try await Shop.startBroker(["chaos", "broker"], partitions: other)
    defer { broker.send(signal: SIGKILL) }
    try await stage.underLoad {
      for command in ["intake", "worker"] {
        try await expectRefusal(stage, command, ["PENSTOCK_PARTITIONS": "\(other)"])
        try await expectRefusal(
          stage, command, ["PENSTOCK_PARTITIONS": "\(other)", "PENSTOCK_KAFKA_BROKERS": servers])
      }
    }
  }

  private static func expectRefusal(_ stage: Stage, _ command: String, _ change: [String: String]) async throws {
    let process = try PenstockProcess(
      "penstock", [command], environment: stage.shop.environment.merging(change) { _, new in new })
    stage.inject()
    try await stage.expect("a \(command) that refuses another number of partitions", within: .seconds(30)) {
      !process.isRunning
    }
    guard !process.isRunning else { return process.send(signal: SIGKILL) }
    let exit = await process.exit()
    if exit == .success || !process.standardError.contains("partitions") {
      stage.violated("\(command) ended with \(exit): \(process.standardError.suffix(300))")
    }
  }

  private static func expectHalt(of partitions: [Int32], _ word: String, _ stage: Stage) async throws {
    let halted = ContinuousClock.now
    var reasons: [Int32: String] = [:]
    try await stage.expect("a halt of the partitions \(partitions.sorted())", within: haltBound) {
      let rows = try await stage.ask { connection in
        try await connection.query(
          "SELECT partition, halted_reason FROM partition_progress WHERE halted_at IS NOT NULL")
      }
      reasons = try Dictionary(uniqueKeysWithValues: rows.map { (try $0.int32(0), try $0.string(1)) })
      return partitions.allSatisfy { reasons[$0] != nil }
    }
    let seconds = String(format: "%.1f", (ContinuousClock.now - halted) / .seconds(1))
    let example = reasons.first?.value ?? "none"
    stage.remark("\(reasons.count) halted within \(seconds) s, such as “\(example)”")
  }

  private static func tables(_ stage: Stage) async throws -> (orders: Int64, left: Int64) {
    try await stage.ask { connection in
      let row = try await connection.query(
        "SELECT (SELECT count(*) FROM orders), (SELECT sum(units_left) FROM stock)::int8"
      ).single()
      return (try row.int64(0), try row.int64(1))
    }
  }
}
