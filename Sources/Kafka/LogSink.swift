internal import CRdkafka
internal import Logging
internal import Synchronization

/// Where a client's log lines go.
final class LogSink: Sendable {
  let logger: Logger
  private let isEnding = Atomic(false)

  init(logger: Logger) {
    self.logger = logger
  }

  /// Nobody uses the client any more: what happens to it is nobody's business, such as that its broker ends too.
  func end() { isEnding.store(true, ordering: .relaxed) }

  func write(level: Int32, facility: String, text: String) {
    let level = isEnding.load(ordering: .relaxed) ? .debug : Self.level(syslog: level, facility: facility)
    logger.log(level: level, "\(text)", metadata: ["librdkafka": "\(facility)"])
  }
}

/// librdkafka's `log_cb`: "the log callback may be called spontaneously from librdkafka's internal threads"
/// (rdkafka.h). It makes no call into librdkafka but for the opaque pointer, and does not wait.
func writeLogLine(
  client: OpaquePointer?, level: Int32, facility: UnsafePointer<CChar>?, text: UnsafePointer<CChar>?
) {
  // The context outlives the client: `ClientHandle` retains it.
  guard let client, let facility, let text, let opaque = rd_kafka_opaque(client) else { return }
  Unmanaged<ClientContext>.fromOpaque(opaque).takeUnretainedValue().log
    .write(level: level, facility: String(cString: facility), text: String(cString: text))
}
