internal import Histogram
internal import NIOCore

/// One slot of the run, and all that is known of it.
struct Moment: Encodable {
  struct Quantiles: Encodable {
    let p50: UInt64
    let p90: UInt64
    let p99: UInt64
    let max: UInt64

    /// `nil` where nothing was measured.
    init?(_ latencies: Timeline.Latencies?) {
      guard let latencies, latencies.totalCount > 0 else { return nil }
      p50 = latencies.valueAtPercentile(50)
      p90 = latencies.valueAtPercentile(90)
      p99 = latencies.valueAtPercentile(99)
      max = latencies.max
    }
  }

  /// When it begins, after the start of the schedule.
  let atSeconds: Double
  /// Requests that the schedule has in it.
  let offered: Int
  /// Tries that left in it, the schedule's and later ones.
  let sent: Int
  let answered: Int
  /// Answers by kind, in the order of the result's `answers`.
  let answers: [Int]
  /// From the scheduled time, of the answers that came in it.
  let latencyUs: Quantiles?
  /// Orders that were decided in it.
  let decided: Int
  /// From acceptance to decision, of those.
  let decisionDelayUs: Quantiles?
  /// Units left at its end, of all SKUs together, as the server told. `null` where it was not asked in time.
  let left: Int?

  /// All slots, from the start of the schedule to the last answer or decision.
  static func all(_ report: Report) -> [Moment] {
    let timeline = report.load.timeline
    let decisions = report.judgement?.follow.decisions.slots ?? []
    let schedule = report.settings.schedule
    let scheduled = Int((Double(schedule.duration.nanoseconds) / Double(timeline.slotLength.nanoseconds)).rounded(.up))
    let count = max(scheduled, timeline.slots.count, decisions.count)
    let kinds = report.load.tally.kinds.count
    return (0..<min(count, Limits.timelineSlots)).map { index in
      let slot = timeline.slots.indices.contains(index) ? timeline.slots[index] : Timeline.Slot()
      let decision = decisions.indices.contains(index) ? decisions[index] : nil
      let begins = timeline.slotLength * index
      // The last instant of a slot is the next one's first, whose request is the next one's.
      func due(_ time: TimeAmount) -> Int { time > .zero ? schedule.due(after: time - .nanoseconds(1)) : 0 }
      return Moment(
        atSeconds: begins.seconds, offered: due(begins + timeline.slotLength) - due(begins), sent: slot.sent,
        answered: slot.answered,
        answers: (0..<kinds).map { slot.answers.indices.contains($0) ? Int(slot.answers[$0]) : 0 },
        latencyUs: Quantiles(slot.latencies), decided: decision?.decided ?? 0,
        decisionDelayUs: Quantiles(decision?.delays),
        left: report.leftBySlot.indices.contains(index) ? report.leftBySlot[index] : nil)
    }
  }
}

/// When the run's first and last things happened, in microseconds since 1970-01-01T00:00:00Z.
struct Instants: Encodable {
  /// The schedule's.
  let startUs: Int64
  let firstSendUs: Int64?
  let lastSendUs: Int64?
  let lastAnswerUs: Int64?
  /// By the server's clock, of the orders that were followed.
  let firstAcceptedUs: Int64?
  let lastDecidedUs: Int64?

  init(_ report: Report) {
    let (load, epoch) = (report.load, report.epoch)
    startUs = epoch.microseconds(at: report.start)
    firstSendUs = load.sends.first.map { epoch.microseconds(at: $0) }
    lastSendUs = load.sends.last.map { epoch.microseconds(at: $0) }
    lastAnswerUs = load.answers.last.map { epoch.microseconds(at: $0) }
    firstAcceptedUs = report.judgement?.follow.decisions.firstAccepted
    lastDecidedUs = report.judgement?.follow.decisions.lastDecided
  }

  /// From the first request to the last decision: the whole line. `nil` where nothing was decided.
  var lineSeconds: Double? {
    guard let firstSendUs, let lastDecidedUs else { return nil }
    return Double(lastDecidedUs - firstSendUs) / 1_000_000
  }
}
