internal import FoundationEssentials

/// The result for programs. Names carry their unit last; times are in microseconds.
struct ResultFile: Encodable {
  private struct Answer: Encodable {
    /// 0 where there was no answer.
    let status: Int
    let code: String
    let requests: Int
    let latencyUs: Percentiles

    static func all(_ tally: Tally) -> [Answer] {
      tally.kinds.map {
        Answer(
          status: $0.status, code: String(decoding: $0.code, as: UTF8.self), requests: Int($0.count),
          latencyUs: Percentiles($0.latencies))
      }
    }
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
    let bottleneckRule: String
    let bottleneckReasons: [String]
    let connectFailures: Int
    let connectionsLost: Int
    let retriesSent: Int
    let retriesHonouringRetryAfter: Int
    let gaveUp: Int
    let retriesDropped: Int
    let skipped: Int

    init(_ report: Report) {
      let (load, late) = (report.load, report.load.lateness)
      scheduled = report.settings.schedule.requests
      sent = load.sent
      seconds = load.lasted.seconds
      lateWaitingForConnection = late.waitedForConnection
      lateByGenerator = late.generatorLate
      worstLateWaitingUs = late.worstWait.microseconds
      worstLateByGeneratorUs = late.worstGenerator.microseconds
      busyShare = load.busy
      wasBottleneck = !report.bottleneck.reasons.isEmpty
      bottleneckRule = Bottleneck.rule
      bottleneckReasons = report.bottleneck.reasons
      connectFailures = load.connections.failures
      connectionsLost = load.connections.lost
      retriesSent = load.retries.sent
      retriesHonouringRetryAfter = load.retries.honoured
      gaveUp = load.retries.gaveUp
      retriesDropped = load.retries.dropped
      skipped = load.skipped
    }
  }

  private struct Unit: Encodable {
    let sku: String
    let stock: Int
    let soldBefore: Int
    let confirmed: Int
    let unknown: Int
    let left: Int?

    static func all(_ judgement: Judgement) -> [Unit] {
      let units = judgement.units
      return judgement.evidence.before.items.enumerated().map { sku, item in
        Unit(
          sku: item.sku, stock: item.stock, soldBefore: units.soldBefore[sku], confirmed: units.confirmed[sku],
          unknown: units.unknown[sku],
          left: judgement.after.flatMap { $0.items.indices.contains(sku) ? $0.items[sku].left : nil })
      }
    }
  }

  private struct Judged: Encodable {
    let invariant: String
    let statement: String
    let result: String
    let details: [String]

    init(_ check: Check) {
      invariant = check.invariant
      statement = check.statement
      switch check.result {
      case .held: (result, details) = ("held", [])
      case .failed(let examples, _): (result, details) = ("failed", examples)
      case .unchecked(let why): (result, details) = ("unchecked", [why])
      }
    }
  }

  private struct GroupPart: Encodable {
    let name: String
    let sent: Int
    let skipped: Int
    let latencyUs: Percentiles
    let answers: [Answer]
    let figures: GroupFigures?

    init(_ group: Crowd.Group, _ part: LoadResult.Group, _ figures: GroupFigures?) {
      name = group.name
      self.figures = figures
      sent = part.sent
      skipped = part.skipped
      latencyUs = Percentiles(part.tally.all)
      answers = Answer.all(part.tally)
    }
  }

  private struct Slots: Encodable {
    let slotSeconds: Double
    let slots: [Moment]
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
  private let lives: LifeFigures?
  private let groups: [GroupPart]
  private let instants: Instants
  private let lineSeconds: Double?
  private let decisions: Int
  private let decisionDelayUs: Percentiles?
  private let timeline: Slots

  init(_ report: Report) {
    sale = report.settings.sale
    schedule = report.settings.scheduleName
    seed = report.settings.seed
    verdict = report.judgement.map { "\($0.verdict.outcome)" } ?? "unfollowed"
    latencyUs = Percentiles(report.load.tally.all)
    latencyFromSentUs = Percentiles(report.load.tally.fromSent)
    answers = Answer.all(report.load.tally)
    generator = Generator(report)
    outcomes = report.judgement.map { OutcomeCount.count($0.evidence) } ?? []
    unknownWithoutId = report.judgement?.evidence.withoutId.count ?? 0
    units = report.judgement.map(Unit.all) ?? []
    checks = report.judgement?.verdict.checks.map { Judged($0) } ?? []
    lives = report.load.lives.isEmpty ? nil : LifeFigures(report.load.lives)
    let figures = report.judgement.map { report.load.figures(report.settings.crowd, $0.units) }
    groups = zip(report.settings.groups, report.load.groups).enumerated().map { index, group in
      GroupPart(group.0, group.1, figures?[index])
    }
    instants = Instants(report)
    lineSeconds = instants.lineSeconds
    let decided = report.judgement?.follow.decisions
    decisions = decided?.count ?? 0
    decisionDelayUs = decided.flatMap { $0.count > 0 ? Percentiles($0.delays) : nil }
    timeline = Slots(slotSeconds: report.load.timeline.slotLength.seconds, slots: Moment.all(report))
  }

  func write(_ path: String) throws(Unusable) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    do {
      try encoder.encode(self).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw Unusable("cannot write the result \(path)", because: error)
    }
  }
}
