import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import SaleStore
import TestSupport
import Testing
import Time

@testable import Admin

/// What lanes, PostgreSQL and audits found, on pages in Chinese.
@Suite struct FindingTests {
  private static let say = Phrasebook(language: .chinese)
  private static let chinese: HTTPFields = [.acceptLanguage: "zh-CN"]

  /// Whether a text reads as an English sentence.
  private static func isEnglish(_ text: String) -> Bool {
    text.firstMatch(of: /[A-Za-z']+ [a-z']+ [a-z']+/) != nil
  }

  /// The sentences in the sources of some files, with `7` for each value.
  private static func sentences(in files: [String]) throws -> [String] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources")
    return try files.flatMap { file -> [String] in
      let source = try String(contentsOf: root.appending(path: file), encoding: .utf8)
        .replacing(/\/\/[^\n]*/, with: "")
        .replacing(/"\n\s*\+ "/, with: "")
        // A text over several lines is one.
        .replacing(/"""\n\s*([\s\S]*?)\n\s*"""/) { "\"\($0.output.1.replacing(/\\\n\s*/, with: ""))\"" }
      let text = /"((?:\\\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|[^"\\\n])+)"/
      return source.matches(of: text).map {
        String($0.output.1).replacing(/\\\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/, with: "7")
      }
    }
  }

  @Test func `no sentence of an audit lacks its translation`() throws {
    let files = [
      "Auditor", "Gap", "PartitionLine", "Replay", "ReplayDecisions", "Settlement", "Ledger/LedgerCheck",
      "Lives/HistoryComparison", "Lives/LivesComparison", "Lives/Replay+Lives",
    ].map { "Audit/\($0).swift" }
    // Parts of sentences, which the cases below have whole.
    let parts = [
      "order 7 counts 7 for a 7 7, and 7 say so",
      "partition 7: the record before the progress 7 is not the one decided there: the log was made again or has lost "
        + "records",
    ]
    let sentences = try Self.sentences(in: files).filter { text in
      text.count { $0 == " " } >= 4 && !parts.contains(text) && !text.hasSuffix(" by the log)")
    }
    #expect(sentences.count > 50)
    for sentence in sentences {
      let whole = sentence.hasSuffix(" ") ? "\(sentence)7" : sentence
      #expect(!Self.isEnglish(Self.say.finding(whole)), "\(whole)")
    }
  }

  @Test(arguments: [
    ("SOUND: the database is what the log gives", "全部正确：数据库与日志一致"),
    (
      "the request of order 0a has no outcome: by the log it is sold_out; the store has nothing of it",
      "订单 0a 的请求没有结果：按日志为 sold_out，数据库中没有"
    ),
    (
      "cancel of order 0a is applied by the log, and the history says otherwise in units, state",
      "按日志，订单 0a 的 cancel 为 applied，历史记录与此不同：units, state"
    ),
    (
      "order 0a counts 2 for a card by the log, and the rows do not say so", "按日志，订单 0a 在 card 上计 2，数据中却不是这样"
    ),
    (
      "not checked: partition 3: the record before the progress 9 is not the one decided there: the log was made "
        + "again or has lost records, and nothing of it was compared",
      "未检查：分区 3：进度 9 之前的记录不是当时裁决的那一条：日志被重建或丢失了记录，未作任何比对"
    ),
    (
      "not checked: partition 3 is halted: the log was truncated: it begins at offset 40, the next one to decide is 12",
      "未检查：分区 3 已停止：日志被截断：现从偏移 40 开始，而下一个待裁决的是 12"
    ),
    ("s/confirmed: 9 units were confirmed of 8 put up", "s/confirmed：投放 8 件，却售出 9 件"),
    ("nobody has translated this", "nobody has translated this"),
  ])
  func `a sentence of an audit is said with what it quotes`(_ english: String, _ chinese: String) {
    #expect(Self.say.finding(english) == chinese)
    #expect(Phrasebook(language: .english).finding(english) == english)
  }

  @Test func `no reason to halt, and no failure of PostgreSQL, lacks its translation`() throws {
    let halts =
      try Self.sentences(in: ["Lane/KnownLog.swift"]) + [
        "the log has no record at offset 7; it goes on at or after 7",
        "the record at offset 7 makes its batch fail, and can't be quarantined either", "no reason was recorded",
      ]
    #expect(halts.count { $0.hasPrefix("the ") } > 4)
    for reason in halts where reason.contains(" ") {
      let words = LiveAlertWords(.halted(Partition(1), reason: reason), Self.say)
      #expect(!Self.isEnglish("\(words.title) \(words.cause)"), "\(words.cause)")
    }
    let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/Postgres/PostgresError.swift")
    let kinds = try String(contentsOf: source, encoding: .utf8).matches(of: /case \.[a-zA-Z]+: "([^"]+)"/)
    #expect(kinds.count > 12)
    for kind in kinds {
      #expect(!Self.isEnglish(Self.say.fault("PostgreSQL: \(kind.output.1) (SQLSTATE 23514)")), "\(kind.output.1)")
      #expect(!Self.isEnglish(Self.say.fault("PostgreSQL: \(kind.output.1)")), "\(kind.output.1)")
    }
  }

  @Test func `a report is counts and sentences`() {
    let lines = AuditLines(
      """
      records in the log       12
        sold_out                3

      I4 lost 3@12: the record has no outcome: it is gone
      note: the end
      """)
    #expect(
      lines.blocks == [
        [
          .count(name: "records in the log", number: 12, isPart: false),
          .count(name: "sold_out", number: 3, isPart: true),
        ],
        [
          .sentence(place: "I4 lost 3@12", words: "the record has no outcome: it is gone"),
          .sentence(place: "", words: "note: the end"),
        ],
      ])
    #expect(AuditLines("").blocks.isEmpty)
  }

  @Test func `an audit's report is in the page's language`() async throws {
    try await AdminUnderTest.with { admin, client in
      let report = "records in the log    12\nin flight              7\n\nSOUND: the database is what the log gives\n"
      admin.log.change { $0.audits = { _ in AuditVerdict("sound", text: report, json: Data("{}".utf8)) } }
      #expect(try await client.send(.post, "/admin/api/audits").status == 202)
      #expect(
        try await eventually { try await client.get("/admin/api/audits/1").string("verdict") == "sound" })
      let page = try await client.get("/admin/audits", headers: Self.chinese).text
      #expect(page.contains("<td>处理中</td><td>7</td>") && page.contains("数据库与日志一致"), "\(page)")
      #expect(!page.contains("in flight"))
      let english = try await client.get("/admin/audits").text
      #expect(english.contains("<td>in flight</td><td>7</td>") && english.contains("SOUND: the database"))
    }
  }

  @Test func `a record is a table of fields, and PostgreSQL's answer is folded away`() async throws {
    let (number, sku) = (SaleNumber(rawValue: 7), SKU(rawValue: "phone")!)
    let request = try PurchaseRequest(
      order: OrderID(randomFor: number), stock: StockKey(sale: number, sku: sku), buyer: BuyerID(rawValue: "alice")!,
      quantity: Units(2), acceptedAt: Timestamp(microseconds: 1_762_800_000_000_000))
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(.sample())
      try await PlantedRows.with(admin.database) { planted in
        try await planted.quarantine(sale, count: 1)
        let error = """
          PostgreSQL: a statement failed (SQLSTATE 23514): stock_never_oversold; statement: INSERT INTO orders SELECT 1
          """
        _ = try await planted.connection.query(
          "UPDATE quarantined_records SET error = $1, record_value = $2", error, LogRecord.place(request).encoded())
      }
      let record = try await client.get("/admin/api/quarantine/1/1").string("decoded")
      #expect(record?.hasPrefix("place: order_id ") == true && record?.contains("units 2") == true, "\(record ?? "")")
      for path in ["/admin/quarantine", "/admin/quarantine/1/1?buyers=plain"] {
        let page = try await client.get(path, headers: Self.chinese).text
        #expect(page.contains("PostgreSQL：语句执行失败（SQLSTATE 23514）"), "\(page)")
        let shown = page.replacing(/<details>.*?<\/details>/, with: "")
        #expect(page.contains("INSERT INTO") && !shown.contains("INSERT INTO"), "\(shown)")
      }
      let page = try await client.get("/admin/quarantine/1/1?buyers=plain", headers: Self.chinese).text
      #expect(page.contains("买家</th><td class=\"words\">alice</td>") && page.contains("<td class=\"words\">下单</td>"))
      #expect(!page.contains("FlashSale") && !page.contains("OrderTerms"))
    }
  }

  @Test func `each kind of record has its fields`() throws {
    let (order, sku) = (OrderID(randomFor: SaleNumber(rawValue: 7)), SKU(rawValue: "phone")!)
    let stock = StockKey(sale: SaleNumber(rawValue: 7), sku: sku)
    let by = try Actor(name: "mia", reason: "she asked")
    let at = Timestamp(microseconds: 0)
    func words(_ action: OrderCommand.Action) throws -> String {
      DecodedRecord(
        .order(try OrderCommand(order: order, stock: stock, at: at, action: action, id: CommandID(rawValue: 5), by: by))
      ).words
    }
    let head = "order_id \(order), sale 7, sku phone, accepted_at \(at)"
    let tail = "command_id 5, by mia, reason she asked"
    let payment = PaymentID(rawValue: "pay-1")!
    #expect(try words(.cancel(Units(1))) == "cancel: \(head), units 1, \(tail)")
    #expect(try words(.extend) == "extend: \(head), \(tail)")
    #expect(
      try words(.pay(Capture(payment: payment, minor: 123, currency: "CNY")))
        == "pay: \(head), payment pay-1, amount 1.23 CNY, \(tail)")
    #expect(
      try words(.refunded(payment, minor: 5)) == "refund: \(head), payment pay-1, amount_minor 5, \(tail)")
    let change = try StockCommand(stock: stock, at: at, action: .change(RuleChange(priceMinor: 9)), by: by)
    #expect(
      DecodedRecord(.stock(change)).words
        == "change: sale 7, sku phone, accepted_at \(at), change price_minor 9, by mia, reason she asked")
    #expect(DecodedRecord(.close(stock, at: at)).words == "close: sale 7, sku phone, accepted_at \(at)")
  }
}
