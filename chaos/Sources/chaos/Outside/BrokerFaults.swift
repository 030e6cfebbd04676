import Foundation
import Kafka
import TestSupport

/// Faults of an outside cluster's brokers under load, each with how long it held up which partitions.
struct BrokerFaults: Sendable {
  /// How a fault's partitions are told apart, and what each part must keep to.
  enum Part: String, Sendable, CaseIterable {
    /// The broker led them.
    case led = "led by it"
    /// Another one led them, and waited for this one before it acknowledged a record.
    case followed = "in sync on it"
    /// It had no replica of them in sync.
    case elsewhere = "not on it"
  }

  let stage: Stage
  let cluster: OutsideCluster
  let meter: PauseMeter
  let watch: PlaceWatch

  /// Starts an intake and two workers, and lends the faults under load. The cluster is mended, however `body` ends.
  static func under(_ stage: Stage, _ body: (BrokerFaults) async throws -> Void) async throws {
    guard let cluster = stage.cluster else { throw TestSetUpError("the row needs a cluster") }
    _ = try await stage.start("intake")
    let workers = [try await stage.start("worker"), try await stage.start("worker")]
    try await cluster.awaitHealth(of: stage.topic)
    let brokers = Set(try await cluster.places(of: stage.topic).flatMap(\.replicas)).sorted()
    for broker in brokers { try await cluster.tell(.elect, broker) }
    try await stage.underLoad {
      try await Row.allReady(workers, stage)
      try await PauseMeter.watching(stage) { meter in
        try await PlaceWatch.watching(cluster, topic: stage.topic) { watch in
          do {
            let faults = BrokerFaults(stage: stage, cluster: cluster, meter: meter, watch: watch)
            try await faults.remarkPausesBefore()
            try await body(faults)
          } catch {
            try? await cluster.mend(brokers, stage.topic)
            throw error
          }
          try await cluster.mend(brokers, stage.topic)
        }
      }
    }
  }

  /// Says how long partitions stand still on this machine without any fault, once brokers that have just been started
  /// have warmed up.
  private func remarkPausesBefore() async throws {
    try await Task.sleep(for: Limits.warmUp)
    let begin = ContinuousClock.now
    try await Task.sleep(for: .seconds(5))
    let window = begin..<ContinuousClock.now
    let (accepting, deciding) = (stage.crowd.accepted.longest(in: window), meter.decided.longest(in: window))
    stage.remark(
      "before, in 5 s: no 202 for \(accepting.values.map(\.length).words), "
        + "no decision for \(deciding.values.map(\.length).words)")
  }

  /// Where the partitions are.
  func places() async throws -> [PartitionPlace] { try await cluster.places(of: stage.topic) }

  /// Every broker that has a replica.
  func brokers() async throws -> [Int32] { Set(try await places().flatMap(\.replicas)).sorted() }

  /// The broker that leads most partitions among those that are not excluded.
  func leader(besides excluded: Int32?) async throws -> Int32 {
    let led = Dictionary(grouping: try await places().compactMap(\.leader).filter { $0 != excluded }) { $0 }
    guard let most = led.max(by: { ($0.value.count, $0.key) < ($1.value.count, $1.key) })?.key else {
      throw TestSetUpError("no broker leads anything")
    }
    return most
  }

  /// Takes a broker away, watches for `duration`, and notes what that did to the partitions, told apart by what they
  /// had on it.
  func takeAway(_ broker: Int32, for duration: Duration, _ act: () async throws -> Void) async throws {
    let before = try await places()
    watch.expect { $0.leader != nil && $0.leader != broker && !$0.inSync.contains(broker) }
    try await measure(for: duration, act) { partition in
      guard let place = before.first(where: { $0.partition == partition }) else { return nil }
      if place.leader == broker { return Part.led.rawValue }
      return (place.inSync.contains(broker) ? Part.followed : Part.elsewhere).rawValue
    }
  }

  /// Does something to brokers, watches for `duration`, and notes how long each partition stood still.
  ///
  /// - Parameter name: what to call a partition's part; `nil` leaves it out.
  func measure(
    for duration: Duration, _ act: () async throws -> Void, name: (_ partition: Partition) -> String?
  ) async throws {
    let begin = ContinuousClock.now
    try await act()
    stage.inject()
    try await Task.sleep(until: max(begin + duration, .now + .seconds(1)))
    let window = begin..<ContinuousClock.now
    let (accepting, deciding) = (stage.crowd.accepted.longest(in: window), meter.decided.longest(in: window))
    let done = watch.done
    try stage.pauses.write(stage.crowd.sights(since: begin - .seconds(1)), of: stage.timesInjected, since: begin)
    for (partition, pause) in accepting.sorted(by: { $0.key < $1.key }) {
      guard let name = name(partition), let decision = deciding[partition] else { continue }
      stage.pauses.write(
        [
          "\(stage.timesInjected)", "\(partition)", name, (pause.lowerBound - begin).asMilliseconds,
          (pause.upperBound - begin).asMilliseconds, (decision.lowerBound - begin).asMilliseconds,
          (decision.upperBound - begin).asMilliseconds, done[partition].map { ($0 - begin).asMilliseconds } ?? "",
        ])
      var standstill = Standstill(name: name, accepting: [pause.length], deciding: [decision.length])
      let end = max(pause.upperBound, decision.upperBound)
      // A pause that is no longer than others has nothing to do with it.
      if max(pause.length, decision.length) > Limits.bystander {
        standstill.own = [done[partition].map { max(.zero, end - $0) } ?? (end - begin)]
      }
      stage.pauses.note(standstill)
    }
  }

  /// Starts a broker again, waits until it has caught up, and gives it back what it led.
  func bringBack(_ broker: Int32, elects: Bool = true) async throws {
    try await cluster.tell(.start, broker)
    try await cluster.awaitHealth(of: stage.topic)
    if elects { try await cluster.tell(.elect, broker) }
    try await Task.sleep(for: .seconds(2))
  }

  /// Holds a part to a bound of the time that is Penstock's own: after Kafka had done with the fault.
  func hold(_ part: Part, to bound: Duration) { hold(part.rawValue, to: bound) }

  /// The same, by the part's name.
  func hold(_ name: String, to bound: Duration) {
    guard let own = stage.pauses.standstills.first(where: { $0.name == name })?.own, !own.isEmpty else { return }
    stage.remark("\(name): on after Kafka within \(own.words)")
    if own.quantile(1) > bound { stage.violated("\(name): \(own.quantile(1).asMilliseconds) after Kafka had done") }
  }

  /// Holds a part to a bound of the whole time without a decision.
  func holdWhole(_ part: Part, to bound: Duration) { holdWhole(part.rawValue, to: bound) }

  /// The same, by the part's name.
  func holdWhole(_ name: String, to bound: Duration) {
    guard let longest = stage.pauses.standstills.first(where: { $0.name == name })?.deciding.quantile(1) else { return }
    if longest > bound { stage.violated("\(name): no decision for \(longest.asMilliseconds)") }
  }
}
