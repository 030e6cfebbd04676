public import Metrics

/// The metrics of a module, a case for each: none can be made that has no meaning, because the compiler asks for it.
///
/// A metric that is made otherwise is not shown (`PrometheusRegistry`), and no source of ours makes one (TidyTests).
public protocol MetricCatalogue: CaseIterable, RawRepresentable<String>, Sendable {
  /// What it counts or measures, in words; the `# HELP` line.
  var help: String { get }
}

extension Counter {
  /// Where nothing else is said, of the process' own registry.
  public convenience init(
    _ metric: some MetricCatalogue, _ dimensions: [(String, String)] = [],
    factory: any MetricsFactory = MetricsSystem.factory
  ) {
    self.init(label: metric.rawValue, dimensions: dimensions, factory: factory)
  }
}

extension Gauge {
  /// A gauge of the process' own registry.
  public convenience init(
    _ metric: some MetricCatalogue, _ dimensions: [(String, String)] = [],
    factory: any MetricsFactory = MetricsSystem.factory
  ) {
    self.init(label: metric.rawValue, dimensions: dimensions, factory: factory)
  }
}

extension Recorder {
  /// A histogram of sizes, in the process' own registry.
  public static func sizes(_ metric: some MetricCatalogue) -> Recorder {
    Recorder(label: metric.rawValue, aggregate: true)
  }
}

extension Timer {
  /// A histogram of durations, in the process' own registry.
  public convenience init(_ metric: some MetricCatalogue, _ dimensions: [(String, String)] = []) {
    self.init(label: metric.rawValue, dimensions: dimensions)
  }
}
