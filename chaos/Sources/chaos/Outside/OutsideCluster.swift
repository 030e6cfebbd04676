import Foundation
import Kafka
import TestSupport

/// A Kafka cluster that somebody else runs, and that one's command, by which its brokers are broken and mended.
///
/// `command kill|stop|start|freeze|thaw|elect N` acts on the broker whose id in the cluster is N, and ends when that is
/// done; docs/operating.md has the contract.
struct OutsideCluster: Sendable {
  /// What the command can do.
  enum Verb: String, Sendable { case kill, stop, start, freeze, thaw, elect }

  /// `host:port`, comma-separated.
  let servers: String
  let command: String

  /// Each address by itself.
  var addresses: [String] { servers.split(separator: ",").map(String.init) }

  /// How a client reaches it.
  var settings: ClusterSettings { ClusterSettings(brokers: servers) }

  /// Has the command do something.
  func tell(_ verb: Verb, _ broker: Int32) async throws {
    try await Tool.run(command, verb.rawValue, "\(broker)")
  }

  /// Where the partitions of a topic are. Each try is a new client: one that asks a frozen broker waits for it.
  func places(of topic: String) async throws -> [PartitionPlace] {
    var failure: any Error = TestSetUpError("the cluster at \(servers) has no address")
    for _ in 0..<10 {
      for address in addresses.shuffled() {
        do {
          let reader = try LogReader(
            cluster: ClusterSettings(brokers: address), topic: topic, logger: quietLogger)
          return try await reader.places(timeout: .seconds(2))
        } catch {
          failure = error
        }
      }
    }
    throw failure
  }

  /// The broker with which this group's offsets are committed; `nil` if there is none yet.
  ///
  /// The leader of the group's partition of `__consumer_offsets`, which is the Java hash of its name
  /// (GroupMetadataManager.partitionFor).
  func coordinator(of group: String) async throws -> Int32? {
    let offsets = try await places(of: "__consumer_offsets")
    let hash = group.utf16.reduce(Int32(0)) { $0 &* 31 &+ Int32($1) }
    let partition = Int32(hash == .min ? 0 : abs(hash)) % Int32(max(1, offsets.count))
    return offsets.first { $0.partition.rawValue == partition }?.leader
  }

  /// Waits until every partition of the topic has a leader and all its replicas in sync.
  func awaitHealth(of topic: String) async throws {
    let isWhole = try await eventually(within: Limits.clusterHealth) {
      try await places(of: topic).allSatisfy { $0.leader != nil && Set($0.inSync) == Set($0.replicas) }
    }
    guard isWhole else { throw TestSetUpError("the cluster is not whole after \(Limits.clusterHealth)") }
  }

  /// Mends what a row may have left broken.
  func mend(_ brokers: [Int32], _ topic: String) async throws {
    for broker in brokers {
      try await tell(.thaw, broker)
      try await tell(.start, broker)
    }
    try await awaitHealth(of: topic)
  }
}
