import Testing

/// A rule that can't fail holds nothing: here each meets a sample that breaks it, and one that only looks like it.
@Suite struct RuleTests {
  private func swift(_ content: String, at path: String = "Sources/Worker/Sample.swift") -> SwiftFile {
    SwiftFile(path: path, content: content)
  }

  @Test func `a line is too long from the first character past the limit`() {
    let full = String(repeating: "水", count: Limits.lineCharacters)
    #expect(SizeRules.longLines(in: swift("\(full)\n")).isEmpty)
    #expect(SizeRules.longLines(in: swift("\n\(full)水\n")).map(\.line) == [2])
  }

  @Test func `a file is too long from the first line past the limit`() {
    let full = String(repeating: "\n", count: Limits.fileLines)
    #expect(SizeRules.longFile(swift(full)).isEmpty)
    #expect(SizeRules.longFile(swift(full + "\n")).count == 1)
  }

  @Test(arguments: [
    "func long<T>(_ f: () -> T = { 1 }) async throws -> [T] where T: Q {", "init?(_ x: Int) {", "deinit {",
    "func `a name with func and { in it`() {", "static func + (a: A, b: A) -> A {",
  ])
  func `a function is too long from the first line past the limit`(_ head: String) {
    func sample(lines: Int) -> SwiftFile {
      let body = String(repeating: "  print(\"}\") // }\n", count: lines - 2)
      return swift("protocol P {\n  func required()\n}\nstruct S {\n\(head)\n\(body)}\n}\n")
    }
    #expect(SizeRules.longFunctions(in: sample(lines: Limits.functionLines)).isEmpty)
    #expect(SizeRules.longFunctions(in: sample(lines: Limits.functionLines + 1)).map(\.line) == [5])
  }

  @Test func `a call of an initializer and a requirement are no functions`() {
    let types = String(repeating: "  case a\n", count: Limits.functionLines + 1)
    let file = swift("protocol P {\n  init()\n}\nlet a: A = .init(1)\nenum E {\n\(types)}\n")
    #expect(SizeRules.longFunctions(in: file).isEmpty)
  }

  @Test(arguments: [
    "Sources/Kafka/KafkaUtils.swift", "Tests/Helpers", "Sources/Common", "Sources/Worker/LaneManager.swift",
    "scripts/helpers.sh",
  ])
  func `a vague name is found`(_ path: String) {
    #expect(NameRules.vagueNames(in: [path]).map(\.path) == [path])
  }

  @Test func `a clear name is none`() {
    #expect(NameRules.vagueNames(in: ["Sources/Kafka/CommonKey.swift", "Tests/TestSupport", "docs"]).isEmpty)
  }

  @Test func `unfinished work is found in comments and not in strings`() {
    let mark = "TO" + "DO"
    let file = swift("let a = \"\(mark)\"\n/* one\n \(mark) two */\nlet b = 1  // \(mark): c\n")
    #expect(NameRules.unfinishedWork(in: file).map(\.line) == [3, 4])
  }

  @Test func `a metric that is made of a text is found outside of Vitals only`() {
    let line = "let a = Timer(label: \"penstock_a_seconds\")\nlet b = Logger(label: \"b\")\n"
    #expect(NameRules.metricsWithoutMeaning(in: swift(line)).map(\.line) == [1])
    #expect(NameRules.metricsWithoutMeaning(in: swift(line, at: "Sources/Vitals/A.swift")).isEmpty)
  }

  @Test(arguments: [
    ("Sources/Worker/A.swift", "import Intake"), ("Sources/Kafka/A.swift", "internal import FlashSale"),
    ("Sources/SaleStore/A.swift", "import Kafka"), ("Sources/Admin/A.swift", "@testable import Kafka"),
    ("Sources/FlashSale/A.swift", "public import struct NIOCore.ByteBuffer"),
    ("Sources/FlashSale/A.swift", "import Dispatch"), ("Sources/Postgres/A.swift", "import Hummingbird"),
    ("Sources/Worker/A.swift", "private import CRdkafka"), ("Tests/KafkaTests/A.swift", "import CRdkafka"),
    ("Sources/Kafka/A.swift", "import CLibpq"), ("loadtest/Sources/spike/A.swift", "import FlashSale"),
    ("loadtest/Sources/Other/A.swift", "import Kafka"), ("Sources/Admin/A.swift", "import Worker"),
    ("Sources/Kafka/A.swift", "import penstock"), ("Sources/Telemetry/A.swift", "import SaleStore"),
    ("Sources/Vitals/A.swift", "import Telemetry"), ("Sources/Intake/A.swift", "import Kafka"),
  ])
  func `an arrow that points up or aside is found`(_ path: String, _ line: String) {
    #expect(ImportRules.violations(in: swift("// one\n\(line)\n", at: path)).map(\.line) == [2])
  }

  @Test(arguments: [
    ("Sources/Kafka/A.swift", "internal import CRdkafka"), ("Sources/Postgres/A.swift", "internal import CLibpq"),
    ("Sources/Worker/A.swift", "public import FlashSale"), ("Sources/FlashSale/A.swift", "import Crypto"),
    ("Sources/Intake/A.swift", "import NIOCore"), ("Sources/Kafka/A.swift", "import Dispatch"),
    ("Sources/Worker/A.swift", "// import Intake"), ("Sources/Worker/A.swift", "let a = \"import Intake\""),
    ("Tests/SystemTests/A.swift", "import Intake"), ("loadtest/Sources/spike/A.swift", "import SpikeKit"),
    ("Package.swift", "import PackageDescription"), ("Sources/Intake/A.swift", "public import OrderLog"),
  ])
  func `an arrow that points down is none`(_ path: String, _ line: String) {
    #expect(ImportRules.violations(in: swift(line, at: path)).isEmpty)
  }

  @Test func `a part that the table does not know is found`() {
    #expect(ImportRules.violations(in: swift("", at: "Sources/Extra/A.swift")).count == 1)
  }

  @Test(arguments: [
    "\"select id from orders\"", "\"SELECT 1\"", "\"\"\"\n  insert into orders values (1)\n  \"\"\"",
    "#\"UPDATE stock SET left = 0\"#", "\"delete from orders\"", "\"with a as (select 1) table a\"",
    "\"explain SELECT \\(columns) FROM orders\"",
  ])
  func `SQL in a literal is found outside its place only`(_ literal: String) {
    let content = "// select a, b\nlet a = \(literal)\n"
    #expect(StatementRule.violations(in: swift(content)).map(\.line) == [2])
    #expect(StatementRule.violations(in: swift(content, at: "Sources/SaleStore/A.swift")).isEmpty)
  }

  @Test(arguments: [
    "\"Select a sale from the list\"", "\"update\"", "\"Delete the sale\"", "\"with 3 workers\"", "\"Insert coin\"",
  ])
  func `a sentence is no SQL`(_ literal: String) {
    #expect(StatementRule.violations(in: swift("let a = \(literal)")).isEmpty)
  }
}
