/// The result as lines for a terminal.
enum Table {
  static func text(of result: BenchResult) -> String {
    var lines = [["", "median (min–max)", "reference", "median", "ratio (min–max)", "must be", ""]]
    for row in result.rows {
      let (measured, reference) = (result.figure(row.name), result.figure(row.reference))
      lines.append([
        row.name, measured.map(Text.spread) ?? "", row.reference, reference.map { Text.figure($0.values.median) } ?? "",
        Text.ratios(row.ratios), row.bound, Text.verdict(row.verdict),
      ])
    }
    let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    var text = "\n"
    for line in lines {
      text += zip(line, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ") + "\n"
    }
    for failure in result.failures { text += "\nnot measured: \(failure.group): \(failure.reason)\n" }
    let machine = result.machine
    return text
      + "\n\(result.date), commit \(result.commit), \(machine.cores) × \(machine.processor), Linux \(machine.kernel)\n"
  }
}

extension Text {
  static func ratio(_ value: Double) -> String { figure(value) }

  /// `1,234 (1,200–1,300) requests/s`
  static func spread(_ figure: BenchResult.Figure) -> String {
    let (least, most) = (figure.values.min() ?? 0, figure.values.max() ?? 0)
    return "\(Text.figure(figure.values.median)) (\(Text.figure(least))–\(Text.figure(most))) \(figure.unit)"
  }

  static func ratios(_ ratios: [Double]) -> String {
    guard let least = ratios.min(), let most = ratios.max() else { return "–" }
    return "\(ratio(ratios.median)) (\(ratio(least))–\(ratio(most)))"
  }

  static func verdict(_ verdict: BenchResult.Verdict) -> String {
    switch verdict {
    case .reached: "reached"
    case .fallsShort: "FALLS SHORT"
    case .reported: "reported"
    }
  }
}
