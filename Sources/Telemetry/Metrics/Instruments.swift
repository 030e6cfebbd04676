internal import Metrics
import Synchronization
internal import Vitals

// The storage of this process's metrics. Every update is one or a few atomic instructions and takes no lock, so the hot
// path may use them. Relaxed ordering is enough: a count publishes nothing else.

/// A count of whole things that only grows. It wraps after 2^63: at 10^9 a second, in 292 years.
final class WholeCounter: CounterHandler {
  private let count = Atomic<Int64>(0)

  var value: Int64 { count.load(ordering: .relaxed) }

  func increment(by amount: Int64) {
    // A counter that falls would look like a restart to Prometheus.
    guard amount > 0 else { return }
    count.wrappingAdd(amount, ordering: .relaxed)
  }

  func reset() { count.store(0, ordering: .relaxed) }
}

/// A number that any thread sets or adds to.
final class Number: Sendable {
  private let bits = Atomic<UInt64>((0.0).bitPattern)

  var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

  func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

  func add(_ amount: Double) {
    var old = bits.load(ordering: .relaxed)
    while true {
      let new = (Double(bitPattern: old) + amount).bitPattern
      let (exchanged, found) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
      if exchanged { return }
      old = found
    }
  }
}

/// A sum of fractions that only grows.
final class FractionCounter: FloatingPointCounterHandler {
  private let sum = Number()

  var value: Double { sum.value }

  func increment(by amount: Double) {
    guard amount > 0, amount.isFinite else { return }
    sum.add(amount)
  }

  func reset() { sum.set(0) }
}

/// A value that goes up and down: a meter, or a recorder that does not aggregate (a gauge).
final class Gauge: MeterHandler, RecorderHandler {
  private let number = Number()

  var value: Double { number.value }

  func set(_ value: Int64) { number.set(Double(value)) }
  func set(_ value: Double) { number.set(value) }
  func increment(by amount: Double) { number.add(amount) }
  func decrement(by amount: Double) { number.add(-amount) }
  func record(_ value: Int64) { number.set(Double(value)) }
  func record(_ value: Double) { number.set(value) }
}

/// Counts of observations in fixed buckets, and their sum: a timer (in seconds), or a recorder that aggregates.
final class Histogram: CountedTimer, RecorderHandler {
  /// Upper bounds, ascending; one more bucket takes what lies above the last.
  let bounds: [Double]
  private let buckets: [WholeCounter]
  private let total = Number()

  init(bounds: [Double]) {
    self.bounds = bounds
    buckets = (0...bounds.count).map { _ in WholeCounter() }
  }

  var sum: Double { total.value }

  /// The observations at or below each bound, and at last all of them.
  var cumulative: [Int64] {
    var count: Int64 = 0
    return buckets.map { bucket in
      count += bucket.value
      return count
    }
  }

  func record(_ value: Double) {
    // NaN belongs to no bucket and would spoil the sum for good.
    guard !value.isNaN else { return }
    buckets[bounds.firstIndex { value <= $0 } ?? bounds.count].increment(by: 1)
    total.add(value)
  }

  func add(_ counts: [Int], seconds: Double) {
    for (bucket, count) in zip(buckets, counts) { bucket.increment(by: Int64(count)) }
    total.add(seconds)
  }

  func record(_ value: Int64) { record(Double(value)) }
  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}

/// One time series' storage, by Prometheus' name of its type.
enum Instrument: Sendable {
  case counter(WholeCounter)
  case fraction(FractionCounter)
  case gauge(Gauge)
  case histogram(Histogram)

  /// The word of the `# TYPE` line.
  var type: String {
    switch self {
    case .counter, .fraction: "counter"
    case .gauge: "gauge"
    case .histogram: "histogram"
    }
  }

  /// Whether a handler that swift-metrics returns is this one.
  func isSame(as handler: AnyObject) -> Bool {
    switch self {
    case .counter(let counter): counter === handler
    case .fraction(let counter): counter === handler
    case .gauge(let gauge): gauge === handler
    case .histogram(let histogram): histogram === handler
    }
  }
}
