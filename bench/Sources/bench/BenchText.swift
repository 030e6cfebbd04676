import Writing

extension BenchResult {
  /// For a terminal.
  var text: String {
    let heading = ["", "median (min–max)", "reference", "median", "ratio (min–max)", "must be", ""]
    var table = Table(leftAligned: heading.count, heading)
    for row in rows {
      let (measured, reference) = (figure(row.name), figure(row.reference))
      table.add([
        row.name, measured.map(Text.spread) ?? "", row.reference, reference.map { Text.figure($0.values.median) } ?? "",
        Text.ratios(row.ratios), row.bound, Text.verdict(row.verdict),
      ])
    }
    var text = "\n" + table.text
    for failure in failures { text += "\nnot measured: \(failure.group): \(failure.reason)\n" }
    return text + "\n\(date), commit \(commit), \(machine.cores) × \(machine.processor), Linux \(machine.kernel)\n"
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
