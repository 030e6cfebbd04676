internal import CRdkafka
internal import LogPositions

/// Owns an `rd_kafka_topic_t`.
///
/// `@unchecked Sendable`: topics are thread-safe (rdkafka.h, preamble); the pointer never changes.
final class TopicHandle: @unchecked Sendable {
  let pointer: OpaquePointer
  private let handle: ClientHandle

  /// With NULL for a configuration the topic takes the client's.
  init(_ name: String, of handle: ClientHandle) throws(KafkaError) {
    guard let pointer = rd_kafka_topic_new(handle.pointer, name, nil) else {
      throw KafkaError(rd_kafka_last_error())
    }
    self.pointer = pointer
    self.handle = handle
  }

  deinit {
    rd_kafka_topic_destroy(pointer)
  }

  /// Blocks until a broker has answered. Asks for this topic alone: it exists, or asking for it could make it.
  func places(timeout: Duration) throws(KafkaError) -> [PartitionPlace] {
    var metadata: UnsafePointer<rd_kafka_metadata>?
    let error = rd_kafka_metadata(handle.pointer, 0, pointer, &metadata, timeout.milliseconds)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else { throw KafkaError(unanswered: error) }
    // "The returned metadata must be released with rd_kafka_metadata_destroy()".
    defer { rd_kafka_metadata_destroy(metadata) }
    guard let topic = UnsafeBufferPointer(start: metadata.pointee.topics, count: Int(metadata.pointee.topic_cnt)).first
    else { throw KafkaError(.unknownTopic) }
    guard topic.err == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(topic.err) }
    return UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt)).map(PartitionPlace.init(_:))
  }
}
