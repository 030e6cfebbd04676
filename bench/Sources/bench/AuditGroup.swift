import Foundation
import Kafka
import SaleStore
import TestSupport
import Time

/// The most memory that `penstock audit` takes, over a log that a worker has decided, beside one of a tenth of it.
enum AuditGroup {
  /// How far apart two looks at the process's peak are. The peak only rises, so a look can miss only what is new in the
  /// process's last moment, when it prints its report.
  private static let look = Duration.milliseconds(10)

  /// Partitions that one worker serves: its own limit.
  private static let lanes = 32

  /// Once, for any number of rounds: a peak varies little, and the log takes minutes to make.
  static func measure(_ scores: Scores) async throws {
    let (fewer, more) = (scores.plan.audited / 10, scores.plan.audited)
    for records in [fewer, more] { try await measure(records, scores) }
    scores.compare(Ratio(name(more), against: name(fewer), .atMost(1.2)))
  }

  private static func name(_ records: Int) -> String { "peak memory of an audit, \(Text.figure(Double(records)))" }

  private static func measure(_ records: Int, _ scores: Scores) async throws {
    try await BenchShop.with(scores.cluster, partitions: AuditedLog.partitions(for: records)) { bench in
      let log = try await AuditedLog.plan(records, bench)
      scores.say("writing \(records) records into \(bench.partitions) partitions")
      try await log.write()
      // None of them is ready before all share the partitions.
      var workers: [Shop.Part] = []
      for _ in 0..<((bench.partitions + lanes - 1) / lanes) {
        workers.append(try await bench.start("worker", awaitsReadiness: false))
      }
      try await log.awaitDecisions { scores.say("decided: \($0) of \(records)") }
      for worker in workers { await worker.stop() }
      let (peak, seconds) = try await audit(bench, expecting: records)
      scores.note(name(records), peak, "KiB")
      scores.note("audit, \(Text.figure(Double(records)))", Double(records) / seconds, "records/s")
    }
  }

  /// - Returns: the peak in KiB, and how long it took.
  private static func audit(_ bench: BenchShop, expecting records: Int) async throws -> (Double, Double) {
    let start = ContinuousClock.now
    let process = try await PenstockProcess.start(
      "penstock", ["audit", "--format", "json"], environment: bench.environment)
    var peak = 0.0
    while process.isRunning {
      // Fails once it has ended.
      if let now = try? process.kibibytes(.peak) { peak = max(peak, now) }
      try await Task.sleep(for: look)
    }
    let seconds = (ContinuousClock.now - start).inSeconds
    let exit = await process.exit()
    let report = try? JSONDecoder().decode(Report.self, from: Data(process.standardOutput.utf8))
    guard exit == .success, let counts = report?.counts, counts.compared == records else {
      let said = process.standardOutput.prefix(2_000) + process.standardError.suffix(500)
      throw TestSetUpError("the audit of \(records) records ended with \(exit.code): \(said)")
    }
    // An audit of a log without look-ups would need less memory.
    guard counts.repeats > 0, counts.confirmed > 0, counts.rejected.limitReached > 0, counts.rejected.soldOut > 0 else {
      throw TestSetUpError("the log that was audited is too simple: \(counts)")
    }
    return (peak, seconds)
  }

  private struct Report: Decodable {
    struct Counts: Decodable {
      let compared: Int
      let confirmed: Int
      let repeats: Int
      let rejected: Rejected
    }

    struct Rejected: Decodable {
      let limitReached: Int
      let soldOut: Int

      enum CodingKeys: String, CodingKey {
        case limitReached = "limit_reached"
        case soldOut = "sold_out"
      }
    }

    let counts: Counts
  }
}
