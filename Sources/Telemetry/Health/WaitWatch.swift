internal import HTTPServing
public import Logging
internal import Metrics
public import ServiceLifecycle
internal import Synchronization
internal import Time
public import Vitals

/// Looks at the waits of a process' parts: measures the longest of each kind, and logs when one begins to be too long
/// and when that is over.
public final class WaitWatch: Service {
  private struct Part {
    let name: String
    let waits: Waits
    let gauges: [Waits.Kind: Metrics.Gauge]
    var ledger = WaitLedger()
  }

  private let logger: Logger
  private let parts: Mutex<[Part]>

  /// A watch over the parts of these names.
  public init(_ parts: [String: Waits], logger: Logger) {
    self.logger = logger
    self.parts = Mutex(
      parts.sorted { $0.key < $1.key }.map { name, waits in
        let gauges = Waits.Kind.allCases.map { kind in
          (kind, Metrics.Gauge(TelemetryMetric.oldestWait, [("part", name), ("for", kind.rawValue)]))
        }
        return Part(name: name, waits: waits, gauges: Dictionary(uniqueKeysWithValues: gauges))
      })
  }

  /// Looks every `Limits.look` until graceful shutdown or cancellation.
  public func run() async {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        self.look()
        try? await Task.sleep(for: Limits.look)
      }
    }
  }

  /// Looks once.
  func look(at now: ContinuousClock.Instant = .now) {
    parts.withLock { parts in
      for index in parts.indices {
        let current = parts[index].waits.current
        for (kind, gauge) in parts[index].gauges {
          let oldest = current.first { $0.kind == kind }
          gauge.record(oldest.map { max(0, (now - $0.since).inSeconds) } ?? 0)
        }
        for news in parts[index].ledger.take(Overdue(current, at: now)) { log(news, of: parts[index].name) }
      }
    }
  }

  private func log(_ news: WaitLedger.News, of part: String) {
    switch news {
    case .overdue(let words): logger.warning("\(words)", metadata: ["part": "\(part)"])
    case .over(let words): logger.notice("\(words)", metadata: ["part": "\(part)"])
    }
  }
}

/// Decides what is news about overdue waits: that the first of a kind is, and that none is any more.
struct WaitLedger {
  enum News: Equatable {
    case overdue(String)
    case over(String)
  }

  private var known: Set<Waits.Kind> = []

  mutating func take(_ overdue: Overdue) -> [News] {
    Waits.Kind.allCases.compactMap { kind in
      if let words = overdue.clause(on: kind) { return known.insert(kind).inserted ? .overdue(words) : nil }
      return known.remove(kind) == nil ? nil : .over(kind.relief)
    }
  }
}
