import Metrics
import Telemetry
import Testing
import Vitals

/// The metrics of a process, and their text.
@Suite struct PrometheusTests {
  private enum Sampled: String, MetricCatalogue {
    case requests = "penstock_intake_requests_total"
    case busy = "penstock_busy_seconds_total"
    case queue = "penstock_queue_records"
    case connections = "penstock_connections"
    case commit = "penstock_commit_seconds"
    case batch = "penstock_batch_records"
    case hostile = "9 bad-name.total"
    case c, f, t, many, gone

    var help: String { "one\\line\nonly" }
  }

  private let registry = PrometheusRegistry(version: "1.2.3\"\\", describing: [Sampled.self])

  /// A sample line, read back as a scraper does.
  private struct Sample: Equatable {
    var name: String
    var labels: [String: String]
    var value: Double
  }

  /// Reads the whole text; a line that is none of the format fails the test.
  private func samples() throws -> [Sample] {
    try registry.text().split(separator: "\n").compactMap { line -> Sample? in
      if line.hasPrefix("#") {
        #expect(line.wholeMatch(of: /# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .*/) != nil, "\(line)")
        return nil
      }
      let match = try #require(
        line.wholeMatch(of: /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/), "\(line)")
      var labels: [String: String] = [:]
      for label in (match.output.2 ?? "").matches(of: /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/) {
        labels[String(label.output.1)] = String(label.output.2)
          .replacing("\\\\", with: "\u{0}").replacing("\\n", with: "\n").replacing("\\\"", with: "\"")
          .replacing("\u{0}", with: "\\")
      }
      let text = match.output.3.replacing("+Inf", with: "inf")
      return Sample(name: String(match.output.1), labels: labels, value: try #require(Double(text)))
    }
  }

  private func value(_ name: String, _ labels: [String: String] = [:]) throws -> Double? {
    try samples().first { $0.name == name && $0.labels == labels }?.value
  }

  @Test func `each kind of metric is written in its form and read back`() throws {
    Counter(label: "penstock_intake_requests_total", dimensions: [("code", "202")], factory: registry).increment(by: 5)
    FloatingPointCounter(label: "penstock_busy_seconds_total", factory: registry).increment(by: 0.25)
    Gauge(label: "penstock_queue_records", factory: registry).record(7)
    let meter = Meter(label: "penstock_connections", factory: registry)
    meter.set(10)
    meter.decrement(by: 2.5)
    let timer = Timer(label: "penstock_commit_seconds", factory: registry)
    for milliseconds in [1, 2, 300, 60_000] { timer.recordMilliseconds(milliseconds) }
    let batch = Recorder(label: "penstock_batch_records", factory: registry)
    batch.record(3)
    batch.record(1_000_000)

    #expect(try value("penstock_intake_requests_total", ["code": "202"]) == 5)
    #expect(try value("penstock_busy_seconds_total") == 0.25)
    #expect(try value("penstock_queue_records") == 7)
    #expect(try value("penstock_connections") == 7.5)
    #expect(try value("penstock_commit_seconds_bucket", ["le": "0.001"]) == 1)
    #expect(try value("penstock_commit_seconds_bucket", ["le": "0.0025"]) == 2)
    #expect(try value("penstock_commit_seconds_bucket", ["le": "10"]) == 3)
    #expect(try value("penstock_commit_seconds_bucket", ["le": "+Inf"]) == 4)
    #expect(try value("penstock_commit_seconds_count") == 4)
    #expect(try value("penstock_commit_seconds_sum") == 60.303)
    #expect(try value("penstock_batch_records_bucket", ["le": "5"]) == 1)
    #expect(try value("penstock_batch_records_count") == 2)
    let text = registry.text()
    for (name, type) in [
      ("penstock_intake_requests_total", "counter"), ("penstock_busy_seconds_total", "counter"),
      ("penstock_queue_records", "gauge"), ("penstock_connections", "gauge"),
      ("penstock_commit_seconds", "histogram"), ("penstock_batch_records", "histogram"),
    ] { #expect(text.contains("# TYPE \(name) \(type)\n")) }
  }

  @Test func `the process tells about itself`() throws {
    #expect(try #require(try value("process_resident_memory_bytes")) > 1_000_000)
    #expect(try #require(try value("process_open_fds")) > 2)
    #expect(try #require(try value("process_max_fds")) >= #require(try value("process_open_fds")))
    #expect(
      try #require(try value("process_virtual_memory_bytes")) > #require(try value("process_resident_memory_bytes")))
    #expect(try #require(try value("process_threads")) >= 1)
    #expect(try #require(try value("process_cpu_seconds_total")) > 0)
    #expect(try #require(try value("process_uptime_seconds")) >= 0)
    #expect(try value("penstock_build_info", ["version": "1.2.3\"\\"]) == 1)
  }

  @Test func `names are made valid and any label value survives`() throws {
    let hostile = "a\"b\\c\nd}{,= 双"
    Counter(
      label: "9 bad-name.total", dimensions: [("kéy-1", hostile), ("le", "x"), ("__own", "y")], factory: registry
    )
    .increment()
    #expect(
      try value("_9_bad_name_total", ["k_y_1": hostile, "exported_le": "x", "exported___own": "y"]) == 1)
    #expect(registry.text().contains("# HELP _9_bad_name_total one\\\\line\\nonly\n# TYPE _9_bad_name_total counter\n"))
  }

  @Test func `the same name and dimensions are one series, in whatever order`() throws {
    Counter(label: "c", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
    Counter(label: "c", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment()
    #expect(try value("c", ["a": "1", "b": "2"]) == 2)
    #expect(try samples().filter { $0.name == "c" }.count == 1)
  }

  @Test func `a counter never falls, and no observation is lost between threads`() async throws {
    let counter = Counter(label: "c", factory: registry)
    counter.increment(by: -5)
    let fraction = FloatingPointCounter(label: "f", factory: registry)
    let timer = Timer(label: "t", factory: registry)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<20_000 {
            counter.increment()
            fraction.increment(by: 0.5)
            timer.recordNanoseconds(1_000_000_000)
          }
        }
      }
    }
    #expect(try value("c") == 160_000)
    #expect(try value("f") == 80_000)
    #expect(try value("t_count") == 160_000)
    #expect(try value("t_sum") == 160_000)
    #expect(try value("t_bucket", ["le": "1"]) == 160_000)
    #expect(try value("t_bucket", ["le": "0.5"]) == 0)
  }

  @Test func `I11: series past the bound, and a name with two types, work but are not shown`() throws {
    for index in 0..<Telemetry.Limits.metricSeries + 10 {
      Counter(label: "many", dimensions: [("i", "\(index)")], factory: registry).increment()
    }
    let lines = registry.text().split(separator: "\n")
    #expect(lines.count { $0.hasPrefix("many{") } == Telemetry.Limits.metricSeries)
    #expect(lines.contains("penstock_metrics_series_refused_total 10"))
    Gauge(label: "many", factory: registry).record(1)
    #expect(registry.text().contains("penstock_metrics_series_refused_total 11\n"))
  }

  @Test func `a metric without a meaning works but is not shown`() throws {
    Counter(label: "meaningless_total", factory: registry).increment()
    #expect(!registry.text().contains("meaningless"))
    #expect(registry.text().contains("penstock_metrics_series_refused_total 1\n"))
  }

  @Test func `a histogram takes what was counted elsewhere`() throws {
    let timer = try #require(registry.makeTimer(label: "t", dimensions: []) as? any CountedTimer)
    var counts = [Int](repeating: 0, count: Vitals.Limits.durationBuckets.count + 1)
    counts[0] = 3
    counts[counts.count - 1] = 1
    timer.add(counts, seconds: 20.5)
    #expect(try value("t_bucket", ["le": "0.0005"]) == 3)
    #expect(try value("t_bucket", ["le": "10"]) == 3)
    #expect(try value("t_count") == 4)
    #expect(try value("t_sum") == 20.5)
  }

  @Test func `a destroyed metric is gone and makes room`() throws {
    let counter = Counter(label: "gone", factory: registry)
    counter.increment()
    counter.destroy()
    #expect(try value("gone") == nil)
    #expect(!registry.text().contains("gone"))
    Gauge(label: "gone", factory: registry).record(3)
    #expect(try value("gone") == 3)
  }
}
