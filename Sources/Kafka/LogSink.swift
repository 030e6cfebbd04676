internal import CRdkafka
internal import Logging

/// Where a client's log lines go.
final class LogSink: Sendable {
  let logger: Logger

  init(logger: Logger) {
    self.logger = logger
  }

  func write(level: Int32, facility: String, text: String) {
    // That an old broker (the embedded one) may make a topic when asked for it: `Topics` does not ask for it by name.
    let level = facility == "AUTOCREATE" ? .debug : Self.level(syslog: level)
    logger.log(level: level, "\(text)", metadata: ["librdkafka": "\(facility)"])
  }

  /// librdkafka reports with syslog's levels. A connection that breaks is an *error* (3) to it, but it goes on by
  /// itself: what needs a person arrives as an error of a call or an event.
  private static func level(syslog level: Int32) -> Logger.Level {
    switch level {
    case ...2: .error
    case 3, 4: .warning
    case 5: .info
    default: .debug
    }
  }
}

/// librdkafka's `log_cb`: "the log callback may be called spontaneously from librdkafka's internal threads"
/// (rdkafka.h). It makes no call into librdkafka but for the opaque pointer, and does not wait.
func writeLogLine(
  client: OpaquePointer?, level: Int32, facility: UnsafePointer<CChar>?, text: UnsafePointer<CChar>?
) {
  // The opaque is the `LogSink` that `ClientHandle` retains until after the client's destruction.
  guard let client, let facility, let text, let opaque = rd_kafka_opaque(client) else { return }
  Unmanaged<LogSink>.fromOpaque(opaque).takeUnretainedValue()
    .write(level: level, facility: String(cString: facility), text: String(cString: text))
}
