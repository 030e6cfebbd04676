internal import FlashSale
internal import SaleStore

/// A report beside that of another sale, and the form that asks for it.
enum ComparisonSection {
  static func html(_ say: Phrasebook, _ comparison: ReportComparison, _ now: SaleReport, _ then: SaleReport) -> HTML {
    let rows = comparison.rows.map { row -> HTML in
      """
      <tr><th scope="row">\(row.name)</th><td>\(row.now)</td><td>\(row.then)</td><td>\(row.change)</td></tr>

      """
    }
    return """
      <section class="card" id="comparison"><h2>\(say(ComparisonWords.beside))</h2><div class="scroll" tabindex="0" \
      role="region" aria-label="\(say(ComparisonWords.comparison))"><table><thead><tr>\
      <th scope="col">\(say(ComparisonWords.what))</th>\
      <th scope="col">\(now.name)</th>\
      <th scope="col"><a href="/admin/sales/\(then.sale.rawValue)">\(then.name)</a></th>\
      <th scope="col">\(say(ComparisonWords.change))</th></tr></thead><tbody>
      \(rows)</tbody></table></div>
      <p class="small screen"><a href="/admin/sales/\(now.sale.rawValue)">\(say(ComparisonWords.without))</a></p>\
      </section>
      """
  }

  static func form(_ say: Phrasebook, _ sale: SaleID) -> HTML {
    """
    <section class="card screen"><h2>\(say(ComparisonWords.compareWith))</h2>\
    <form class="fields" method="get" \
    action="/admin/sales/\(sale.rawValue)#comparison"><label for="with">\(say(ComparisonWords.earlierID))</label>\
    <input id="with" name="with" required maxlength="64" autocomplete="off" spellcheck="false">\
    <button type="submit">\(say(ComparisonWords.compare))</button></form></section>
    """
  }
}
