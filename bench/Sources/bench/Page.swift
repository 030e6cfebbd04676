import Writing

/// The result as one page without a script, with a chart for each row.
enum Page {
  static func html(of result: BenchResult) -> String {
    let machine = result.machine
    return """
      <!doctype html>
      <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Penstock, measured \(result.date.prefix(10))</title>
      <style>\(style)</style>
      <h1>Penstock beside its references</h1>
      <p>\(result.date) · commit \(escaped(result.commit)) · \(machine.cores) × \(escaped(machine.processor)), \
      \(machine.memoryGibibytes) GiB, Linux \(escaped(machine.kernel))\(result.isQuick ? " · quick" : "")</p>
      <p>Each ratio is the median over the rounds of one run, in which a row and its reference take turns. The line
      marks the ratio that is asked for; each dot is a round.</p>
      \(result.failures.map { "<p class=\"short\">Not measured: \(escaped($0.group)): \(escaped($0.reason))</p>" }
        .joined(separator: "\n"))
      <table>
      <tr><th>Row<th>Measured<th>Reference<th>Ratio<th><th>Must be<th>
      \(result.rows.map { row(of: $0, in: result) }.joined(separator: "\n"))
      </table>
      \(result.breakdowns.map(breakdown).joined(separator: "\n"))
      </html>

      """
  }

  private static func row(of row: BenchResult.Comparison, in result: BenchResult) -> String {
    // A range stays on one line: the word joiner after its dash forbids the break there.
    func spread(_ name: String) -> String? {
      result.figure(name).map { escaped(Text.spread($0)).replacing("–", with: "–\u{2060}") }
    }
    let measured = spread(row.name) ?? "–"
    let reference = spread(row.reference).map { "<br>\($0)" } ?? ""
    let isShort = row.verdict == .fallsShort
    return """
      <tr\(isShort ? " class=\"short\"" : "")><th>\(escaped(row.name))<td>\(measured)\
      <td>\(escaped(row.reference))\(reference)<td>\(row.ratios.isEmpty ? "–" : Text.ratio(row.ratios.median))\
      <td>\(chart(of: row))<td>\(row.bound)<td>\(Text.verdict(row.verdict))
      """
  }

  /// A bar up to the median ratio, a line at the one that is asked for, a dot for each round.
  private static func chart(of row: BenchResult.Comparison) -> String {
    guard let most = row.ratios.max() else { return "" }
    let width = 240.0
    let scale = width / (max(most, row.limit ?? 0) * 1.1)
    func x(_ ratio: Double) -> String { "\(Int((ratio * scale).rounded()))" }
    let dots = row.ratios.map { "<circle cx=\"\(x($0))\" cy=\"12\" r=\"3\"/>" }.joined()
    return """
      <svg viewBox="0 0 \(Int(width)) 24" width="\(Int(width))" height="24" role="img" \
      aria-label="ratio \(Text.ratio(row.ratios.median)), must be \(row.bound)">\
      <rect y="5" height="14" width="\(x(row.ratios.median))"/>\(dots)\
      \(row.limit.map { "<line x1=\"\(x($0))\" x2=\"\(x($0))\" y1=\"0\" y2=\"24\"/>" } ?? "")</svg>
      """
  }

  /// The largest parts of a figure, such as who allocates, without those that would read 0.00.
  private static func breakdown(_ breakdown: BenchResult.Breakdown) -> String {
    let rows = breakdown.parts.filter { $0.value >= 0.005 }.map { part in
      "<tr><th>\(escaped(part.name))<td>\(Text.figure(part.value))"
    }
    return "<h2>\(escaped(breakdown.figure)), the largest</h2>\n<table>\n\(rows.joined(separator: "\n"))\n</table>"
  }

  private static let style = """
    :root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --bar: #9cc3e6; --dot: #1f5f99; \
    --line: #c2410c; --rule: #d8dee6; --paper: #fff; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa7b8; --bar: #2c5b86; \
    --dot: #9fd0ff; --line: #fb923c; --rule: #333d4a; --paper: #12171e; } }
    body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto; \
    max-width: 75rem; padding: 0 1rem; }
    p { color: var(--soft); }
    table { border-collapse: collapse; width: 100%; }
    th, td { text-align: left; padding: .45rem .6rem; border-bottom: 1px solid var(--rule); font-weight: normal; \
    vertical-align: middle; font-variant-numeric: tabular-nums; }
    td:nth-child(n + 4) { white-space: nowrap; }
    table:first-of-type tr:first-child th { color: var(--soft); font-size: .85rem; }
    tr > th:first-child { font-weight: 600; overflow-wrap: anywhere; }
    .short td:last-child, p.short { color: var(--line); font-weight: 600; }
    rect { fill: var(--bar); } circle { fill: var(--dot); } line { stroke: var(--line); stroke-width: 2; }
    """
}
