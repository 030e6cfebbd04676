public import Metrics
import Synchronization
public import Vitals

/// Where the metrics of this process are kept, and their text for a Prometheus scraper.
///
/// Bootstrap swift-metrics with one (`MetricsSystem.bootstrap`). Timers become histograms in seconds, gauges and meters
/// gauges, recorders that aggregate histograms in their own unit; dimensions become labels, names are made valid. The
/// same name and dimensions always give the same time series. Making a metric takes a lock; updating one does not.
///
/// Beyond `Limits.metricSeries`, where a name is in use for another type, or where nobody said what it means, a metric
/// works but is not shown, and is counted in `penstock_metrics_series_refused_total`.
public final class PrometheusRegistry: MetricsFactory {
  private struct Family {
    var type: String
    var series: [Labels: Instrument] = [:]
  }

  private struct State {
    var families: [MetricName: Family] = [:]
    var seriesCount = 0
  }

  private let state = Mutex(State())
  private let refused = WholeCounter()
  private let process: ProcessMetrics
  private let help: [MetricName: String]

  /// An empty registry for the metrics of these catalogues.
  ///
  /// - Parameter version: this build's, shown as a label of `penstock_build_info`.
  public init(version: String, describing catalogues: [any MetricCatalogue.Type]) {
    process = ProcessMetrics(version: version)
    var help: [MetricName: String] = [:]
    for catalogue in catalogues { help.merge(Self.help(of: catalogue)) { first, _ in first } }
    self.help = help
  }

  private static func help<Catalogue: MetricCatalogue>(of _: Catalogue.Type) -> [MetricName: String] {
    Dictionary(
      Catalogue.allCases.map { (MetricName($0.rawValue), $0.help) }, uniquingKeysWith: { first, _ in first })
  }

  /// All metrics, and those of the process itself, in the text format 0.0.4.
  public func text() -> String {
    let state = self.state.withLock { $0 }
    var writer = ExpositionWriter()
    for (name, family) in state.families.sorted(by: { $0.key < $1.key }) {
      writer.header(name, type: family.type, help: help[name] ?? "")
      for (labels, instrument) in family.series.sorted(by: { $0.key < $1.key }) {
        writer.series(name, labels, instrument)
      }
    }
    process.write(to: &writer)
    writer.single(
      "penstock_metrics_series_refused_total", "counter", Double(refused.value),
      help: "Metrics made that are not shown here: past the bound, without a meaning, or a name with two types.")
    return writer.text
  }

  /// The `Content-Type` of `text()`.
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// The instrument of a name and dimensions: the existing one, or the one that `new` makes.
  private func instrument(
    _ label: String, _ dimensions: [(String, String)], _ new: () -> Instrument
  ) -> Instrument {
    let name = MetricName(label)
    let labels = Labels(dimensions)
    let made = new()
    let shown: Instrument? = state.withLock { state in
      var family = state.families[name] ?? Family(type: made.type)
      guard family.type == made.type, help[name] != nil else { return nil }
      if let instrument = family.series[labels] { return instrument }
      guard state.seriesCount < Limits.metricSeries else { return nil }
      family.series[labels] = made
      state.families[name] = family
      state.seriesCount += 1
      return made
    }
    if shown == nil { refused.increment(by: 1) }
    return shown ?? made
  }

  private func forget(_ handler: AnyObject) {
    state.withLock { state in
      for (name, family) in state.families {
        guard let labels = family.series.first(where: { $0.value.isSame(as: handler) })?.key else { continue }
        state.families[name]?.series[labels] = nil
        if family.series.count == 1 { state.families[name] = nil }
        state.seriesCount -= 1
        return
      }
    }
  }
}

extension PrometheusRegistry {
  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    if case .counter(let counter) = instrument(label, dimensions, { .counter(WholeCounter()) }) { return counter }
    return unshown(WholeCounter())
  }

  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    if case .fraction(let counter) = instrument(label, dimensions, { .fraction(FractionCounter()) }) { return counter }
    return unshown(FractionCounter())
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    gauge(label, dimensions)
  }

  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    aggregate ? histogram(label, dimensions, Limits.recorderBuckets) : gauge(label, dimensions)
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    histogram(label, dimensions, Vitals.Limits.durationBuckets)
  }

  public func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { forget(handler) }
  public func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
  public func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
  public func destroyTimer(_ handler: any TimerHandler) { forget(handler) }

  private func gauge(_ label: String, _ dimensions: [(String, String)]) -> Gauge {
    if case .gauge(let gauge) = instrument(label, dimensions, { .gauge(Gauge()) }) { return gauge }
    return unshown(Gauge())
  }

  private func histogram(_ label: String, _ dimensions: [(String, String)], _ bounds: [Double]) -> Histogram {
    if case .histogram(let found) = instrument(label, dimensions, { .histogram(Histogram(bounds: bounds)) }),
      found.bounds == bounds
    {
      return found
    }
    return unshown(Histogram(bounds: bounds))
  }

  /// For a name that is in use for the other kind of counter or for other buckets.
  private func unshown<Handler>(_ handler: Handler) -> Handler {
    refused.increment(by: 1)
    return handler
  }
}
