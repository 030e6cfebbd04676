internal import Accounts
internal import FlashSale
internal import SaleStore
internal import Time

/// Bulk jobs: what one would do, how far each is, and one by itself.
enum JobsPage {
  static func list(_ frame: PageFrame, _ jobs: [AdminBulkJob], hasWaiting: Bool) -> HTML {
    let say = frame.say
    let heading = [
      "#", say(DeskWords.sale), say(DeskWords.action), say(DeskWords.state), say(DeskWords.written),
      say(DeskWords.startedBy), say(DeskWords.createdAt),
    ]
    let rows = jobs.map { job -> [HTML] in
      [
        "<a href=\"/admin/jobs/\(plain: job.id)\">\(job.id.grouped)</a>", "<code>\(job.sale)</code>",
        "\(say(DeskWords(job.action)))", state(say, job.state), "\(progress(say, job))", "\(job.startedBy)",
        "\(job.createdAt.dateAndTime) UTC",
      ]
    }
    let table: HTML =
      rows.isEmpty ? "<p class=\"soft\">\(say(DeskWords.noJobs))</p>" : frame.table(say(DeskWords.jobs), heading, rows)
    let isMoving = jobs.contains { $0.state == "running" }
    return PageLayout.html(
      frame, title: say(DeskWords.jobs),
      """
      <h1>\(say(DeskWords.jobs))</h1>\(frame.alert(hasWaiting ? say(DeskWords.waits) : nil))\
      \(frame.watched("jobs", isMoving: isMoving, "<section class=\"card\">\(table)</section>"))
      """)
  }

  static func one(_ frame: PageFrame, _ job: AdminBulkJob, canStop: Bool) -> HTML {
    let say = frame.say
    let facts: [(DeskWords, String)] = [
      (.sale, job.sale), (.action, say(DeskWords(job.action))), (.query, job.search), (.why, job.because),
      (.startedBy, job.startedBy), (.createdAt, "\(job.createdAt.dateAndTime) UTC"),
      (.written, progress(say, job)), (.skipped, job.skipped.grouped), (.refusedCommands, job.refused.grouped),
    ]
    let rows = facts.map { name, value -> HTML in
      "<tr><td class=\"words\">\(say(name))</td><td class=\"words\">\(value)</td></tr>\n"
    }
    let stop: HTML =
      canStop
      ? """
      <section class="card">\(frame.form(
        "/admin/jobs/\(job.id)/stop",
        "\(frame.field("because", say(DeskWords.why)))\(frame.button(say(DeskWords.stop), style: "danger"))"))</section>
      """ : ""
    let report: HTML = """
      <p><a href="/admin/sales/\(job.sale)?as_of=\(job.asOf)">\(say(ReportWords.reportThen))</a></p>
      """
    let result: HTML = """
      <p><a href="/admin/jobs/\(plain: job.id)/result.csv">\(say(DeskWords.resultFile))</a></p>
      """
    let part: HTML = """
      <div class="head"><h1>\(say(DeskWords.job, job.id.grouped))</h1>\(state(say, job.state))</div>\
      \(frame.alert(job.error.map(say.fault)))
      <section class="card"><table><tbody>\(rows)</tbody></table>
      \(report)\(frame.may(.export) ? result : .empty)</section>
      """
    return PageLayout.html(
      frame, title: say(DeskWords.job, job.id.grouped),
      refresh: job.state == "running" && frame.formToken.isEmpty && !frame.hasRefusedForm,
      """
      \(frame.watched("job", isMoving: job.state == "running", part))
      \(stop)
      """)
  }

  /// What a job would do, and the form that starts it.
  static func preview(_ frame: PageFrame, _ sale: String, _ preview: BulkPreview, search: String) -> HTML {
    let say = frame.say
    let matching = preview.matching.grouped
    let due: HTML =
      preview.due.isEmpty
      ? "" : "<p>\(say(DeskWords.refundDue)): \(preview.due.map(\.description).joined(separator: "; "))</p>"
    let more: HTML = preview.isComplete ? "" : "<p><b>\(say(DeskWords.notAll))</b></p>"
    let content: HTML = """
      <input type="hidden" name="action" value="\(preview.action)">\
      <input type="hidden" name="search" value="\(search)">\
      <input type="hidden" name="as_of" value="\(preview.asOf)">\
      <input type="hidden" name="expected" value="\(plain: preview.matching)">\(frame.commandKey)\
      \(frame.field("because", say(DeskWords.why)))\(frame.button(say(DeskWords.start)))
      """
    return PageLayout.html(
      frame, title: say(DeskWords.preview),
      """
      <h1>\(say(DeskWords.preview)): \(say(DeskWords(preview.action)))</h1>
      <section class="card"><p><b>\(say(DeskWords.matching, matching))</b>, \
      \(say(DeskWords.applicable, preview.applicable.grouped)) · \(say(DeskWords.units)): \(preview.units.grouped)</p>\
      <p class="soft small"><code>\(search)</code></p>\(due)\(more)
      <p>\(say(DeskWords.startAll, matching))</p>\(frame.form("/admin/sales/\(sale)/jobs", content))</section>
      """)
  }

  private static func progress(_ say: Phrasebook, _ job: AdminBulkJob) -> String {
    say(DeskWords.progress, job.written.grouped, job.commands.grouped, job.decided.grouped)
  }

  private static func state(_ say: Phrasebook, _ state: String) -> HTML {
    PageLayout.pill(state == "running" ? "open" : "closed", say(DeskWords(state: state)))
  }
}
