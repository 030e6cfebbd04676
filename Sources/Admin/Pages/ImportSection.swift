internal import FlashSale

/// SKUs from a file, on the forms of a sale.
enum ImportSection {
  /// Where a file is chosen. It is the last part of its form: what is too long is cut off behind the other fields.
  static func chooser(_ frame: PageFrame, action: String) -> HTML {
    let say = frame.say
    return """
      <fieldset><legend>\(say(ImportWords.legend))</legend><label class="field" for="file">\
      <span>\(say(ImportWords.file))</span><span class="soft small">\(say(ImportWords.hint))</span>\
      <input type="file" id="file" name="file" accept=".csv,.tsv,.txt,text/csv"></label>\
      <button type="submit" id="check-file" formaction="\(action)/import" formenctype="multipart/form-data" \
      formnovalidate>\(say(ImportWords.check))</button></fieldset>
      """
  }

  /// What a file would change, or what is wrong with it.
  static func html(_ frame: PageFrame, _ found: SKUImport) -> HTML {
    found.faultCount == 0 ? changes(frame, found) : faults(frame, found)
  }

  private static func faults(_ frame: PageFrame, _ found: SKUImport) -> HTML {
    let say = frame.say
    let rows = found.faults.map { fault -> [HTML] in
      let value: HTML = fault.value.map { "<code>\($0)</code>" } ?? ""
      return ["\(fault.place(say))", value, "\(fault.words(say))"]
    }
    let more: HTML =
      found.faultCount > rows.count ? "<p>\(say(ImportWords.moreFaults, rows.count.grouped))</p>" : ""
    let heading = [say(ImportWords.place), say(ImportWords.value), say(ImportWords.what)]
    return """
      <section class="card" id="import"><p class="alert" role="alert">\
      \(say(ImportWords.faultCount, found.faultCount.grouped))</p>\
      \(more)\(frame.table(say(ImportWords.what), heading, rows))</section>
      """
  }

  private static func changes(_ frame: PageFrame, _ found: SKUImport) -> HTML {
    let say = frame.say
    let (added, same) = (found.rows.count { $0.change == .added }, found.rows.count { $0.change == .same })
    let rows = found.rows.filter { $0.change != .same }.map { row -> [HTML] in
      switch row.change {
      case .changed(let old):
        ["\(row.item.sku.rawValue)", "\(say(ImportWords.changed))", "\(words(old))", "\(words(row.item))"]
      case .added, .same: ["\(row.item.sku.rawValue)", "\(say(ImportWords.added))", "", "\(words(row.item))"]
      }
    }
    let heading = ["SKU", say(ImportWords.change), say(SaleWords.before), say(SaleWords.after)]
    let counts = say(
      ImportWords.summary, added.grouped, (found.rows.count - added - same).grouped, same.grouped)
    let ignored: HTML =
      found.ignored.isEmpty
      ? "" : "<p class=\"soft small\">\(say(ImportWords.ignored, found.ignored.joined(separator: ", ")))</p>"
    return """
      <section class="card" id="import"><h2>\(say(ImportWords.changes))</h2><p>\(counts)</p>\
      <p class="note" role="status">\(say(ImportWords.nothingSaved))</p>\(ignored)\
      \(rows.isEmpty ? .empty : frame.table(say(ImportWords.changes), heading, rows))</section>
      """
  }

  private static func words(_ item: SaleItem) -> String {
    "\(item.stock.rawValue.grouped) × \(Money(minor: item.price.minor, currency: item.price.currency))"
  }
}
