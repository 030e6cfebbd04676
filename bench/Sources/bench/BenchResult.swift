import Foundation

/// Everything that a run found, as it is kept.
struct BenchResult: Codable {
  enum Verdict: String, Codable {
    case reached
    case fallsShort = "falls_short"
    /// Nothing is asked for, or there is nothing to compare with yet.
    case reported
  }

  struct Figure: Codable {
    let name: String
    let unit: String
    let values: [Double]
  }

  struct Comparison: Codable {
    let name: String
    let reference: String
    /// For each round, this contestant's figure over its reference's.
    let ratios: [Double]
    /// What the median ratio must be, as people write it.
    let bound: String
    /// `nil` if nothing is asked for.
    let limit: Double?
    let verdict: Verdict
  }

  struct Breakdown: Codable {
    struct Part: Codable {
      let name: String
      let value: Double
    }

    let figure: String
    let parts: [Part]
  }

  struct Failure: Codable {
    let group: String
    let reason: String
  }

  let date: String
  let commit: String
  let isQuick: Bool
  let machine: Machine
  let figures: [Figure]
  let rows: [Comparison]
  /// The largest parts of some figures.
  let breakdowns: [Breakdown]
  let failures: [Failure]

  /// - Parameter earlier: the result that instructions are compared with.
  init(_ scores: Scores, commit: String, earlier: BenchResult?) {
    date = Date.now.formatted(.iso8601)
    self.commit = commit
    isQuick = scores.plan.isQuick
    machine = Machine.current()
    figures = scores.figures.map { Figure(name: $0.key, unit: $0.value.unit, values: $0.value.values) }
      .sorted { $0.name < $1.name }
    failures = scores.failures.map { Failure(group: $0.group, reason: $0.reason) }
    rows =
      scores.ratios.compactMap { Self.compare($0, scores.figures) }
      + scores.figures.keys.filter { $0.hasPrefix("instructions ") }.sorted().map { name in
        Self.compareCounts(name, scores.figures, earlier, .atMost(1.05))
      }
      + scores.figures.keys.filter { $0.hasPrefix("cost: ") }.sorted().map { name in
        Self.compareCounts(name, scores.figures, earlier, nil)
      }
      + scores.figures.keys.filter { $0.hasPrefix("allocations ") }.sorted().map { name in
        Self.compareCounts(name, scores.figures, earlier, nil)
      }
      + [Self.compareCounts(Stalls.figure, scores.figures, earlier, nil)]
    breakdowns = scores.parts.sorted { $0.key < $1.key }.map { figure, parts in
      Breakdown(figure: figure, parts: parts.map { Breakdown.Part(name: $0.name, value: $0.value) })
    }
  }

  func figure(_ name: String) -> Figure? { figures.first { $0.name == name } }

  private static func compare(_ row: Ratio, _ figures: [String: Scores.Figure]) -> Comparison? {
    guard let measured = figures[row.measured], let reference = figures[row.reference] else { return nil }
    let ratios = zip(measured.values, reference.values).map { $0 / $1 }
    return Comparison(name: row.name, reference: row.reference, ratios: ratios, row.bound)
  }

  /// Counts are compared with the last result that was kept; without a bound they are only reported.
  private static func compareCounts(
    _ name: String, _ figures: [String: Scores.Figure], _ earlier: BenchResult?, _ bound: Ratio.Bound?
  ) -> Comparison {
    let before = earlier?.figure(name)?.values.median ?? 0
    let ratios = before > 0 ? (figures[name]?.values ?? []).map { $0 / before } : []
    return Comparison(
      name: name, reference: before > 0 ? "the last result kept" : "no earlier result", ratios: ratios, bound)
  }
}

extension BenchResult.Comparison {
  fileprivate init(name: String, reference: String, ratios: [Double], _ bound: Ratio.Bound?) {
    self.name = name
    self.reference = reference
    self.ratios = ratios
    self.bound = bound?.text ?? "–"
    limit = bound?.limit
    verdict =
      if let bound, !ratios.isEmpty { bound.holds(for: ratios.median) ? .reached : .fallsShort } else { .reported }
  }
}

extension Ratio.Bound {
  var limit: Double {
    switch self {
    case .atLeast(let limit), .atMost(let limit): limit
    }
  }

  var text: String {
    switch self {
    case .atLeast(let limit): "≥ \(Text.ratio(limit))"
    case .atMost(let limit): "≤ \(Text.ratio(limit))"
    }
  }
}

/// Where it was measured: the first thing to look at when two results differ.
struct Machine: Codable {
  let processor: String
  let cores: Int
  let memoryGibibytes: Int
  let kernel: String

  static func current() -> Machine {
    let cpu = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let model = cpu.split(separator: "\n").first { $0.hasPrefix("model name") }
    let kernel = try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
    let information = ProcessInfo.processInfo
    return Machine(
      processor: model.map { String($0.drop { $0 != ":" }.dropFirst(2)) } ?? "unknown",
      cores: information.activeProcessorCount, memoryGibibytes: Int(information.physicalMemory >> 30),
      kernel: (kernel ?? "unknown").trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
