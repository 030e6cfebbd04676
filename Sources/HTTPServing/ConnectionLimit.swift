internal import HummingbirdCore
internal import Logging
internal import Metrics
internal import Vitals

/// Accepts connections up to a limit; more wait in the kernel's accept queue until one ends. Says so once each time
/// that the limit is reached.
///
/// Used on the event loop of the listening socket only.
struct ConnectionLimit: AvailableConnectionsDelegate {
  private let limit: Int
  private let listener: String
  private let logger: Logger
  private let reached: Counter
  private let open: Gauge
  private var count = 0
  private var isReached = false

  init(_ limit: Int, listener: String, logger: Logger) {
    self.limit = limit
    self.listener = listener
    self.logger = logger
    reached = Counter(ListenerMetric.acceptPaused, [("listener", listener)])
    open = Gauge(ListenerMetric.connections, [("listener", listener)])
  }

  mutating func connectionOpened() {
    count += 1
    open.record(count)
    guard count >= limit, !isReached else { return }
    isReached = true
    reached.increment()
    logger.warning(
      "the limit of connections is reached: new ones wait until others end",
      metadata: ["listener": "\(listener)", "connections": "\(limit)"])
  }

  mutating func connectionClosed() {
    count -= 1
    open.record(count)
    // Well below the limit, so that one that comes and goes at the limit is not told each time.
    if count <= limit - max(1, limit / 10) { isReached = false }
  }

  func isAcceptingNewConnections() -> Bool { count < limit }
}
