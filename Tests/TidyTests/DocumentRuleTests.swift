import Testing

/// Each rule about documents meets a sample that breaks it, and one that does not.
@Suite struct DocumentRuleTests {
  private func decision(_ name: String, _ content: String = "# A title\n") -> TextFile {
    TextFile(path: "\(DocumentRules.decisions)/\(name)", content: content)
  }

  @Test func `decisions in a row are fine`() {
    #expect(DocumentRules.decisions(in: [decision("0002-b.md"), decision("0001-a.md")]).isEmpty)
  }

  @Test(arguments: ["0003-gap.md", "0001-twice.md", "2-short.md", "notes.md"])
  func `a decision out of the row is found`(_ name: String) {
    let violations = DocumentRules.decisions(in: [decision("0001-a.md"), decision(name)])
    #expect(violations.count == 1)
  }

  @Test(arguments: ["", "A title\n", "## A title\n", "# \n", "\n# A title\n"])
  func `a decision without a title is found`(_ content: String) {
    #expect(DocumentRules.decisions(in: [decision("0001-a.md", content)]).count == 1)
  }

  @Test func `no decision at all is found`() {
    #expect(DocumentRules.decisions(in: []).count == 1)
  }

  @Test(arguments: ["*Superseded by [0002](0002-b.md).*", "*Superseded in part by [0002](0002-b.md): only this.*"])
  func `a superseded decision with its successor is fine, if that links back`(_ line: String) {
    let old = decision("0001-a.md", "# A\n\n\(line)\n")
    let new = decision("0002-b.md", "# B\n\nSupersedes [0001](0001-a.md).\n")
    #expect(DocumentRules.supersessions(in: [old, new]).isEmpty)
    #expect(DocumentRules.supersessions(in: [old, decision("0002-b.md")]).map(\.line) == [3])
    #expect(DocumentRules.supersessions(in: [old]).map(\.line) == [3])
  }

  @Test(arguments: [
    "Superseded by decision 0002.", "*Superseded by 0002.*", "*Superseded by [0002](0001-a.md).*",
    "*Superseded by [0003](0002-b.md).*",
  ])
  func `one that does not name its successor is found`(_ line: String) {
    let files = [decision("0001-a.md", "# A\n\n\(line)\n"), decision("0002-b.md", "# B\n[0001](0001-a.md)\n")]
    #expect(DocumentRules.supersessions(in: files).count == 1)
  }

  @Test func `a link to a decision that is not there is found`() {
    let file = decision("0001-a.md", "# A\n[0001](0001-a.md)\n[0002](0002-b.md)\n")
    #expect(DocumentRules.links(of: [file]).map(\.line) == [3])
  }

  @Test func `a source file that is not there is found`() {
    let file = decision("0001-a.md", "# A\n`Kafka/Producer.swift`\n`Producer.swift` and `Gone.swift`\n")
    let paths: Set<String> = ["Sources/Kafka/Producer.swift"]
    #expect(DocumentRules.sources(named: file, among: paths).map(\.line) == [3])
  }

  private let original = TextFile(path: "README.md", content: "# A\n\n## B\n\n```\n# no heading\n```\n\n## C\n")

  @Test func `the same headings in other words are fine`() {
    let translation = TextFile(path: "README.zh-CN.md", content: "# 一\n## 二\n## 三\n")
    #expect(DocumentRules.headings(of: translation, as: original).isEmpty)
  }

  @Test(arguments: [("# 一\n## 二\n", 3), ("# 一\n## 二\n### 三\n", 3), ("# 一\n## 二\n## 三\n\n## 四\n", 5), ("", 1)])
  func `a heading too few, too many or of another level is found`(_ content: String, _ line: Int) {
    let translation = TextFile(path: "README.zh-CN.md", content: content)
    #expect(DocumentRules.headings(of: translation, as: original).map(\.line) == [line])
  }

  @Test func `a README without headings is found`() {
    let empty = TextFile(path: "README.md", content: "words\n")
    #expect(DocumentRules.headings(of: empty, as: empty).map(\.path) == ["README.md"])
  }

  private let source = SwiftFile(
    path: "Sources/penstock/A.swift", content: "// PENSTOCK_OLD\nlet a = \"PENSTOCK_HTTP\"\n")

  @Test func `a variable in the table is fine`() {
    let readme = TextFile(path: "README.md", content: "| `PENSTOCK_HTTP` | where to listen |\n")
    #expect(DocumentRules.variables(of: [source], in: readme).isEmpty)
  }

  @Test func `a variable outside the table is found where it is used`() {
    let readme = TextFile(path: "README.md", content: "Set `PENSTOCK_HTTP`.\n")
    #expect(DocumentRules.variables(of: [source], in: readme).map(\.line) == [2])
  }

  @Test func `a variable that nothing reads is found in the README`() {
    let readme = TextFile(path: "README.md", content: "| `PENSTOCK_HTTP` |\n| `PENSTOCK_OLD` |\n")
    #expect(
      DocumentRules.variables(of: [source], in: readme).map { "\($0.path):\($0.line)" } == ["README.md:2"])
  }

  @Test func `a name put together from parts is found`() {
    let joined = SwiftFile(path: "Sources/penstock/A.swift", content: "let a = \"PENSTOCK_\" + name\n")
    let readme = TextFile(path: "README.md", content: "")
    #expect(DocumentRules.variables(of: [joined], in: readme).count == 1)
  }
}
