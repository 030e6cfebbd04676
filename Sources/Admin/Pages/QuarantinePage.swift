internal import Accounts
internal import FlashSale
internal import SaleStore
internal import Time

/// Records that could not be decided, and partitions that are halted.
enum QuarantinePage {
  static func list(_ frame: PageFrame, _ records: [AdminQuarantine], _ halted: [PartitionList.Entry]) -> HTML {
    let say = frame.say
    let heading = [
      say(DeskWords.record), say(DeskWords.error), say(DeskWords.sale), say(DeskWords.setAside), say(DeskWords.state),
    ]
    let rows = records.map { record -> [HTML] in
      [
        "<a href=\"\(path(record))\">\("\(record.partition)@\(record.offset)")</a>", found(say, record.error),
        "\(record.sale ?? "–")", "\(record.quarantinedAt.dateAndTime) UTC", "\(say(state(record)))",
      ]
    }
    let table: HTML =
      rows.isEmpty
      ? "<p class=\"soft\">\(say(DeskWords.noRecords))</p>" : frame.table(say(DeskWords.quarantine), heading, rows)
    var older: HTML = ""
    if records.count == SaleStore.quarantinedMost, let last = records.last {
      older = """
        <p><a rel="next" href="/admin/quarantine?after=\("\(last.partition)@\(last.offset)".percentEncoded)">\
        \(say(DeskWords.older))</a></p>
        """
    }
    return PageLayout.html(
      frame, title: say(DeskWords.quarantine),
      "<h1>\(say(DeskWords.quarantine))</h1>\(halts(frame, halted))<section class=\"card\">\(table)\(older)</section>")
  }

  /// What was found at each halted partition, what that means, and the form that lets it go on.
  private static func halts(_ frame: PageFrame, _ halted: [PartitionList.Entry]) -> HTML {
    guard !halted.isEmpty else { return .empty }
    let say = frame.say
    let parts = halted.map { entry -> HTML in
      let id = "at-\(entry.partition)"
      let action = "/admin/partitions/\(entry.partition)/resume"
      let own = frame.filling(action)
      let content: HTML = """
        <input type="hidden" name="halted_at" value="\(entry.haltedAt?.description ?? "")">\
        \(own.field("because", say(DeskWords.why), id: "because-\(entry.partition)"))\
        \(own.field(
          "at", say(DeskWords.nextOffset), id: id, hint: say(DeskWords.resumeHint), isNeeded: false))\
        \(frame.button(say(DeskWords.resume, "\(entry.partition)"), style: "danger"))
        """
      let form: HTML = frame.may(.operate) ? frame.form(action, content) : ""
      return """
        <h3>\(say(DeskWords.partition)) \(plain: entry.partition) · \(entry.haltedAt?.dateAndTime ?? "–") UTC</h3>
        <p><b>\(say(DeskWords.error)):</b> \(say.fault(entry.haltedReason ?? ""))</p>
        <p><b>\(say(DeskWords.whatItMeans)):</b> \(say(DeskWords.haltMeans))</p>\(form)

        """
    }
    return "<section class=\"card checks failed\"><h2>\(say(DeskWords.halts))</h2>\(parts)</section>"
  }

  static func one(_ frame: PageFrame, _ record: AdminQuarantine) -> HTML {
    let say = frame.say
    let place = "\(record.partition)@\(record.offset)"
    let isOpen = record.resolution == nil
    var decision: HTML = ""
    if isOpen, frame.may(.operate) {
      let forms = [("requeue", DeskWords.requeue, "main" as HTML), ("dismiss", .dismiss, "danger")].map {
        name, words, style -> HTML in
        let action = "\(path(record))/\(name)"
        let content: HTML = """
          \(frame.filling(action).field("because", say(DeskWords.why), id: "because-\(name)"))\
          \(frame.button(say(words), style: style))
          """
        return frame.form(action, content)
      }
      decision = "<section class=\"card pair\">\(forms)</section>"
    } else if let by = record.resolvedBy, let at = record.resolvedAt {
      let words = say(
        DeskWords.resolvedBy, say(state(record)), by, "\(at.dateAndTime) UTC", record.resolvedBecause ?? "")
      decision = "<section class=\"card\"><p>\(words)</p></section>"
    }
    return PageLayout.html(
      frame, title: "\(say(DeskWords.record)) \(place)",
      """
      <div class="head"><h1>\(say(DeskWords.record)) \(place)</h1>\
      \(PageLayout.pill(isOpen ? "open" : "closed", say(state(record))))</div>
      <section class="card"><div><b>\(say(DeskWords.error)):</b> \(found(say, record.error))</div>\
      <p class="soft small">\(record.sale ?? "–") · \(record.orderID ?? "–") · \
      \(record.quarantinedAt.dateAndTime) UTC</p>\
      \(content(frame, record))</section>
      \(decision)
      """)
  }

  /// What is in it, to those who may know the buyers that it names.
  private static func content(_ frame: PageFrame, _ record: AdminQuarantine) -> HTML {
    let say = frame.say
    guard let decoded = record.decoded else {
      return frame.may(.unmask)
        ? "<p><a href=\"\(path(record))?buyers=plain\">\(say(DeskWords.content))</a></p>" : ""
    }
    return """
      <h2>\(say(DeskWords.content))</h2>\(record.content.map { fields(say, $0) } ?? "<p>\(say.fault(decoded))</p>")\
      <p>\(say(DeskWords.key)): <code>\(record.key ?? "–")</code></p>
      <h3>\(say(DeskWords.fields))</h3><pre class="scroll" tabindex="0">\(record.fields.joined(separator: "\n"))</pre>
      <h3>\(say(DeskWords.bytes))</h3><pre class="scroll" tabindex="0">\(record.hex.joined(separator: "\n"))</pre>
      """
  }

  private static func fields(_ say: Phrasebook, _ content: DecodedRecord) -> HTML {
    let rows = content.values.map { value -> HTML in
      let text = value.field == .waits ? say(DeskWords.yes) : value.text
      return "<tr><th scope=\"row\">\(say(value.field))</th><td class=\"words\">\(text)</td></tr>\n"
    }
    let action = content.action.map { say($0) } ?? say(DeskWords.placing)
    return """
      <table class="facts"><tbody>
      <tr><th scope="row">\(say(DeskWords.action))</th><td class="words">\(action)</td></tr>
      \(rows)</tbody></table>
      """
  }

  /// What was found. What PostgreSQL said of it, and the statement, are folded away.
  private static func found(_ say: Phrasebook, _ error: String) -> HTML {
    // As `PostgresError` has it: what failed, a colon, and the rest.
    let parts = error.split(separator: ": ", maxSplits: 2)
    guard parts.count == 3, parts[0] == "PostgreSQL" else { return "\(say.fault(error))" }
    return """
      \(say.fault("PostgreSQL: \(parts[1])"))\
      <details><summary>\(say(DeskWords.answered))</summary><code lang="en">\(parts[2])</code></details>
      """
  }

  private static func path(_ record: AdminQuarantine) -> String {
    "/admin/quarantine/\(record.partition)/\(record.offset)"
  }

  private static func state(_ record: AdminQuarantine) -> DeskWords {
    switch record.resolution {
    case "requeued": .requeued
    case nil: .open
    default: .dismissed
    }
  }
}
