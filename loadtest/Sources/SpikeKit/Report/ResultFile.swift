internal import FoundationEssentials

/// The result for programs. Names carry their unit last; times are in microseconds.
struct ResultFile: Encodable {
  private struct Answer: Encodable {
    /// 0 where there was no answer.
    let status: Int
    let code: String
    let requests: Int
    let latencyUs: Percentiles
  }

  private struct Generator: Encodable {
    let scheduled: Int
    let sent: Int
    let seconds: Double
    let lateWaitingForConnection: Int
    let lateByGenerator: Int
    let worstLateWaitingUs: UInt64
    let worstLateByGeneratorUs: UInt64
    let busyShare: Double
    let wasBottleneck: Bool
    let connectFailures: Int
    let connectionsLost: Int
  }

  private struct Unit: Encodable {
    let sku: String
    let stock: Int
    let soldBefore: Int
    let confirmed: Int
    let unknown: Int
    let left: Int?
  }

  private struct Judged: Encodable {
    let invariant: String
    let statement: String
    let result: String
    let details: [String]
  }

  private let sale: String
  private let schedule: String
  private let seed: UInt64
  private let verdict: String
  private let latencyUs: Percentiles
  private let latencyFromSentUs: Percentiles
  private let answers: [Answer]
  private let generator: Generator
  private let outcomes: [OutcomeCount]
  private let unknownWithoutId: Int
  private let units: [Unit]
  private let checks: [Judged]

  init(_ report: Report) {
    let (load, units, late) = (report.load, report.units, report.load.lateness)
    sale = report.evidence.before.id
    schedule = report.settings.scheduleName
    seed = report.settings.seed
    verdict = "\(report.verdict.outcome)"
    latencyUs = Percentiles(load.tally.all)
    latencyFromSentUs = Percentiles(load.tally.fromSent)
    answers = load.tally.kinds.map {
      Answer(
        status: $0.status, code: String(decoding: $0.code, as: UTF8.self), requests: Int($0.count),
        latencyUs: Percentiles($0.latencies))
    }
    generator = Generator(
      scheduled: report.settings.schedule.requests, sent: load.sent, seconds: load.lasted.seconds,
      lateWaitingForConnection: late.waitedForConnection, lateByGenerator: late.generatorLate,
      worstLateWaitingUs: late.worstWait.microseconds, worstLateByGeneratorUs: late.worstGenerator.microseconds,
      busyShare: load.busy, wasBottleneck: report.isBottleneck, connectFailures: load.connections.failures,
      connectionsLost: load.connections.lost)
    outcomes = OutcomeCount.count(report.evidence)
    unknownWithoutId = report.evidence.withoutId.count
    self.units = report.evidence.before.items.enumerated().map { sku, item in
      Unit(
        sku: item.sku, stock: item.stock, soldBefore: units.soldBefore[sku], confirmed: units.confirmed[sku],
        unknown: units.unknown[sku],
        left: report.after.flatMap { $0.items.indices.contains(sku) ? $0.items[sku].left : nil })
    }
    checks = report.verdict.checks.map { check in
      switch check.result {
      case .held:
        Judged(invariant: check.invariant, statement: check.statement, result: "held", details: [])
      case .failed(let examples, _):
        Judged(invariant: check.invariant, statement: check.statement, result: "failed", details: examples)
      case .unchecked(let why):
        Judged(invariant: check.invariant, statement: check.statement, result: "unchecked", details: [why])
      }
    }
  }

  func write(_ path: String) throws(Unusable) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    do {
      try encoder.encode(self).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw Unusable("cannot write the result \(path)")
    }
  }
}
