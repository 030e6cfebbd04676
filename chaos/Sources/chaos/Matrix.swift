import Foundation
import Kafka
import OrderLog
import TestSupport
import Time

/// Runs rows one after another, each on a stage of its own.
struct Matrix: Sendable {
  let seed: UInt64
  let postgres: String
  let folder: String
  let isQuick: Bool
  /// What rows run on instead of an embedded broker of their own.
  let cluster: OutsideCluster?

  /// Runs the rows, prints each line when it is known, and the table's foot.
  func run(_ rows: [Row]) async throws -> [RowResult] {
    print("seed \(seed), \(Date.now.formatted(.iso8601))\n\n\(RowResult.head(outside: cluster != nil))")
    let begin = ContinuousClock.now
    var results: [RowResult] = []
    for row in rows {
      try Task.checkCancellation()
      let result = await play(row)
      print(result.line)
      fflush(nil)
      for violation in result.violations { say("  \(row.name): \(violation)") }
      results.append(result)
    }
    let (held, failed, notRun) = (count(.held, results), count(.failed, results), count(.notRun, results))
    let took = Int((ContinuousClock.now - begin).inSeconds)
    print("\n\(held) held, \(failed) failed, \(notRun) not run, in \(took / 60) min \(took % 60) s, seed \(seed)")
    return results
  }

  private func count(_ ending: RowResult.Ending, _ results: [RowResult]) -> Int {
    results.count { $0.ending == ending }
  }

  private func say(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }

  private func play(_ row: Row) async -> RowResult {
    var result = RowResult(row: row, seed: seed)
    if let obstacle = await row.obstacle() {
      (result.ending, result.remarks) = (.notRun, [obstacle])
      return result
    }
    let begin = ContinuousClock.now
    let own = "\(postgres)/\(row.name)"
    do {
      let server = try await row.server?(own) ?? PostgresServer(folder: postgres)
      if let cluster {
        try await play(row, on: cluster, topic: topic(of: row), server, &result)
      } else {
        try await play(row, on: nil, server, &result)
      }
    } catch {
      result.violations.append("\(error)")
    }
    // Even if it was made only in part.
    if row.server != nil { await row.tearDown(PostgresServer(folder: own)) }
    result.took = .now - begin
    if !result.violations.isEmpty { result.ending = .failed }
    return result
  }

  /// On an outside cluster, a topic of a row's own; nobody else has one of this name.
  private func topic(of row: Row) -> String { "penstock-chaos-\(row.name)-\(UInt32.random(in: .min ... .max))" }

  private func play(
    _ row: Row, on cluster: OutsideCluster, topic: String, _ server: PostgresServer, _ result: inout RowResult
  ) async throws {
    result.standstills = []
    if let options = row.topicOptions {
      _ = try await Topics.ensure(
        cluster: cluster.settings, name: topic, partitions: row.partitions, replication: 3,
        options: options.merging(["min.insync.replicas": "2"]) { own, _ in own }, timeout: .seconds(60),
        logger: quietLogger)
    }
    do {
      try await play(row, on: (cluster, topic), server, &result)
    } catch {
      try? await delete(topic, on: cluster)
      throw error
    }
    try await delete(topic, on: cluster)
  }

  /// Deletes a row's topic, and the one of waiting rooms that Penstock made beside it.
  private func delete(_ topic: String, on cluster: OutsideCluster) async throws {
    for name in [topic, RoomLog.topic(beside: topic)] {
      try await Topics.delete(cluster: cluster.settings, name: name, timeout: .seconds(30), logger: quietLogger)
    }
  }

  private func play(
    _ row: Row, on cluster: (OutsideCluster, topic: String)?, _ server: PostgresServer, _ result: inout RowResult
  ) async throws {
    try await Shop.with(
      partitions: row.partitions, broker: ["chaos", "broker"], on: cluster.map { ($0.0.servers, $0.topic) },
      server: try server.url
    ) { shop, database in
      let stage = try await open(row, shop, cluster, database, server)
      do {
        try await row.play(stage)
      } catch {
        stage.violated("ended before it was done: \(error)")
      }
      try await judge(stage, &result)
    }
  }

  private func open(
    _ row: Row, _ shop: Shop, _ cluster: (OutsideCluster, topic: String)?, _ database: TestDatabase,
    _ server: PostgresServer
  ) async throws -> Stage {
    let folder = "\(folder)/\(row.name)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let admin = try await shop.start("admin")
    let goods = cluster == nil ? Goods.anywhere : try Goods.spread(over: row.partitions)
    try await shop.createSale(at: admin.admin, id: Goods.open, items: goods.items)
    try await shop.createSale(
      at: admin.admin, id: Goods.limited, perBuyerLimit: Goods.perBuyerLimit, items: Goods.limitedItems)
    return try Stage(
      shop: shop, cluster: cluster, database: database, postgres: server, admin: admin.admin, folder: folder,
      isQuick: isQuick, partitions: row.partitions, goods: goods, seed: seed,
      rate: cluster == nil ? row.rate : row.steadyRate)
  }

  private func judge(_ stage: Stage, _ result: inout RowResult) async throws {
    let contents = stage.crowd.journal.current
    let before = stage.acceptedBeforeHalt
    let reckoning = try await stage.ask { try await Reckoning(contents, acceptedBeforeHalt: before, $0) }
    result.reckoning = reckoning
    (result.injected, result.recovery) = (stage.timesInjected, stage.timeToRecover)
    (result.remarks, result.violations) = (stage.remarks, stage.found)
    if stage.cluster != nil { result.standstills = stage.pauses.standstills }
    if stage.crowd.latest > .milliseconds(200) {
      result.remarks.append("orders up to \(stage.crowd.latest.asMilliseconds) late")
    }
    if reckoning.waiting > 0 { result.remarks.append("\(reckoning.waiting) accepted later wait behind the halt") }
    let counts = [reckoning.lost, reckoning.doubled, reckoning.oversold, reckoning.unsold]
    if counts.contains(where: { $0 != 0 }) { result.violations += reckoning.examples }
    result.violations += contents.unexpected.prefix(Limits.examples).map { "an undocumented answer: \($0)" }
    if stage.timesInjected == 0 { result.violations.append("no fault was injected") }
    if reckoning.accepted == 0 { result.violations.append("no request was accepted") }
    let (code, words) = try await Audit.run(stage)
    if code != result.row.auditCode {
      result.violations.append("penstock audit ended with \(code): \(words.suffix(1_500))")
    }
    let tally = (contents.retried.map { "\($0.key) ×\($0.value)" } + contents.refused.map { "\($0.key) ×\($0.value)" })
    say("  \(result.row.name): \(tally.sorted().joined(separator: ", ")), unknown \(contents.unknown)")
    if !result.violations.isEmpty { keepLogs(stage) }
  }

  /// Keeps what the processes said, beside the ledger.
  private func keepLogs(_ stage: Stage) {
    for member in stage.everyMember {
      let path = "\(stage.folder)/\(member.command)-\(member.part.process.identifier).log"
      try? member.part.process.standardError.write(toFile: path, atomically: true, encoding: .utf8)
    }
  }
}
