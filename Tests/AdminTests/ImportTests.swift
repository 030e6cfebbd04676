import FlashSale
import Foundation
import Testing

@testable import Admin

/// A file of SKUs, read into the form of a sale.
@Suite struct ImportTests {
  private static func read(_ text: String, into target: SKUImport.Target = .form([])) -> SKUImport {
    SKUImport(UploadedFile(bytes: Array(text.utf8), isWhole: true), into: target)
  }

  /// The faults, as `line/column kind`.
  private static func faults(_ text: String, into target: SKUImport.Target = .form([])) -> [String] {
    read(text, into: target).faults.map { "\($0.line ?? 0)/\($0.column ?? "") \($0.kind)" }
  }

  private static func item(_ sku: String, _ units: Int32, _ minor: Int64, _ currency: String = "CNY") throws -> SaleItem
  {
    try SaleItem(
      sku: SKU(validating: sku), stock: Units(units), price: Price(minor: minor, currency: currency))
  }

  private static func sale(holds: Bool = true) throws -> Sale {
    let sample = try Sale.sample(items: [("phone", 100), ("case", 50)])
    return try Sale(
      id: sample.id, name: sample.name, startsAt: sample.startsAt, endsAt: sample.endsAt, perBuyerLimit: nil,
      holds: holds ? try HoldRules(seconds: 300) : nil, items: sample.items)
  }

  @Test(arguments: [
    "sku,units,price,currency\nphone,10,199.00,CNY\ncase,5,1.50,CNY\n",
    "sku;units;price;currency\r\nphone;10;199,00;CNY\r\ncase;5;1,50;CNY\r\n",
    "sku\tunits\tprice\tcurrency\rphone\t10\t199\tCNY\rcase\t5\t1.5\tCNY",
    "sep=;\nsku;units;price;currency\nphone;10;199;CNY\ncase;5;1,5;CNY",
    "\u{FEFF}SKU,Stock,Price,Currency\n\"phone\",\"10\",\"199,00\",\"CNY\"\n\n,,,\ncase,5,\"1,50\",CNY",
    "名称,币种,单价,件数,商品编号\n\"手机,\n\"\"大\"\"\",CNY,199.00,10,phone\n壳,CNY, 1.50 ,5,'case\n",
  ])
  func `what shops and Excel write is read alike`(_ text: String) throws {
    let expected = try [Self.item("phone", 10, 19_900), Self.item("case", 5, 150)]
    let little = Array(text.utf16).flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    let big = Array(text.utf16).flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    let mark = text.hasPrefix("\u{FEFF}")
    for bytes in [Array(text.utf8), (mark ? [] : [0xFF, 0xFE]) + little, (mark ? [] : [0xFE, 0xFF]) + big] {
      let found = SKUImport(UploadedFile(bytes: bytes, isWhole: true), into: .form([]))
      #expect(found.faults == [])
      #expect(found.items == expected)
      #expect(found.rows.map(\.change) == [.added, .added])
    }
  }

  @Test(arguments: [
    ("1500", "JPY", 1_500), ("1.50", "CNY", 150), ("1,5", "CNY", 150), ("0", "CNY", 0), ("1,500", "BHD", 1_500),
    ("0.001", "BHD", 1), ("1000000000.00", "CNY", 100_000_000_000), ("\u{A0}7 ", "CNY", 700),
  ])
  func `an amount has its currency's digits`(_ text: String, _ currency: String, _ minor: Int64) throws {
    #expect(try ImportNumber.minor(text, currency) == minor)
  }

  @Test(arguments: [
    ("1.5", "JPY", ImportFault.Kind.tooFine(0, "JPY")), ("1.505", "CNY", .tooFine(2, "CNY")),
    ("1,500", "CNY", .tooFine(2, "CNY")), ("1.0000", "BHD", .tooFine(3, "BHD")), ("1,234.50", "CNY", .grouped),
    ("1.234.567", "CNY", .grouped), ("-1", "CNY", .negative), ("−1.50", "CNY", .negative), ("=1+1", "CNY", .formula),
    ("+1", "CNY", .formula), ("@SUM(A1)", "CNY", .formula), ("-A1", "CNY", .formula), ("", "CNY", .missing),
    (" ", "CNY", .missing), ("free", "CNY", .noNumber), (".5", "CNY", .noNumber), ("5.", "CNY", .noNumber),
    ("¥5", "CNY", .noNumber), ("１９９", "CNY", .noNumber), ("1e3", "CNY", .noNumber), ("٣", "CNY", .noNumber),
    ("1000000000.01", "CNY", .tooExpensive("1000000000.00 CNY")),
    ("9223372036854775808", "JPY", .tooExpensive("100000000000 JPY")),
    ("99999999999999999999999999999999", "CNY", .tooExpensive("1000000000.00 CNY")),
  ])
  func `an amount that could mean something else is refused`(
    _ text: String, _ currency: String, _ kind: ImportFault.Kind
  ) {
    #expect(throws: kind) { try ImportNumber.minor(text, currency) }
  }

  @Test func `every mistake is told with its line and column`() {
    let long = String(repeating: "x", count: 10_000)
    let text = """
      sku,units,price,currency
      phone,10,199.00,CNY
      =1+1,0,-5,cny
      phone,1.5,1.505,CNY
      "a\nb",9223372036854775808,9223372036854775808,CNY
      \(long),1,1,CNY
      "case"x,1,1,CNY
      ear,1
      ear,1,1,CNY,more
      ear,,,
      """
    let found = Self.read(text)
    #expect(
      Self.faults(text) == [
        "3/sku formula", "4/sku skuTwice(line: 2)", "5/sku wrongSKU", "7/sku wrongSKU", "8/sku textAfterQuote",
        "9/ cells(2, of: 4)", "10/ cells(5, of: 4)", "11/currency missing", "11/units missing",
      ])
    #expect(found.rows.isEmpty && found.faultCount == 9)
    #expect(found.faults[3].value?.count == 41)
    #expect(
      Self.faults("sku,units,price,currency\na,0,-5,CNY\nb,1.5,1.505,CNY\nc,x,1,cny\nd,=A1,=A1,CNY") == [
        "2/units outOfRange(1, 1000000000)", "2/price negative", "3/units noWholeNumber",
        "3/price tooFine(2, \"CNY\")", "4/currency wrongCurrency", "4/units noWholeNumber", "5/units formula",
        "5/price formula",
      ])
  }

  @Test func `a broken file is told as what it is`() {
    let header = "sku,units,price,currency\n"
    func faults(_ bytes: [UInt8]) -> [String] {
      SKUImport(UploadedFile(bytes: bytes, isWhole: true), into: .form([])).faults
        .map { "\($0.line ?? 0) \($0.kind)" }
    }
    // 手机 in GBK.
    #expect(faults(Array("\(header)phone,1,1,CNY\n".utf8) + [0xCA, 0xD6, 0xBB, 0xFA]) == ["3 notUTF8"])
    #expect(faults(Array(header.utf8) + [0x61, 0x00, 0x62]) == ["2 nul"])
    #expect(faults([0xFF, 0xFE, 0x61, 0x00, 0x0A, 0x00, 0x62]) == ["2 notUTF16"])
    #expect(faults([0xFF, 0xFE, 0x0A, 0x00, 0x00, 0xD8, 0x61, 0x00]) == ["2 notUTF16"])
    #expect(faults([0xFF, 0xFE]) == ["0 empty"])
    #expect(faults([]) == ["0 empty"])
    #expect(faults([0xFF]) == ["1 notUTF8"])
    #expect(faults(Array(header.utf8)) == ["0 empty"])
    #expect(Self.faults("phone,10,199.00,CNY\n") == ["1/ noHeader"])
    #expect(Self.faults("sku,price\na,1\n") == ["1/units missingColumn", "1/currency missingColumn"])
    #expect(Self.faults("sku,units,stock,price,currency\n") == ["1/stock columnTwice"])
    #expect(Self.faults("\(header)phone,1,1,CNY\nca") == ["3/ cells(1, of: 4)"])
    #expect(Self.faults("\(header)phone,1,1,CNY\n\"ca\nse,1,1,CNY\n") == ["3/sku openQuote"])
    #expect(Self.faults(header + String(repeating: ",", count: 1_000)) == ["2/257 tooManyCells(256)"])
    #expect(
      SKUImport(UploadedFile(bytes: [], isWhole: false), into: .form([])).faults
        == [ImportFault(kind: .tooLarge(1 << 20))])
  }

  @Test func `faults are bounded, and counted`() {
    let bad = Self.read("sku,units,price,currency\n" + String(repeating: "x,1,=1,CNY\n", count: 50_000))
    #expect(bad.faults.count == 100)
    #expect(bad.faultCount == 50_000)
    let lines = (1...1_002).map { "sku-\($0),1,1,CNY\n" }.joined()
    #expect(Self.faults("sku,units,price,currency\n\(lines)") == ["1002/ tooManySKUs(1000)"])
  }

  @Test func `what the file does not name stays`() throws {
    let before = try [Self.item("phone", 100, 1), Self.item("case", 50, 2)]
    let found = Self.read("sku,units,price,currency\ncase,50,0.02,CNY\near,1,1,CNY\nphone,7,1,CNY", into: .form(before))
    #expect(try found.items == [Self.item("phone", 7, 100), Self.item("case", 50, 2), Self.item("ear", 1, 100)])
    #expect(found.rows.map(\.change) == [.same, .added, .changed(from: before[0])])
    let tooMany = try (1...1_000).map { try Self.item("sku-\($0)", 1, 1) }
    #expect(Self.faults("sku,units,price,currency\near,1,1,CNY", into: .form(tooMany)) == ["2/ tooManySKUs(1000)"])
  }

  @Test func `a sale that exists takes prices`() throws {
    let sale = try Self.sale()
    let found = try Self.read("price;sku\n150;phone", into: .sale(sale, form: [Self.item("case", 50, 5)]))
    #expect(found.faults == [])
    #expect(try found.items == [Self.item("case", 50, 5), Self.item("phone", 100, 15_000)])
    #expect(
      Self.faults("sku,units,price,currency\nphone,99,0,EUR\near,1,1,CNY\ncase,50,0,CNY", into: .sale(sale)) == [
        "2/currency currencyStays", "2/units unitsStay", "3/sku notInSale", "4/price priceIsZero",
      ])
    #expect(
      Self.faults("sku,price\nphone,150\ncase,199", into: .sale(try Self.sale(holds: false))) == [
        "2/price priceStays"
      ])
  }
}
