import Foundation
import Kafka
import TestSupport

/// Leaders of an outside cluster that move as they should.
extension Row {
  static let electionRows = [brokersRestarted, leadersElected]

  private static let brokersRestarted = Row(
    name: "brokers-restarted", fault: "each outside broker in turn: stopped politely and started again",
    ground: .outside
  ) { stage in
    try await BrokerFaults.under(stage) { faults in
      for broker in try await faults.brokers() {
        try await faults.takeAway(broker, for: .seconds(3)) {
          try await stopPolitely(broker, faults)
        }
        let before = try await faults.places()
        try await faults.measure(for: .seconds(1)) {
          try await faults.cluster.tell(.start, broker)
          try await faults.cluster.awaitHealth(of: stage.topic)
        } name: { partition in
          // It leads none of them until it is elected.
          before.contains { $0.partition == partition && $0.leader != broker } ? "while it comes back" : nil
        }
        // What an election costs is *leaders-elected*'s: here it is over before the next fault.
        try await faults.cluster.tell(.elect, broker)
        try await Task.sleep(for: Limits.afterElection)
        let elected = ContinuousClock.now
        try await stage.expect("202s and decisions on each partition", within: Limits.recovery) {
          [stage.crowd.accepted, faults.meter.decided].allSatisfy {
            $0.partitions(since: elected).count == stage.partitions
          }
        }
      }
      faults.hold(.led, to: Limits.afterElection)
      faults.holdWhole(.followed, to: Limits.bystander)
      faults.holdWhole(.elsewhere, to: Limits.bystander)
      faults.holdWhole("while it comes back", to: Limits.bystander)
    }
  }

  private static let leadersElected = Row(
    name: "leaders-elected", fault: "preferred leader election under load, after an outside broker led nothing",
    ground: .outside
  ) { stage in
    try await BrokerFaults.under(stage) { faults in
      for _ in 0..<(stage.isQuick ? 1 : 3) {
        let broker = try await faults.leader(besides: nil)
        try await stopPolitely(broker, faults)
        try await faults.bringBack(broker, elects: false)
        let before = try await faults.places()
        faults.watch.expect { $0.leader == $0.replicas.first }
        try await faults.measure(for: .seconds(6)) {
          try await faults.cluster.tell(.elect, broker)
        } name: { partition in
          guard let place = before.first(where: { $0.partition == partition }) else { return nil }
          return place.leader == place.replicas.first ? "not moved" : "moved"
        }
      }
      faults.hold("moved", to: Limits.afterElection)
      faults.holdWhole("not moved", to: Limits.bystander)
    }
  }
}
