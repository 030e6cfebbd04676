import Logging

extension Logger {
  /// For code that must not log anything.
  static let silent = Logger(label: "penstock.silent", factory: { _ in SwiftLogNoOpLogHandler() })
}

/// A logger to standard error, so that standard output stays for answers.
func makeLogger(_ label: String, level: Logger.Level) -> Logger {
  var logger = Logger(label: "penstock.\(label)", factory: { StreamLogHandler.standardError(label: $0) })
  logger.logLevel = level
  return logger
}
