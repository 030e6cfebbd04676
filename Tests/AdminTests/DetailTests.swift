import Foundation
import HTTPServing
import Testing

@testable import Admin

/// What the API says in English, on a page in Chinese.
@Suite struct DetailTests {
  private static let say = Phrasebook(language: .chinese)

  private static func isChinese(_ text: String) -> Bool {
    text.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }
  }

  @Test(arguments: [
    ("There is no sale double11.", "没有活动 double11。"),
    ("The sale a has no SKU b.", "活动 a 没有 SKU b。"),
    ("units must be 1 to 1000000000.", "units：须为 1 到 1000000000。"),
    ("name must be 1 to 200 bytes without control characters.", "name：须为 1 到 200 字节，不含控制字符。"),
    (
      "It was not confirmed in time: the sale may be closed, now or later. "
        + "Repeating the call is safe: it changes nothing twice.",
      "未及时得到确认：活动可能已关闭，或稍后关闭。可以安全地重试，不会重复执行。"
    ),
    ("must be 1 to 64 characters of printable ASCII without spaces", "须为 1 到 64 个可打印 ASCII 字符，不含空格"),
    ("There is no sale {2}.", "没有活动 {2}。"),
    ("Nobody has translated this.", "Nobody has translated this."), ("", ""), (".", "."), ("{1}", "{1}"),
  ])
  func `a text finds its translation with its values`(_ english: String, _ chinese: String) {
    #expect(Self.say.detail(english) == chinese)
    #expect(Phrasebook(language: .english).detail(english) == english)
  }

  @Test(arguments: [
    ("the store has no stock of SKU phone in sale number 7", "数据库中编号 7 的活动没有 SKU phone"),
    (
      "the log was truncated: it begins at offset 40, the next one to decide is 12", "日志被截断：现从偏移 40 开始，而下一个待裁决的是 12"
    ),
    ("field quantity: must be 1 to 1000", "字段 quantity：须为 1 到 1000"), ("comparing", "比对"),
    ("stopped by mia: wrong search", "已由 mia 停止：wrong search"), ("PostgreSQL is away", "PostgreSQL is away"),
  ])
  func `what was found is said in the page's language`(_ english: String, _ chinese: String) {
    #expect(Self.say.fault(english) == chinese)
    #expect(Phrasebook(language: .english).fault(english) == english)
  }

  @Test func `a problem without a text says what its code means`() {
    #expect(Self.say.detail(of: Problem(.soldOut)) == "已售罄")
    #expect(Self.say.detail(of: Problem(.soldOut, detail: "Try again soon.")) == "请稍后重试。")
    #expect(Self.say.door("sold_out") == "已售罄" && Phrasebook(language: .english).door("sold_out") == "sold_out")
  }

  /// Whatever a route of the console says is in a table: read from the sources, with `7` for each value.
  @Test func `no text of a problem lacks its translation`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources")
    var files = [
      "FlashSale/Sale.swift", "FlashSale/Units.swift", "FlashSale/ResumeRequest.swift", "FlashSale/BulkRequest.swift",
      "FlashSale/Life/Commands.swift", "Accounts/PasswordRule.swift",
    ].map { root.appending(path: $0) }
    let admin = FileManager.default.enumerator(at: root.appending(path: "Admin"), includingPropertiesForKeys: nil)
    for case let file as URL in try #require(admin) where file.pathExtension == "swift" { files.append(file) }
    var count = 0
    for file in files {
      let source = try String(contentsOf: file, encoding: .utf8)
        // A text over several lines is one.
        .replacing(/"""\n\s*([\s\S]*?)\n\s*"""/) { "\"\($0.output.1.replacing(/\s*\\\n\s*/, with: " "))\"" }
      let texts = source.matches(of: /detail:\s*"((?:[^"\\]|\\.)+)"/).map { String($0.output.1) }
      // Of a call with a name and a rule, the rule.
      let named =
        /(?:invalidParameter|invalidField|ValidationError|refuse)\([^,()]+(?:\([^()]*\))?[^,()]*,\s*"((?:[^"\\]|\\.)+)"/
      let rules =
        source.matches(of: named).map { String($0.output.1) }
        + source.matches(of: /changes: "([^"\\]+)"/).map { String($0.output.1) }
      for (text, isRule) in texts.map({ ($0, false) }) + rules.map({ ($0, true) }) {
        let sample = text.replacing(/\\\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/, with: "7").replacing(
          "\\\"", with: "\"")
        // These are made of two parts: a name, and a rule that stands in its own place.
        guard !["7 7.", "7. Nothing was changed.", "7"].contains(sample) else { continue }
        count += 1
        let said = isRule ? Self.say.rule(sample) : Self.say.detail(sample)
        #expect(Self.isChinese(said), "\(file.lastPathComponent): \(sample)")
      }
    }
    #expect(count > 100)
  }
}
