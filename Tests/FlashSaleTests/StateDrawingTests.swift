import FlashSale
import Foundation
import TestSupport
import Testing

/// `docs/order-states.md` draws and lists what `Hold.State.next` allows, and nothing else.
@Suite struct StateDrawingTests {
  private let page: String

  init() throws { page = try String(contentsOfFile: projectRoot + "/docs/order-states.md", encoding: .utf8) }

  private static let allowed = Dictionary(
    uniqueKeysWithValues: Hold.State.allCases.map { ($0.code, Set($0.next.map(\.code))) })

  @Test func `the drawing has every allowed transition`() {
    var drawn = Self.allowed.mapValues { _ in Set<String>() }
    for arrow in page.matches(of: /\n  (\w+) --> (\w+):/) where arrow.output.1 != "queued" {
      drawn[String(arrow.output.1), default: []].insert(String(arrow.output.2))
    }
    #expect(drawn == Self.allowed)
  }

  @Test func `so has the table of states`() throws {
    let table = try #require(page.split(separator: "## What each state means").last?.split(separator: "\n## ").first)
    var listed: [String: Set<String>] = [:]
    for row in table.split(separator: "\n") {
      let cells = row.split(separator: "|", omittingEmptySubsequences: false)
      guard cells.count == 6, cells[1].contains("`") else { continue }
      func codes(_ cell: Substring) -> [String] { cell.matches(of: /`(\w+)`/).map { String($0.output.1) } }
      for state in codes(cells[1]) { listed[state] = Set(codes(cells[4])) }
    }
    #expect(listed == Self.allowed)
  }
}
