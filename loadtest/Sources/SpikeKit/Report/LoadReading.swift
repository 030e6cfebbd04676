internal import Histogram
internal import NIOCore

/// The progress of the sending, as the display needs it.
struct LoadReading: Sendable {
  struct Kind: Sendable {
    let status: Int
    let code: String
    var count: Int
  }

  var sent = 0
  var late = 0
  var inFlight = 0
  var open = 0
  var troubledConnections = 0
  var retries = 0
  var waitingRetries = 0
  /// Accepted orders that are not over for their buyers.
  var openOrders = 0
  var kinds: [Kind] = []
  /// Of the last second.
  var latencies = Timeline.empty
  /// The newest slots' latencies, merged away from the event loop that they are measured on.
  private var recent: [Timeline.Latencies] = []

  /// What one event loop's generator knows. It copies no more than it must: the event loop has other things to do.
  init(_ generator: Generator) {
    let result = generator.result
    retries = generator.retryCount.sent
    sent = result.sent + retries
    late = result.lateness.generatorLate + result.lateness.waitedForConnection
    inFlight = generator.connections.inFlight
    open = generator.connections.open
    troubledConnections = generator.connections.failures + generator.connections.lost
    waitingRetries = generator.waitingRetries
    openOrders = generator.purchases?.count ?? 0
    kinds = result.tally.kinds.map {
      Kind(status: $0.status, code: String(decoding: $0.code, as: UTF8.self), count: Int($0.count))
    }
    let slots = max(1, Int(TimeAmount.seconds(1).nanoseconds / result.timeline.slotLength.nanoseconds))
    recent = result.timeline.slots.suffix(slots).map(\.latencies)
  }

  init(merging parts: [LoadReading]) {
    for part in parts {
      sent += part.sent
      late += part.late
      inFlight += part.inFlight
      open += part.open
      troubledConnections += part.troubledConnections
      retries += part.retries
      waitingRetries += part.waitingRetries
      openOrders += part.openOrders
      for latencies in part.recent { self.latencies.add(latencies) }
      for kind in part.kinds {
        if let index = kinds.firstIndex(where: { $0.status == kind.status && $0.code == kind.code }) {
          kinds[index].count += kind.count
        } else {
          kinds.append(kind)
        }
      }
    }
    kinds.sort { $0.count > $1.count }
  }

  var answered: Int { kinds.reduce(0) { $0 + $1.count } }
}
