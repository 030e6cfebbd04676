import Testing

@testable import HTTPServing

/// Each route has one spelling.
struct RequestPathTests {
  @Test(arguments: [
    ("/", [] as [String], "/"), ("/a", ["a"], "/a"), ("/%61/b", ["a", "b"], "/a/b"),
    ("/a%2Fb/c", ["a/b", "c"], "/a%2Fb/c"),
    ("/a:b", ["a:b"], "/a%3Ab"), ("/%0a%3F", ["\n?"], "/%0A%3F"), ("/%E5%8F%8C", ["双"], "/%E5%8F%8C"),
    ("/-._~9", ["-._~9"], "/-._~9"),
  ])
  func `a path is decoded segment by segment, and written in its normal form`(
    path: String, segments: [String], normalForm: String
  ) throws {
    let read = try #require(RequestPath(path))
    #expect(read.segments == segments)
    #expect(read.normalForm == normalForm)
  }

  @Test(arguments: ["", "*", "a", "a/b", "//", "/a/", "//a", "/a//b", "/%", "/%4", "/%zz", "/%FF"])
  func `what no route can be has no form`(path: String) { #expect(RequestPath(path) == nil) }
}
