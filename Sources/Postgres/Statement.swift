/// One SQL statement, written as a literal.
///
/// It can be made only from a literal in the source, so that SQL never contains input: values go in as `$1`, `$2` … A
/// connection prepares it on first use and keeps it prepared. So the number of literals in the program bounds the
/// number of prepared statements.
public struct Statement: ExpressibleByStringLiteral, Hashable, Sendable {
  let sql: String

  /// A statement from a literal.
  public init(stringLiteral literal: StaticString) {
    sql = "\(literal)"
  }
}
