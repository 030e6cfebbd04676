// The Prometheus text format, version 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).

/// A metric's name, made of what the format allows: `[a-zA-Z_:][a-zA-Z0-9_:]*`. Anything else becomes `_`.
struct MetricName: Hashable, Sendable, Comparable {
  let text: String

  init(_ label: String) { text = sanitised(label, colons: true) }

  static func < (a: Self, b: Self) -> Bool { a.text < b.text }
}

/// The labels of one time series, by name. Names are made of `[a-zA-Z_][a-zA-Z0-9_]*`; values are any text.
struct Labels: Hashable, Sendable, Comparable {
  private let pairs: [Pair]

  private struct Pair: Hashable, Sendable {
    var name: String
    var value: String
  }

  /// Of two dimensions with one name the later one counts, as in a dictionary. `le` is a histogram's own label, and
  /// names that begin with two underscores are Prometheus' own: both get a prefix.
  init(_ dimensions: [(String, String)]) {
    var values: [String: String] = [:]
    for (name, value) in dimensions {
      let name = sanitised(name, colons: false)
      values[name == "le" || name.hasPrefix("__") ? "exported_\(name)" : name] = value
    }
    pairs = values.map { Pair(name: $0.key, value: $0.value) }.sorted { $0.name < $1.name }
  }

  static func < (a: Self, b: Self) -> Bool {
    a.pairs.lexicographicallyPrecedes(b.pairs) { ($0.name, $0.value) < ($1.name, $1.value) }
  }

  /// `{a="1",b="2"}`, with `le` as the last one if it is given; empty without labels.
  func text(le bound: String? = nil) -> String {
    var parts = pairs.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
    if let bound { parts.append("le=\"\(bound)\"") }
    return parts.isEmpty ? "" : "{\(parts.joined(separator: ","))}"
  }
}

/// Writes families of time series.
struct ExpositionWriter {
  private(set) var text = ""

  /// The lines that come before a family's samples.
  mutating func header(_ name: MetricName, type: String, help: String?) {
    if let help { text += "# HELP \(name.text) \(escaped(help, quotes: false))\n" }
    text += "# TYPE \(name.text) \(type)\n"
  }

  /// A family of one series, with its header.
  mutating func single(_ name: String, _ type: String, _ value: Double, help: String, labels: Labels = Labels([])) {
    let name = MetricName(name)
    header(name, type: type, help: help)
    sample(name.text, labels.text(), number(value))
  }

  /// All samples of one time series.
  mutating func series(_ name: MetricName, _ labels: Labels, _ instrument: Instrument) {
    switch instrument {
    case .counter(let counter): sample(name.text, labels.text(), String(counter.value))
    case .fraction(let counter): sample(name.text, labels.text(), number(counter.value))
    case .gauge(let gauge): sample(name.text, labels.text(), number(gauge.value))
    case .histogram(let histogram):
      let sum = histogram.sum
      let counts = histogram.cumulative
      let bounds = histogram.bounds.map(number) + ["+Inf"]
      for (bound, count) in zip(bounds, counts) {
        sample("\(name.text)_bucket", labels.text(le: bound), String(count))
      }
      sample("\(name.text)_sum", labels.text(), number(sum))
      // The last bucket and the count must agree, so the count is not kept apart.
      sample("\(name.text)_count", labels.text(), String(counts[counts.count - 1]))
    }
  }

  private mutating func sample(_ name: String, _ labels: String, _ value: String) {
    text += "\(name)\(labels) \(value)\n"
  }
}

/// A number as Go's ParseFloat reads it.
private func number(_ value: Double) -> String {
  if value.isNaN { return "NaN" }
  if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
  if let whole = Int64(exactly: value) { return String(whole) }
  return String(value)
}

private func sanitised(_ name: String, colons: Bool) -> String {
  var text = String(
    name.unicodeScalars.map { scalar -> Character in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "_": Character(scalar)
      case ":" where colons: ":"
      default: "_"
      }
    })
  if text.first?.isNumber ?? true { text = "_" + text }
  return text
}

/// Backslash and line feed are escaped everywhere, the double quote in label values only.
private func escaped(_ text: String, quotes: Bool) -> String {
  var escaped = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\\": escaped += "\\\\"
    case "\n": escaped += "\\n"
    case "\"" where quotes: escaped += "\\\""
    default: escaped.unicodeScalars.append(scalar)
    }
  }
  return escaped
}
