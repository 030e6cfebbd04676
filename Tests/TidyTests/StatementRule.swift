/// SQL stands in one place, where it is read next to the tables that it needs.
enum StatementRule {
  private static let allowed = ["Sources/SaleStore/", "Sources/Postgres/Migrator", "Tests/", "bench/", "chaos/"]

  static func violations(in file: SwiftFile) -> [Violation] {
    guard !allowed.contains(where: file.path.hasPrefix) else { return [] }
    return file.text.strings.filter { isStatement($0.text) }.map {
      Violation(path: file.path, line: $0.line, advice: "SQL in a literal: move it to Sources/SaleStore or migrations/")
    }
  }

  /// A literal that begins like a statement, in any case, or has one inside in capitals. Sentences in English begin
  /// with “Select” and “Update” too, so a statement has to show its next clause.
  private static func isStatement(_ literal: String) -> Bool {
    let text = literal.drop { $0 == "#" || $0 == "\"" || $0.isWhitespace }
    let read = /(?i)select\s+(\d|\*|[\w.$"]+\s*(,|\(|from\b))|with\s+\w+\s+as\s*\(/
    let write = /(?i)insert\s+into\s|update\s+[\w."]+\s+set\s|delete\s+from\s/
    let inside =
      /\b(SELECT\s[^;]+\sFROM\s|INSERT\s+INTO\s|UPDATE\s+[^;\s]+\s+SET\s|DELETE\s+FROM\s)/
    return text.prefixMatch(of: read) != nil || text.prefixMatch(of: write) != nil || text.firstMatch(of: inside) != nil
  }
}
