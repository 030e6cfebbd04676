internal import FoundationEssentials
internal import NIOCore
internal import Writing

/// The result as one page that needs nothing else: no script, no font, no picture from elsewhere.
struct Page {
  private let report: Report

  init(_ report: Report) { self.report = report }

  func write(_ path: String) throws(Unusable) {
    do {
      try Data(html().utf8).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw Unusable("cannot write the page \(path)", because: error)
    }
  }

  func html() -> String {
    let settings = report.settings
    let title = "\(settings.sale): \(settings.scheduleName)"
    let word = verdict
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
      <title>spike: \(escaped(title))</title><style>\(PageStyle.css)</style></head><body>
      <header><h1>\(escaped(settings.sale)) <small>\(escaped(settings.scheduleName))</small></h1>
      <span class="verdict \(word.style)">\(word.text)</span></header>
      <p>\(escaped(summary))</p>
      \(bottleneck)<section class="tiles">\(tiles)</section>
      <section class="charts">\(Charts(report).all.map { $0.html() }.joined())</section>
      <section class="tables">\(PageTables(report).html)</section>
      <footer><p>\(escaped(Bottleneck.rule))</p>
      <p>Latency counts from the time that the schedule set, whether or not the request could leave then: a stall of the
      server is not hidden by the requests that it kept from leaving. The row “from the time it was sent” is what a
      closed loop would have seen.</p></footer>
      </body></html>

      """
  }

  private var summary: String {
    let settings = report.settings
    let begun = Date(timeIntervalSince1970: Double(Instants(report).startUs) / 1_000_000)
    return "\(grouped(settings.schedule.requests)) requests in \(fixed(settings.schedule.duration.seconds, 1)) s, "
      + "\(grouped(settings.buyers)) buyers, \(grouped(settings.connections)) connections, "
      + "\(grouped(settings.eventLoops)) event loop\(settings.eventLoops == 1 ? "" : "s"), seed \(settings.seed), "
      + "begun \(begun.formatted(.iso8601))"
  }

  private var verdict: (text: String, style: String) {
    switch report.judgement?.verdict.outcome {
    case nil: ("not followed", "open")
    case .held?: ("all invariants held", "good")
    case .failed?: ("INVARIANTS VIOLATED", "bad")
    case .unchecked?: ("not everything could be checked", "open")
    }
  }

  private var bottleneck: String {
    let reasons = report.bottleneck.reasons
    guard !reasons.isEmpty else { return "" }
    return "<p class=\"warning\"><b>The generator was the bottleneck</b>, its own delay is in the latencies: "
      + "\(escaped(reasons.joined(separator: "; "))).</p>"
  }

  private var tiles: String {
    let load = report.load
    let latencies = Percentiles(load.tally.all)
    var tiles = [
      ("sent", grouped(load.tries), load.retries.sent > 0 ? "\(grouped(load.retries.sent)) of them tried again" : ""),
      ("answered 202", grouped(load.tally.count { $0 == 202 }), ""),
      ("other answers", grouped(load.tally.count { $0 > 0 && $0 != 202 }), ""),
      ("no answer", grouped(load.tally.count { $0 == 0 }), ""),
      ("latency p50", milliseconds(latencies.p50), "p99 \(milliseconds(latencies.p99))"),
    ]
    if let decisions = report.judgement?.follow.decisions, decisions.count > 0 {
      let delays = Percentiles(decisions.delays)
      tiles.append(("decided", grouped(decisions.count), ""))
      tiles.append(("decision delay p50", milliseconds(delays.p50), "p99 \(milliseconds(delays.p99))"))
    }
    if let line = Instants(report).lineSeconds {
      tiles.append(("the whole line", "\(fixed(line, 2)) s", "to the last decision"))
    }
    return tiles.map { "<div><span>\($0.0)</span><b>\($0.1)</b><span>\($0.2)</span></div>" }.joined()
  }
}
