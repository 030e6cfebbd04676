import Foundation
import TestSupport

/// What a broker's death or sleep does to the partitions of an outside cluster.
extension Row {
  static let clusterRows = [leaderKilled, coordinatorKilled, bystanderKilled, leaderFrozen, quorumLost]

  private static let leaderKilled = Row(
    name: "leader-killed", fault: "an outside broker that leads partitions: killed, and started again", ground: .outside
  ) { stage in
    try await BrokerFaults.under(stage) { faults in
      for _ in 0..<(stage.isQuick ? 1 : 2) {
        let victim = try await faults.leader(besides: try await faults.cluster.coordinator(of: stage.topic))
        try await kill(victim, faults)
        try await faults.bringBack(victim)
      }
      judge(faults)
    }
  }

  private static let coordinatorKilled = Row(
    name: "coordinator-killed", fault: "the outside broker to which workers commit offsets: killed", ground: .outside
  ) { stage in
    try await BrokerFaults.under(stage) { faults in
      for _ in 0..<(stage.isQuick ? 1 : 2) {
        guard let victim = try await faults.cluster.coordinator(of: stage.topic) else {
          throw TestSetUpError("no broker coordinates the group")
        }
        try await kill(victim, faults)
        try await faults.bringBack(victim)
      }
      judge(faults)
    }
  }

  private static let bystanderKilled = Row(
    name: "bystander-killed", fault: "an outside broker that leads nothing: killed", ground: .outside
  ) { stage in
    try await BrokerFaults.under(stage) { faults in
      for _ in 0..<(stage.isQuick ? 1 : 2) {
        let victim = try await faults.leader(besides: try await faults.cluster.coordinator(of: stage.topic))
        // Back from a restart, it has its replicas again and leads none of them.
        try await stopPolitely(victim, faults)
        try await faults.bringBack(victim, elects: false)
        try await kill(victim, faults)
        try await faults.bringBack(victim)
      }
      judge(faults)
    }
  }

  private static let leaderFrozen = Row(
    name: "leader-frozen", fault: "an outside broker that leads partitions: frozen, and thawed again", ground: .outside
  ) { stage in
    try await BrokerFaults.under(stage) { faults in
      for _ in 0..<(stage.isQuick ? 1 : 2) {
        let victim = try await faults.leader(besides: nil)
        try await faults.takeAway(victim, for: Limits.brokerAway) { try await faults.cluster.tell(.freeze, victim) }
        try await faults.cluster.tell(.thaw, victim)
        try await faults.bringBack(victim)
      }
      judge(faults)
    }
  }

  private static func kill(_ victim: Int32, _ faults: BrokerFaults) async throws {
    try await faults.takeAway(victim, for: Limits.brokerAway) { try await faults.cluster.tell(.kill, victim) }
  }

  /// Politely. A command that cannot do so kills it.
  static func stopPolitely(_ victim: Int32, _ faults: BrokerFaults) async throws {
    do {
      try await faults.cluster.tell(.stop, victim)
    } catch {
      faults.stage.remark("the command cannot stop a broker politely")
      try await faults.cluster.tell(.kill, victim)
    }
  }

  /// A leader waits for every replica in sync before it acknowledges a record and before it shows one to a reader, so
  /// until Kafka has dropped the broker nobody can do anything there. From then on it is Penstock's time.
  private static func judge(_ faults: BrokerFaults) {
    faults.hold(.led, to: Limits.afterElection)
    faults.hold(.followed, to: Limits.bystander)
    faults.holdWhole(.elsewhere, to: Limits.bystander)
  }

  private static let quorumLost = Row(
    name: "quorum-lost", fault: "all outside brokers but one: killed; then started again", ground: .outside
  ) { stage in
    try await BrokerFaults.under(stage) { faults in
      let brokers = try await faults.brokers()
      let victims = stage.draw { brokers.shuffled(using: &$0) }.dropLast()
      let begin = ContinuousClock.now
      for victim in victims {
        try await faults.cluster.tell(.kill, victim)
        stage.inject()
      }
      let killed = ContinuousClock.now
      try await Task.sleep(for: Limits.brokerAway + .seconds(5))
      let end = ContinuousClock.now
      for victim in victims { try await faults.cluster.tell(.start, victim) }
      try await faults.cluster.awaitHealth(of: stage.topic)
      let whole = ContinuousClock.now
      try await stage.expect("202s on each partition", within: Limits.recovery) {
        stage.crowd.accepted.partitions(since: whole).count == stage.partitions
      }
      let window = begin..<ContinuousClock.now
      stage.pauses.note(
        Standstill(
          name: "all", accepting: stage.crowd.accepted.longest(in: window).values.map(\.length),
          deciding: faults.meter.decided.longest(in: window).values.map(\.length)))
      judgeAnswers(stage, killed: killed, end: end)
    }
  }

  /// While there is no quorum nobody gets a 202, and once that is known everybody but the one who finds out hears so at
  /// once.
  private static func judgeAnswers(
    _ stage: Stage, killed: ContinuousClock.Instant, end: ContinuousClock.Instant
  ) {
    // What had a quorum before may be answered a moment later. Any other 202 is of what no quorum has, whenever it was
    // sent.
    let sights = stage.crowd.sights(since: killed - .seconds(Limits.answerSeconds)).filter { $0.sent < end }
    let promises = sights.filter { $0.word.hasPrefix("202") }.map { $0.sent + $0.took }
      .count { $0 >= killed + .seconds(1) && $0 < end }
    if promises > 0 { stage.violated("\(promises) 202s without a quorum") }
    let known = sights.filter { $0.sent >= killed + Limits.stallKnown && !$0.word.hasPrefix("409") }
    let busy = known.filter { $0.word == "503 busy" }
    let took = known.filter { $0.word.hasPrefix("503") || $0.word.hasPrefix("0") }.map(\.took)
    let words = Dictionary(grouping: known.filter { $0.word != "503 busy" }) { $0.word }.mapValues(\.count)
    stage.remark("once known: \(busy.count) × 503 busy, p99 \(busy.map(\.took).quantile(0.99).asMilliseconds)")
    stage.remark("others then: " + words.map { "\($0.value) × \($0.key)" }.sorted().joined(separator: ", "))
    if took.quantile(0.99) > Limits.busyAnswer {
      stage.violated("once known, the p99 of answers is \(took.quantile(0.99).asMilliseconds)")
    }
  }
}
