import Foundation
import Kafka
import Synchronization
import TestSupport

/// Watches which brokers have each partition, and notes when that changes.
///
/// Each address of the cluster is asked by a client of its own, so that a broker that does not answer holds up nobody.
final class PlaceWatch: Sendable {
  /// Between two looks through one address.
  private static let interval = Duration.milliseconds(50)

  private struct State {
    var done: [Partition: ContinuousClock.Instant] = [:]
    var isDone: @Sendable (PartitionPlace) -> Bool = { _ in true }
  }

  private let state = Mutex(State())

  /// Watches while `body` runs.
  static func watching<Answer: Sendable>(
    _ cluster: OutsideCluster, topic: String, _ body: (PlaceWatch) async throws -> Answer
  ) async throws -> Answer {
    let watch = PlaceWatch()
    let tasks = cluster.addresses.map { address in
      Task {
        let reader = try LogReader(cluster: ClusterSettings(brokers: address), topic: topic, logger: quietLogger)
        while !Task.isCancelled {
          if let places = try? await reader.places(timeout: .seconds(1)) { watch.see(places, at: .now) }
          try? await Task.sleep(for: interval)
        }
      }
    }
    defer { for task in tasks { task.cancel() } }
    return try await body(watch)
  }

  /// From here on, notes when each partition is first seen to be as Kafka is to make it.
  func expect(_ isDone: @escaping @Sendable (PartitionPlace) -> Bool) {
    state.withLock { ($0.isDone, $0.done) = (isDone, [:]) }
  }

  private func see(_ places: [PartitionPlace], at now: ContinuousClock.Instant) {
    state.withLock { state in
      for place in places where state.done[place.partition] == nil && state.isDone(place) {
        state.done[place.partition] = now
      }
    }
  }

  /// When each partition was first seen so.
  var done: [Partition: ContinuousClock.Instant] { state.withLock { $0.done } }
}
