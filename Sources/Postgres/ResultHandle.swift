internal import CLibpq

/// Owns one `PGresult`. Every result is cleared, also one that reports a failure: "Results should be freed via
/// PQclear when no longer needed" (libpq, 34.3.1).
struct ResultHandle: ~Copyable {
  let pointer: OpaquePointer

  deinit { PQclear(pointer) }

  var status: ExecStatusType { PQresultStatus(pointer) }

  /// A field of the error report; `PG_DIAG_…` are character macros, which Swift does not import.
  func field(_ code: DiagnosticField) -> String? {
    PQresultErrorField(pointer, code.rawValue).map { String(cString: $0) }
  }

  /// The command tag: what was done, such as `INSERT 0 5` or `COMMIT`.
  var commandTag: String { PQcmdStatus(pointer).map { String(cString: $0) } ?? "" }

  /// Rows affected, from the command tag; 0 for a command that has none.
  var affectedRows: Int { PQcmdTuples(pointer).flatMap { Int(String(cString: $0)) } ?? 0 }

  /// The session cannot go on after it: severity FATAL or PANIC. The non-localized field is always English.
  var endsSession: Bool {
    let severity = field(.severity)
    return severity == "FATAL" || severity == "PANIC"
  }
}

/// `PG_DIAG_…` of `postgres_ext.h`.
enum DiagnosticField: Int32 {
  case severity = 86  // 'V', PG_DIAG_SEVERITY_NONLOCALIZED
  case sqlState = 67  // 'C', PG_DIAG_SQLSTATE
  case message = 77  // 'M', PG_DIAG_MESSAGE_PRIMARY
  case detail = 68  // 'D', PG_DIAG_MESSAGE_DETAIL
  case hint = 72  // 'H', PG_DIAG_MESSAGE_HINT
  case constraint = 110  // 'n', PG_DIAG_CONSTRAINT_NAME
}
