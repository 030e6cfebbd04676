import Foundation
import Postgres
import TestSupport
import Time

extension Row {
  static let lifeRows = [
    schedulerKilled, twoSchedulers, capturesCut, RestockRow.row, RelayRows.relayKilled, RelayRows.receiverDown,
  ]

  private static let schedulerKilled = Row(
    name: "scheduler-killed", fault: "the worker that ends holds: SIGKILL while they run out, again and again",
    isQuick: true, rate: 200
  ) { stage in
    var workers = [try await stage.start("worker"), try await stage.start("worker")]
    try await Lives.play(stage, intakes: 1) {
      for _ in 0..<(stage.isQuick ? 3 : 12) {
        try await stage.pause(500...2_000)
        let victim = stage.draw { $0.number(in: 0...1) }
        await workers[victim].kill()
        stage.inject()
        workers[victim] = try await stage.start("worker", awaitsReadiness: false)
      }
    }
  }

  /// Both workers think that they own every partition, so both look for holds that are over, and append that.
  private static let twoSchedulers = Row(
    name: "two-schedulers", fault: "two workers that each take the other for dead, while holds run out", rate: 200
  ) { stage in
    _ = try await stage.start("worker")
    try await Lives.play(stage, intakes: 1) {
      let before = try await claims(stage)
      let second = try await stage.start("worker", awaitsReadiness: false)
      try await stage.ask { connection in
        let end = ContinuousClock.now + .seconds(stage.isQuick ? 5 : 15)
        while ContinuousClock.now < end {
          _ = try await connection.query("UPDATE workers SET last_seen = 'epoch', session_pid = NULL")
          try await Task.sleep(for: .milliseconds(50))
        }
      }
      await second.kill()
      stage.inject(Int(try await claims(stage) - before))
    }
    let repeated = try await stage.ask { connection in
      try await connection.query("SELECT count(*) FROM history WHERE action = 6 AND result <> 0").single().int64(0)
    }
    stage.remark("\(repeated) ends were appended for nothing")
  }

  private static func claims(_ stage: Stage) async throws -> Int64 {
    try await stage.ask { connection in
      try await connection.query("SELECT sum(epoch)::int8 FROM partition_progress").single().int64(0)
    }
  }

  /// Two providers tell of each order, and what tells them of it is cut off and killed.
  private static let capturesCut = Row(
    name: "captures-cut",
    fault: "two providers tell of captures; intake: SIGKILL, intake–broker and worker–PostgreSQL: cut", rate: 200
  ) { stage in
    let worker = try await stage.start("worker", lines: [.postgres])
    try await Lives.play(stage, intakes: 2) {
      for _ in 0..<(stage.isQuick ? 3 : 12) {
        try await stage.pause(500...1_500)
        switch stage.draw({ $0.number(in: 0...2) }) {
        case 0: worker.postgres?.cut()
        case 1: Lives.intakes(of: stage).randomElement()?.kafka?.cut()
        default: try await Lives.restartIntake(stage)
        }
        stage.inject()
      }
    }
  }
}

/// What rows about orders' lives share: the sale, its crowd beside the stage's own, restocks, and the comparison at the
/// end.
enum Lives {
  private static let buyers = 64
  private static let stock = 40
  private static let restocked = 20

  /// Plays a row's faults while buyers live, and compares afterwards what they were told with what there is.
  static func play(_ stage: Stage, intakes: Int, _ faults: () async throws -> Void) async throws {
    var members: [Member] = []
    for _ in 0..<intakes { members.append(try await stage.start("intake", lines: [.kafka])) }
    try await stage.createSale(
      LifeCrowd.sale, items: LifeCrowd.skus.map { (sku: $0, stock: stock) }, perBuyerLimit: 2, holds: LifeCrowd.holds,
      knownAt: members.compactMap(\.part.http))
    let crowd = LifeCrowd(buyers, at: members.compactMap(\.door), seed: stage.draw { $0.next() })
    try await stage.underLoad {
      crowd.start()
      let restocks = Task { try await restock(stage) }
      try await faults()
      restocks.cancel()
      _ = try? await restocks.value
      try await crowd.stop()
    }
    // The last holds run out.
    try await stage.expect("every hold ends", within: .seconds(20)) {
      try await stage.ask { connection in
        try await connection.query("SELECT count(*) FROM holds WHERE state = 2").single().int64(0) == 0
      }
    }
    try await stage.drain()
    let told = crowd.journal.current
    let reckoning = try await stage.ask { try await LifeReckoning(told, $0) }
    reckoning.violations.forEach(stage.violated)
    stage.remark(
      "\(reckoning.lives) lives, \(reckoning.expired) expired at most \(reckoning.latest) ms late, "
        + "\(reckoning.payments) captures, \(told.unknown) commands unknown")
    if reckoning.expired == 0 || reckoning.payments == 0 { stage.violated("nothing expired, or nothing was paid") }
    if reckoning.latest > latest { stage.violated("a hold ended \(reckoning.latest) ms after its due") }
  }

  /// By how many milliseconds a hold may end late: readiness complains from there on.
  private static let latest: Int64 = 10_000

  /// New units in a while, so that buyers do not run out of them.
  private static func restock(_ stage: Stage) async throws {
    while !Task.isCancelled {
      try await Task.sleep(for: .seconds(1))
      for sku in LifeCrowd.skus {
        _ = try? await stage.tellAdmin(
          "sales/\(LifeCrowd.sale)/items/\(sku)/restock", ["units": restocked, "reason": "a delivery"])
      }
    }
  }

  static func intakes(of stage: Stage) -> [Member] {
    stage.everyMember.filter { $0.command == "intake" && $0.part.process.isRunning }
  }

  /// Kills an intake and starts it again at the same door.
  static func restartIntake(_ stage: Stage) async throws {
    guard let victim = intakes(of: stage).last, let door = victim.door else { return }
    stage.crowd.close(door)
    await victim.kill()
    _ = try await stage.start("intake", lines: [.kafka], environment: ["PENSTOCK_HTTP": "127.0.0.1:\(door)"])
  }
}
