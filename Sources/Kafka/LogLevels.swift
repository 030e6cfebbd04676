internal import Logging

// How loud a line is. Error: a person has to do something. Warning: something is worse than it should be, and goes on
// or comes back by itself. Notice and info: something changed. What a moment of normal running brings is debug.

extension KafkaError {
  /// How loud it is told where nobody waits for it.
  var logLevel: Logger.Level {
    switch code {
    // Of one broker among several; when it is of all, librdkafka says so as well.
    case .connectionLost, .leaderMoved: .notice
    // A fatal one ends a client, which is replaced.
    case .fatal: .warning
    default: isRetriable ? .warning : .error
    }
  }
}

extension LogSink {
  /// librdkafka speaks in syslog's levels, and calls a connection that breaks an *error* (3).
  static func level(syslog level: Int32, facility: String) -> Logger.Level {
    switch facility {
    // That an old broker (the embedded one) may make a topic when asked for it: `Topics` does not ask for it by name.
    case "AUTOCREATE": .debug
    // One connection. That all are gone has the facility ERROR.
    case "FAIL": level <= 2 ? .warning : .notice
    default:
      switch level {
      case ...2: .error
      case 3, 4: .warning
      case 5: .info
      default: .debug
      }
    }
  }
}
