internal import FlashSale
internal import Foundation

/// What a file of SKUs would change: all of it, or all that is wrong with it. It is pure.
///
/// (1) A file with a fault changes nothing. (2) At most `Limits.importFaults` faults are kept, and all are counted.
/// (3) What a file does not name stays.
struct SKUImport {
  /// What it is read into.
  enum Target {
    /// The form of a new sale, with the items that it has.
    case form([SaleItem])
    /// A sale that exists, with the items that its form has: prices can change, if it has holds.
    case sale(Sale, form: [SaleItem] = [])

    /// What there is: a change is one from this.
    fileprivate var known: [SaleItem] {
      switch self {
      case .form(let items): items
      case .sale(let sale, _): sale.items
      }
    }

    /// What stands in the form, and what it left out.
    fileprivate var items: [SaleItem] {
      guard case .sale(let sale, let form) = self else { return known }
      return form + sale.items.filter { item in !form.contains { $0.sku == item.sku } }
    }
  }

  enum Change: Equatable { case added, changed(from: SaleItem), same }

  struct Row: Equatable {
    let item: SaleItem
    let change: Change
  }

  /// In the order of the file.
  private(set) var rows: [Row] = []
  private(set) var faults: [ImportFault] = []
  private(set) var faultCount = 0

  /// Columns that mean nothing here.
  private(set) var ignored: [String] = []

  private let target: Target
  private let known: [SKU: SaleItem]
  private var columns: [ImportColumn: Int] = [:]
  private var header: [String] = []
  private var lines: [SKU: Int] = [:]
  private var added = 0

  init(_ file: UploadedFile, into target: Target) {
    self.target = target
    known = Dictionary(target.known.map { ($0.sku, $0) }, uniquingKeysWith: { first, _ in first })
    guard file.isWhole else {
      note(ImportFault(kind: .tooLarge(Limits.importBytes)))
      return
    }
    do throws(CSVText.Fault) {
      read(CSVReader(try CSVText.text(of: file.bytes)))
    } catch {
      note(Self.fault(error))
    }
    if faultCount > 0 { rows = [] }
  }

  /// The items with what the file says.
  var items: [SaleItem] {
    let named = Dictionary(rows.map { ($0.item.sku, $0.item) }, uniquingKeysWith: { first, _ in first })
    return target.items.map { named[$0.sku] ?? $0 } + rows.filter { $0.change == .added }.map(\.item)
  }

  private static func fault(_ fault: CSVText.Fault) -> ImportFault {
    switch fault {
    case .notUTF8(let line): ImportFault(kind: .notUTF8, line: line)
    case .notUTF16(let line): ImportFault(kind: .notUTF16, line: line)
    case .nul(let line): ImportFault(kind: .nul, line: line)
    }
  }

  private mutating func note(_ fault: ImportFault) {
    faultCount += 1
    if faults.count < Limits.importFaults { faults.append(fault) }
  }

  private mutating func read(_ reader: CSVReader) {
    var reader = reader
    var hasHeader = false
    while true {
      do throws(CSVReader.Fault) {
        guard let cells = try reader.next() else { break }
        if hasHeader {
          guard add(cells) else { return }
        } else {
          hasHeader = true
          guard readHeader(cells) else { return }
        }
      } catch {
        note(Self.fault(error, name(error.column - 1)))
        // Without it nothing else can be told apart.
        if !hasHeader { return }
      }
    }
    if !hasHeader || lines.isEmpty && faultCount == 0 { note(ImportFault(kind: .empty)) }
  }

  private static func fault(_ fault: CSVReader.Fault, _ column: String) -> ImportFault {
    let kind: ImportFault.Kind =
      switch fault.kind {
      case .openQuote: .openQuote
      case .textAfterQuote: .textAfterQuote
      case .tooManyCells: .tooManyCells(Limits.importCells)
      }
    return ImportFault(kind: kind, line: fault.line, column: column)
  }

  /// What people call the column of a field.
  private func name(_ index: Int) -> String { header.indices.contains(index) ? header[index] : "\(index + 1)" }

  private mutating func readHeader(_ cells: [CSVReader.Cell]) -> Bool {
    let line = cells[0].line
    header = cells.enumerated().map { index, cell in
      let name = cell.text.trimmingCharacters(in: .whitespacesAndNewlines)
      return name.isEmpty ? "\(index + 1)" : String(name.prefix(Limits.importShown))
    }
    for (index, cell) in cells.enumerated() {
      guard let column = ImportColumn(cell.text) else {
        if !cell.text.isEmpty { ignored.append(name(index)) }
        continue
      }
      if columns.updateValue(index, forKey: column) != nil {
        note(ImportFault(kind: .columnTwice, line: line, column: name(index)))
      }
    }
    guard !columns.isEmpty else {
      note(ImportFault(kind: .noHeader, line: line))
      return false
    }
    var needed: [ImportColumn] = [.sku, .price]
    if case .form = target { needed = [.sku, .units, .price, .currency] }
    for column in needed where columns[column] == nil {
      note(ImportFault(kind: .missingColumn, line: line, column: column.rawValue))
    }
    return faultCount == 0
  }

  // MARK: One record

  /// Whether there may be more.
  private mutating func add(_ cells: [CSVReader.Cell]) -> Bool {
    guard cells.count == header.count || cells.dropFirst(header.count).allSatisfy(\.text.isEmpty),
      cells.count >= header.count
    else {
      note(ImportFault(kind: .cells(cells.count, of: header.count), line: cells[cells.count - 1].line))
      return true
    }
    guard let sku = sku(cells) else { return true }
    let before = known[sku]
    if before == nil { added += 1 }
    guard known.count + added <= FlashSale.Limits.saleItems else {
      note(ImportFault(kind: .tooManySKUs(FlashSale.Limits.saleItems), line: cells[0].line))
      return false
    }
    // Each value is looked at, so that all that is wrong is told at once.
    let currency = currency(cells, of: before)
    let units = units(cells, of: before)
    guard let currency, let minor = price(cells, currency, of: before), let units,
      let price = try? Price(minor: minor, currency: currency)
    else { return true }
    let item = SaleItem(sku: sku, putUp: units, price: price)
    rows.append(Row(item: item, change: before.map { $0 == item ? .same : .changed(from: $0) } ?? .added))
    return true
  }

  private mutating func value<Value>(
    _ cells: [CSVReader.Cell], _ column: ImportColumn, _ read: (String) throws(ImportFault.Kind) -> Value
  ) -> Value? {
    guard let index = columns[column] else { return nil }
    do throws(ImportFault.Kind) {
      return try read(cells[index].text)
    } catch {
      let text = cells[index].text
      let value =
        text.isEmpty ? nil : String(text.prefix(Limits.importShown)) + (text.count > Limits.importShown ? "…" : "")
      note(ImportFault(kind: error, line: cells[index].line, column: name(index), value: value))
      return nil
    }
  }

  private mutating func sku(_ cells: [CSVReader.Cell]) -> SKU? {
    let (line, first) = (columns[.sku].map { cells[$0].line } ?? 0, lines)
    let isNew = if case .form = target { true } else { false }
    let known = known
    let sku = value(cells, .sku) { (text) throws(ImportFault.Kind) -> SKU in
      // Our own exports put an apostrophe before what a spreadsheet would run.
      let text = text.trimmingCharacters(in: .whitespaces)
      guard !text.isEmpty else { throw .missing }
      guard let sku = SKU(rawValue: CSVLines.native(text)) else {
        throw text.hasPrefix("=") || text.hasPrefix("+") || text.hasPrefix("@") ? .formula : .wrongSKU
      }
      if let before = first[sku] { throw .skuTwice(line: before) }
      if !isNew, known[sku] == nil { throw .notInSale }
      return sku
    }
    if let sku { lines[sku] = line }
    return sku
  }

  private mutating func currency(_ cells: [CSVReader.Cell], of before: SaleItem?) -> String? {
    guard columns[.currency] != nil else { return before?.price.currency }
    let stays = if case .sale = target { before?.price.currency } else { String?.none }
    return value(cells, .currency) { (text) throws(ImportFault.Kind) -> String in
      let text = text.trimmingCharacters(in: .whitespaces)
      guard !text.isEmpty else { throw .missing }
      guard (try? Price(minor: 0, currency: text)) != nil else { throw .wrongCurrency }
      if let stays, stays != text { throw .currencyStays }
      return text
    }
  }

  private mutating func units(_ cells: [CSVReader.Cell], of before: SaleItem?) -> Units? {
    guard columns[.units] != nil else { return before?.stock }
    let stays = if case .sale = target { before?.stock } else { Units?.none }
    return value(cells, .units) { (text) throws(ImportFault.Kind) -> Units in
      let units = try ImportNumber.units(text)
      if let stays, stays != units { throw .unitsStay }
      return units
    }
  }

  private mutating func price(_ cells: [CSVReader.Cell], _ currency: String, of before: SaleItem?) -> Int64? {
    let target = target
    return value(cells, .price) { (text) throws(ImportFault.Kind) -> Int64 in
      let minor = try ImportNumber.minor(text, currency)
      guard case .sale(let sale, _) = target, minor != before?.price.minor else { return minor }
      if sale.holds == nil { throw .priceStays }
      if minor == 0 { throw .priceIsZero }
      return minor
    }
  }
}
