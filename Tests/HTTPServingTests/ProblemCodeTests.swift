import Foundation
import HTTPServing
import NIOHTTP1
import Testing
import Yams

/// `docs/openapi.yaml` and the list of codes say the same.
struct ProblemCodeTests {
  private static let document: String? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try? String(contentsOf: root.appending(path: "docs/openapi.yaml"), encoding: .utf8)
  }()

  private let all = ProblemCode.allCases.map { "\($0.name)" }

  @Test func `openapi is YAML, and what it refers to is there`() throws {
    let text = try #require(Self.document)
    let document = try #require(try Yams.load(yaml: text) as? [String: Any])
    let references = text.matches(of: /\$ref: '#\/([^']+)'/).map { $0.output.1.split(separator: "/").map(String.init) }
    #expect(references.count > 100)
    for reference in references {
      var found: Any? = document
      for key in reference { found = (found as? [String: Any])?[key] }
      #expect(found != nil, "\(reference)")
    }
  }

  @Test func `openapi lists every code with its status and title, and no other`() throws {
    let document = try #require(Self.document)
    let rows = document.matches(of: /\| `([a-z_]+)` \| ([0-9]{3}) \| (.+) \|/)
    let listed = rows.map { "\($0.output.1) \($0.output.2) \($0.output.3)" }
    #expect(listed == ProblemCode.allCases.map { "\($0.name) \($0.status.code) \($0.title)" })
    let start = try #require(document.range(of: "\n    ProblemCode:\n"))
    let end = try #require(document.range(of: "\n    Problem:\n"))
    let schema = document[start.upperBound..<end.lowerBound]
    #expect(schema.matches(of: /\n        - ([a-z_]+)/).map { String($0.output.1) } == all)
  }

  @Test func `every code is said by some answer of openapi, under its status, and no answer says another`() throws {
    let document = try #require(Self.document)
    var said: Set<String> = []
    var status: String?
    for line in document.split(separator: "\n") {
      if let match = line.firstMatch(of: /^ {8}'([0-9]{3})':/) {
        status = String(match.output.1)
      } else if line.firstMatch(of: /^ {0,8}[^ ]/) != nil {
        status = nil
      }
      guard let match = line.firstMatch(of: /code: \{(?:const: (\w+)|enum: \[([^\]]+)\])\}/) else { continue }
      let codes = match.output.1.map { [String($0)] } ?? match.output.2?.components(separatedBy: ", ") ?? []
      for name in codes {
        said.insert(name)
        let code = ProblemCode.allCases.first { "\($0.name)" == name }
        if let status { #expect(code.map { "\($0.status.code)" } == status, "\(name)") }
      }
    }
    #expect(said == Set(all))
  }

  @Test func `the examples of openapi are what is answered`() throws {
    let document = try #require(Self.document)
    let examples = document.matches(
      of: /type: urn:penstock:problem:(\w+)\n +title: (.+)\n +status: ([0-9]+)\n +code: (\w+)\n/)
    #expect(examples.count > 10)
    for example in examples {
      let code = try #require(ProblemCode.allCases.first { "\($0.name)" == example.output.4 })
      #expect(example.output.1 == example.output.4)
      #expect("\(code.title)" == example.output.2)
      #expect("\(code.status.code)" == example.output.3)
    }
  }

  @Test func `a name is unique and fit for a URN`() {
    #expect(Set(all).count == all.count)
    #expect(all.allSatisfy { $0.wholeMatch(of: /[a-z]+(_[a-z]+)*/) != nil })
  }
}
