/// What a file of SKUs says, and what is wrong with it.
enum ImportWords: Message {
  case legend, file, hint, check, faultCount, moreFaults, place, value, what, noFile
  case changes, summary, nothingSaved, ignored, change, added, changed, same
  case wholeFile, line, lineAndColumn

  case empty, notUTF8, notUTF16, nul, tooLarge
  case openQuote, textAfterQuote, tooManyCells, noHeader, missingColumn, columnTwice, cells
  case missing, formula, negative, noNumber, noWholeNumber, grouped, wrongSKU, wrongCurrency
  case tooFine, outOfRange, tooExpensive, skuTwice, tooManySKUs
  case notInSale, skuStays, unitsStay, currencyStays, priceStays, priceIsZero

  var texts: (english: String, chinese: String) { form ?? fault }

  private var form: (english: String, chinese: String)? {
    switch self {
    case .legend: ("SKUs and prices from a file", "从文件导入 SKU 和价格")
    case .file: ("CSV file", "CSV 文件")
    case .hint:
      (
        "Its first line names the columns: sku, units, price, currency. UTF-8, or Excel's Unicode text. Nothing is "
          + "saved yet.",
        "首行为列名：sku、units（件数）、price（价格）、currency（币种）。UTF-8 或 Excel 的 Unicode 文本。此时不会保存。"
      )
    case .check: ("Check the file", "检查文件")
    case .noFile: ("No file was chosen.", "未选择文件。")
    case .faultCount: ("Mistakes in the file: {1}. Nothing was taken from it.", "文件有 {1} 处错误，未导入任何内容。")
    case .moreFaults: ("The first {1} are shown.", "仅显示前 {1} 处。")
    case .place: ("Where", "位置")
    case .value: ("It says", "内容")
    case .what: ("What is wrong", "错误")
    case .changes: ("What the file changes", "文件将带来的变更")
    case .summary: ("{1} added, {2} changed, {3} as they were.", "新增 {1}，修改 {2}，不变 {3}。")
    case .nothingSaved:
      ("Nothing is saved yet. The form below has it: look at it, and save it.", "尚未保存。下方表单已填入，请核对后保存。")
    case .ignored: ("Columns that were passed over: {1}", "已忽略的列：{1}")
    case .change: ("What changes", "变更")
    case .added: ("added", "新增")
    case .changed: ("changed", "修改")
    case .same: ("as it was", "不变")
    case .wholeFile: ("the file", "整个文件")
    case .line: ("line {1}", "第 {1} 行")
    case .lineAndColumn: ("line {1}, column {2}", "第 {1} 行，{2} 列")
    default: nil
    }
  }

  private var fault: (english: String, chinese: String) {
    switch self {
    case .empty: ("It has no SKU.", "没有任何 SKU。")
    case .notUTF8:
      ("This is not UTF-8. In Excel, save it as “CSV UTF-8”.", "不是 UTF-8 编码（可能是 GBK）。请在 Excel 中另存为“CSV UTF-8”。")
    case .notUTF16: ("This is no whole UTF-16. Save it as UTF-8.", "UTF-16 编码不完整，请另存为 UTF-8。")
    case .nul: ("There is a NUL character. Save it as UTF-8.", "含有 NUL 字符，请另存为 UTF-8。")
    case .tooLarge: ("It has more than {1} bytes. Leave out what is no SKU of this sale.", "超过 {1} 字节，请只保留本活动的 SKU。")
    case .openQuote: ("A quote opens here and never closes.", "此处引号未闭合。")
    case .textAfterQuote: ("There is text behind the closing quote.", "闭合引号之后还有文字。")
    case .tooManyCells: ("The line has more than {1} fields.", "此行超过 {1} 个字段。")
    case .noHeader:
      ("The first line names no columns: sku, units, price, currency.", "首行缺少列名：sku、units、price、currency。")
    case .missingColumn: ("The first line does not name this column.", "首行缺少此列。")
    case .columnTwice: ("The first line names this column twice.", "首行重复了此列。")
    case .cells: ("The line has {1} fields, and the first line has {2}.", "此行有 {1} 个字段，首行有 {2} 个。")
    default: wrongValue
    }
  }

  private var wrongValue: (english: String, chinese: String) {
    switch self {
    case .missing: ("It is empty.", "内容为空。")
    case .formula: ("This is a formula. Write its value.", "这是公式，请改为数值。")
    case .negative: ("It is below 0.", "不能为负数。")
    case .noNumber: ("This is no number. Write it as 1234.50.", "不是数字，请写成 1234.50。")
    case .noWholeNumber: ("This is no whole number. Write it as 1234.", "不是整数，请写成 1234。")
    case .grouped: ("Its digits are grouped. Write it as 1234.50.", "含有千位分隔符，请写成 1234.50。")
    case .wrongSKU:
      ("A SKU has 1 to 64 characters of A–Z, a–z, 0–9 and . _ -", "SKU 为 1 到 64 个字符，可用 A–Z、a–z、0–9 和 . _ -")
    case .wrongCurrency: ("A currency has three capital letters, as CNY.", "币种为三个大写字母，例如 CNY。")
    case .tooFine: ("{2} has {1} digits behind the point.", "{2} 的小数位数为 {1}。")
    case .outOfRange: ("It must be {1} to {2}.", "必须在 {1} 到 {2} 之间。")
    case .tooExpensive: ("It is above {1}.", "超过上限 {1}。")
    case .skuTwice: ("Line {1} has this SKU too.", "与第 {1} 行的 SKU 重复。")
    case .tooManySKUs: ("A sale has at most {1} SKUs.", "一个活动最多 {1} 个 SKU。")
    case .notInSale: ("It is no SKU of this sale. A sale gets its SKUs when it is created.", "不是本活动的 SKU，创建后不能再添加 SKU。")
    case .skuStays: ("It cannot be taken out of a sale. Reduce its stock instead.", "不能从活动中移除，请改为减少库存。")
    case .unitsStay: ("Units of a sale change by a restock or a reduction.", "件数须通过补货或减少库存修改。")
    case .currencyStays: ("A price keeps its currency.", "币种不能修改。")
    case .priceStays: ("Prices change only in a sale with holds.", "只有带保留（待支付）的活动才能改价。")
    default: ("Nobody can pay 0.", "价格不能为 0。")
    }
  }
}

extension ImportFault {
  /// What is wrong, and what to do.
  func words(_ say: Phrasebook) -> String { kind.words(say) }

  /// Where it stands.
  func place(_ say: Phrasebook) -> String {
    switch (line, column) {
    case (nil, _): say(ImportWords.wholeFile)
    case (let line?, nil): say(ImportWords.line, "\(line)")
    case (let line?, let column?): say(ImportWords.lineAndColumn, "\(line)", column)
    }
  }
}

extension ImportFault.Kind {
  func words(_ say: Phrasebook) -> String {
    switch self {
    case .tooLarge(let bytes): say(ImportWords.tooLarge, bytes.grouped)
    case .tooManyCells(let most): say(ImportWords.tooManyCells, "\(most)")
    case .cells(let count, let wanted): say(ImportWords.cells, "\(count)", "\(wanted)")
    case .tooFine(let digits, let currency): say(ImportWords.tooFine, "\(digits)", currency)
    case .outOfRange(let least, let most): say(ImportWords.outOfRange, least.grouped, most.grouped)
    case .tooExpensive(let most): say(ImportWords.tooExpensive, most)
    case .skuTwice(let line): say(ImportWords.skuTwice, "\(line)")
    case .tooManySKUs(let most): say(ImportWords.tooManySKUs, most.grouped)
    default: say(plainWords)
    }
  }

  private var plainWords: ImportWords {
    switch self {
    case .empty: .empty
    case .notUTF8: .notUTF8
    case .notUTF16: .notUTF16
    case .nul: .nul
    case .openQuote: .openQuote
    case .textAfterQuote: .textAfterQuote
    case .noHeader: .noHeader
    case .missingColumn: .missingColumn
    case .columnTwice: .columnTwice
    case .missing: .missing
    case .formula: .formula
    case .negative: .negative
    case .noNumber: .noNumber
    case .noWholeNumber: .noWholeNumber
    case .grouped: .grouped
    case .wrongSKU: .wrongSKU
    case .wrongCurrency: .wrongCurrency
    case .notInSale: .notInSale
    case .skuStays: .skuStays
    case .unitsStay: .unitsStay
    case .currencyStays: .currencyStays
    case .priceStays: .priceStays
    case .priceIsZero, .tooLarge, .tooManyCells, .cells, .tooFine, .outOfRange, .tooExpensive, .skuTwice,
      .tooManySKUs:
      .priceIsZero
    }
  }
}
