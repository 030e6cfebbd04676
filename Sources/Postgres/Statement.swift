/// One SQL statement, written as a literal.
///
/// It can be made from a literal in the source only, so that SQL is never put together from input: what varies goes
/// in as `$1`, `$2` … A connection prepares it on first use and keeps it prepared; the number of prepared statements
/// is thereby bounded by the number of literals in the program.
public struct Statement: ExpressibleByStringLiteral, Hashable, Sendable {
  let sql: String

  /// A statement from a literal.
  public init(stringLiteral literal: StaticString) {
    sql = "\(literal)"
  }
}
