internal import Accounts
internal import Time

/// The audits of all admin processes, and the form that starts one.
enum AuditPage {
  static func html(_ frame: PageFrame, _ audits: [AuditDesk.Audit]) -> HTML {
    let say = frame.say
    let fields: HTML = "\(frame.field("reason", say(DeskWords.why)))\(frame.button(say(DeskWords.startAudit)))"
    let start: HTML = frame.may(.operate) ? frame.form("/admin/audits", fields) : ""
    let parts = audits.map { card(say, $0) }
    let isMoving = audits.contains { $0.state == "running" }
    let none: HTML = "<p class=\"soft\">\(say(DeskWords.noAudits))</p>"
    return PageLayout.html(
      frame, title: say(DeskWords.audits), refresh: isMoving && frame.formToken.isEmpty,
      """
      <h1>\(say(DeskWords.audits))</h1>
      <section class="card"><p>\(say(DeskWords.auditHint))</p>\(start)\(audits.isEmpty ? none : "")</section>
      \(frame.watched("audits", isMoving: isMoving, "\(parts)"))
      """)
  }

  private static func card(_ say: Phrasebook, _ audit: AuditDesk.Audit) -> HTML {
    let isRunning = audit.state == "running"
    let total = audit.total == 0 ? "?" : audit.total.grouped
    let phase: HTML =
      isRunning ? "<p>\(say(DeskWords.phase, say.fault(audit.phase), audit.done.grouped, total))</p>" : ""
    let report: HTML = audit.report.map { "<h3>\(say(DeskWords.report))</h3>\(blocks(say, AuditLines($0)))" } ?? ""
    let verdict: HTML = audit.verdict.map { "<p>\(say(DeskWords.verdict)): <b>\(say.fault($0))</b></p>" } ?? ""
    let silent: HTML = audit.state == "not_ended" ? "<p class=\"doubt\">\(say(DeskWords.notEndedHint))</p>" : ""
    let error: HTML = audit.error.map { "<p class=\"bad\">\(say.fault($0))</p>" } ?? ""
    return """
      <section class="card"><div class="head"><h2>\(say(DeskWords.audit, "\(audit.id)"))</h2>\
      \(PageLayout.pill(isRunning ? "open" : "closed", say(DeskWords(state: audit.state))))</div>
      <p class="soft small">\(audit.startedAt.dateAndTime) UTC · \(audit.startedBy)</p>\(phase)\(silent)\
      \(verdict)\(error)\(report)
      </section>

      """
  }

  /// The counts of a part in a table, its sentences below.
  private static func blocks(_ say: Phrasebook, _ lines: AuditLines) -> [HTML] {
    lines.blocks.map { block in
      let parts = block.map { line -> (row: HTML, sentence: HTML) in
        switch line {
        case .count(let name, let number, let isPart):
          let part: HTML = isPart ? " class=\"sub\"" : ""
          return ("<tr><td\(part)>\(say.counted(name))</td><td>\(number.grouped)</td></tr>\n", "")
        case .sentence(let place, let words):
          let place: HTML = place.isEmpty ? "" : "<code>\(place)</code> "
          return ("", "<p>\(place)\(say.finding(words))</p>\n")
        }
      }
      let table: HTML =
        block.contains { if case .count = $0 { true } else { false } }
        ? "<table class=\"counts\"><tbody>\n\(parts.map(\.row))</tbody></table>\n" : ""
      return "\(table)\(parts.map(\.sentence))"
    }
  }
}
