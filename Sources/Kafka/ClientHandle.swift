internal import CRdkafka
internal import Logging
internal import Secrets
internal import Vitals

/// Owns one librdkafka client (`rd_kafka_t`), from its configuration to its destruction.
///
/// Everything that librdkafka hands out (topics, queues, messages) has to be destroyed before the client
/// (INTRODUCTION.md, "Termination"). So each owner of such a thing keeps a reference to this object, and the last
/// release destroys the client.
///
/// `@unchecked Sendable`: librdkafka "is completely thread-safe" (rdkafka.h, preamble); the pointer never changes.
final class ClientHandle: @unchecked Sendable {
  enum Kind {
    case producer, consumer

    var type: rd_kafka_type_t {
      switch self {
      case .producer: RD_KAFKA_PRODUCER
      case .consumer: RD_KAFKA_CONSUMER
      }
    }
  }

  let pointer: OpaquePointer
  /// Comes when librdkafka has let go of everything.
  let destroyed = Announcement<Void, Never>()
  private let context: Unmanaged<ClientContext>

  /// The client's connections to brokers that have ended.
  var closedConnections: ClosedConnections { context.takeUnretainedValue().connections }

  /// - Parameters:
  ///   - fixed: settings that the client depends on; an option of the cluster with the same name is refused.
  ///   - events: `RD_KAFKA_EVENT_…`, the kinds of events that somebody is going to take from the client's queues.
  init(
    _ kind: Kind, cluster: ClusterSettings, fixed: [(name: String, value: String)], events: Int32, logger: Logger
  ) throws(KafkaError) {
    let configuration: OpaquePointer = rd_kafka_conf_new()
    let context = Unmanaged.passRetained(ClientContext(log: LogSink(logger: logger)))
    do {
      try Self.set(cluster: cluster, fixed: fixed, in: configuration)
      rd_kafka_conf_set_events(configuration, events)
      rd_kafka_conf_set_opaque(configuration, context.toOpaque())
      rd_kafka_conf_set_log_cb(configuration, writeLogLine)
      rd_kafka_conf_set_closesocket_cb(configuration, closeConnection)
      pointer = try withErrorText { text, size in
        rd_kafka_new(kind.type, configuration, text, size)
      }
    } catch {
      // rd_kafka_new: "the conf object is freed by this function on success and must not be used or destroyed by the
      // application subsequently"; when it failed, it is still ours.
      rd_kafka_conf_destroy(configuration)
      context.release()
      throw error
    }
    self.context = context
  }

  deinit {
    // rd_kafka_destroy waits for the client's threads, so it gets a thread of its own. Closing the consumer is the
    // consumer's business and has happened, or has been given up: without this flag it would be waited for here.
    context.takeUnretainedValue().log.end()
    let client = Destruction(pointer: pointer, context: context)
    let destroyed = destroyed
    DedicatedThread.start(name: "kafka-destroy") {
      rd_kafka_destroy_flags(client.pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
      // Only now can no log line come any more, and no connection end.
      client.context.release()
      destroyed.announce()
    }
  }

  /// What the destroying thread takes over. `@unchecked Sendable`: nobody else has it any more.
  private struct Destruction: @unchecked Sendable {
    let pointer: OpaquePointer
    let context: Unmanaged<ClientContext>
  }

  private static func set(
    cluster: ClusterSettings, fixed: [(name: String, value: String)], in configuration: OpaquePointer
  ) throws(KafkaError) {
    var settings: [(name: String, value: String)] = [
      ("bootstrap.servers", cluster.brokers),
      ("reconnect.backoff.max.ms", String(Limits.reconnectBackoffMax.milliseconds)),
      ("topic.metadata.refresh.interval.ms", String(Limits.metadataRefresh.milliseconds)),
      ("metadata.max.age.ms", String(Limits.metadataAge.milliseconds)),
      ("topic.metadata.refresh.fast.interval.ms", String(Limits.metadataFastRefresh.milliseconds)),
      // Otherwise the end of a request or an answer can wait for the other side's delayed acknowledgement, 40 ms.
      ("socket.nagle.disable", "true"),
    ]
    settings += fixed
    for (name, value) in cluster.options {
      if settings.contains(where: { $0.name == name }) {
        throw KafkaError(.configuration, subject: "\(name) is set by the client itself")
      }
      settings.append((name, value.value))
    }
    for (name, value) in settings {
      _ = try withErrorText(subject: name) { text, size in
        rd_kafka_conf_set(configuration, name, value, text, size) == RD_KAFKA_CONF_OK ? true : nil
      }
    }
  }
}

/// What librdkafka's threads are given at each callback: the client's opaque pointer.
final class ClientContext: Sendable {
  let log: LogSink
  let connections = ClosedConnections()

  init(log: LogSink) { self.log = log }
}

/// Calls something that explains its failure in a buffer; `nil` from it is a failure of the configuration.
func withErrorText<Result>(
  subject: String? = nil, _ body: (UnsafeMutablePointer<CChar>, Int) -> Result?
) throws(KafkaError) -> Result {
  var text = [CChar](repeating: 0, count: Limits.errorTextBytes)
  let result = text.withUnsafeMutableBufferPointer { body($0.baseAddress!, $0.count) }
  guard let result else {
    let end = text.firstIndex(of: 0) ?? text.endIndex
    let detail = String(decoding: text[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self)
    throw KafkaError(.configuration, subject: subject, detail: detail)
  }
  return result
}
