internal import CRdkafka
internal import Logging

/// One librdkafka producer with its topic object and its main queue, released in the order that librdkafka requires
/// (queues and topics, then the client).
///
/// `@unchecked Sendable`: rd_kafka_t, topics and queues are thread-safe; the pointers never change.
final class ProducerClient: @unchecked Sendable {
  let handle: ClientHandle
  let topic: OpaquePointer
  let mainQueue: OpaquePointer

  init(cluster: ClusterSettings, topic: String, tuning: ProducerTuning, logger: Logger) throws(KafkaError) {
    handle = try ClientHandle(
      .producer, cluster: cluster, fixed: tuning.settings, events: RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR,
      logger: logger)
    // The second argument NULL: the topic takes its configuration from the client's.
    guard let topic = rd_kafka_topic_new(handle.pointer, topic, nil) else {
      throw KafkaError(rd_kafka_last_error())
    }
    self.topic = topic
    mainQueue = rd_kafka_queue_get_main(handle.pointer)
  }

  deinit {
    rd_kafka_queue_destroy(mainQueue)
    rd_kafka_topic_destroy(topic)
  }

  /// Records (and events) that were not reported yet: rd_kafka_outq_len counts a record until the event with its
  /// report has been destroyed.
  var outstanding: Int { Int(rd_kafka_outq_len(handle.pointer)) }

  /// Gives up everything: each record still gets a report, with an error. Only for the producer's own thread: it waits
  /// for librdkafka's broker threads.
  func giveUp() {
    _ = rd_kafka_purge(handle.pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
  }

  /// Sends every connected broker a small request, whose answer nobody needs.
  ///
  /// librdkafka asks for the leaders the broker that it has sent something to last (`rd_kafka_broker_weight_usable`).
  /// For a producer that is the leader that it writes to. If that freezes, only this makes it ask another one before
  /// its records time out.
  func addressEveryBroker() {
    // The only request that goes to all brokers. Dead groups are hardly ever any, so the answers stay small. Its own
    // timeout, `socket.timeout.ms`, is long: a shorter one would cut the connection to a leader that waits for a
    // replica.
    let options = rd_kafka_AdminOptions_new(handle.pointer, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS)
    defer { rd_kafka_AdminOptions_destroy(options) }
    // A filter that is not taken makes the answers longer, no more.
    rd_kafka_error_destroy(
      rd_kafka_AdminOptions_set_match_consumer_group_states(options, [RD_KAFKA_CONSUMER_GROUP_STATE_DEAD], 1))
    rd_kafka_ListConsumerGroups(handle.pointer, options, mainQueue)
  }

  /// Ends the wait of the producer's thread at once.
  func wakeThread() {
    rd_kafka_queue_yield(mainQueue)
  }

  /// Why the client cannot go on, if so.
  var fatalError: KafkaError? {
    let text = UnsafeMutablePointer<CChar>.allocate(capacity: Limits.errorTextBytes)
    defer { text.deallocate() }
    let error = rd_kafka_fatal_error(handle.pointer, text, Limits.errorTextBytes)
    guard error != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
    return KafkaError(.fatal, detail: "\(String(cString: rd_kafka_err2name(error))): \(String(cString: text))")
  }

  /// Makes librdkafka fail as it would by itself (rd_kafka_test_fatal_error: for "applications to test their error
  /// handling").
  func failFatally() {
    _ = rd_kafka_test_fatal_error(handle.pointer, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "on request")
  }
}
