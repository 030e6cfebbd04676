import Testing

/// The rules are as good as the scanner that tells code from literals and comments.
@Suite struct SwiftTextTests {
  @Test(arguments: [
    "\"a\"", "\"\"", "\"\\\"\"", "\"\\\\\"", "\"\"\"\n a \"quoted\" // word\n \"\"\"", "#\"a \" \\n b\"#",
    "##\"a \"# b\"##", "\"\\(f(\"(\", [1]))\"", "\"\\(a) \\(\"\\(b)\")\"", "#\"\\#(\"x\") \\(\"#", "\"/* no */ // no\"",
  ])
  func `a literal is one piece, whatever is in it`(_ literal: String) {
    let text = SwiftText("let a = \(literal) + b")
    #expect(text.strings == [SwiftText.Piece(line: 1, text: literal)])
    #expect(text.comments.isEmpty)
    #expect(text.code.joined().hasPrefix("let a = "))
    #expect(text.code.joined().hasSuffix(" + b"))
  }

  @Test(arguments: ["// one \"two\"", "/* one */", "/* one /* two \" */ three\n four */"])
  func `a comment is one piece, whatever is in it`(_ comment: String) {
    let text = SwiftText("\nlet a = 1 \(comment)\nlet b")
    #expect(text.comments == [SwiftText.Piece(line: 2, text: comment)])
    #expect(text.strings.isEmpty)
    #expect(text.code.last == "let b")
  }

  @Test(arguments: ["a.matches(of: /\"{/)", "let a = /[\"\\/]/", "f(#/ / \" /#)"])
  func `a regex is neither code nor a string`(_ code: String) {
    let text = SwiftText("\(code)\nlet b = \"c\"")
    #expect(text.strings.map(\.text) == ["\"c\""])
    #expect(!text.code.joined().contains("{"))
  }

  @Test func `a division is code`() {
    #expect(SwiftText("let a = b / c / d; let e = f/g").code == ["let a = b / c / d; let e = f/g"])
  }

  @Test(arguments: ["\"", "\"\"\"", "/*", "#\"", "\"\\(", "#", "\"\\", "/", "`", "#/"])
  func `a file that ends too early is read to its end`(_ source: String) {
    let text = SwiftText(source)
    #expect(text.code.joined().utf8.count == source.utf8.count)
  }
}
