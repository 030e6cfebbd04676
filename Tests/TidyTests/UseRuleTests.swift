import Testing

/// What nothing uses is found, and what is used in any way is not.
@Suite struct UseRuleTests {
  private func found(_ files: [(path: String, content: String)]) -> (files: [String], names: [String]) {
    let rules = UseRules(files.map { SwiftFile(path: $0.path, content: $0.content) })
    return (rules.filesWithoutUse.map(\.path), rules.namesWithoutUse.map { "\($0.path):\($0.line)" })
  }

  private let lonely = (path: "Sources/Kafka/Lonely.swift", content: "\npublic struct Lonely {\n  let a = 1\n}\n")

  @Test func `a type that nobody knows is found, with its file`() {
    let found = found([lonely, ("Sources/Kafka/B.swift", "// Lonely\nfunc main() { main() }\n")])
    #expect(found.files == [lonely.path, "Sources/Kafka/B.swift"])
    #expect(found.names == ["\(lonely.path):2"])
  }

  @Test(arguments: ["let b = Lonely()", "print(\"\\(Lonely())\")"])
  func `one that another file knows is not, but tests are no other file`(_ use: String) {
    #expect(found([lonely, ("bench/Sources/bench/B.swift", use)]).files.isEmpty)
    #expect(found([lonely, ("bench/Sources/bench/B.swift", use)]).names.isEmpty)
    #expect(found([lonely, ("Tests/KafkaTests/B.swift", use)]).files == [lonely.path])
  }

  @Test func `a file that only extends is known by its members`() {
    let content = "extension Int {\n  var half: Int { self / 2 }\n}\n"
    let extending = (path: "Sources/Kafka/Int+Half.swift", content: content)
    #expect(found([extending]).files == [extending.path])
    #expect(found([extending, ("chaos/A.swift", "let a = 4.half")]).files.isEmpty)
  }

  @Test func `an entry needs no use`() {
    let found = found([("Sources/a/main.swift", "let a = 1"), ("Sources/b/B.swift", "@main\nstruct B {}\n")])
    #expect(found.files.isEmpty)
    #expect(found.names.isEmpty)
  }
}
