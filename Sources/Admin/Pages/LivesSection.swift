internal import SaleStore

/// The part of a report's page that is about the lives of orders; empty for a sale that has none.
enum LivesSection {
  static func html(_ say: Phrasebook, _ report: SaleReport) -> HTML {
    let tables = LivesTable.all(report, say).map { table -> HTML in
      let head = (table.rows.first ?? []).map { cell -> HTML in "<th scope=\"col\">\(cell)</th>" }
      let rows = table.rows.dropFirst().map { row -> HTML in
        let cells = row.map { cell -> HTML in "<td>\(cell)</td>" }
        return "<tr>\(cells)</tr>\n"
      }
      return """
        <section class="card"><h2>\(table.title)</h2>\
        <div class="scroll" tabindex="0" role="region" aria-label="\(table.title)">\
        <table><thead><tr>\(head)</tr></thead><tbody>
        \(rows)</tbody></table></div></section>

        """
    }
    return "\(tables)"
  }
}
