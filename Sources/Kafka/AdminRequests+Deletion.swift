internal import CRdkafka
internal import LogPositions

extension AdminRequests {
  // MARK: DeleteTopics

  /// - Throws: retriable errors too; "there is none" is not an error.
  func delete(timeout: Duration) throws(KafkaError) {
    var topic: OpaquePointer? = rd_kafka_DeleteTopic_new(name)
    guard topic != nil else { throw KafkaError(.configuration, subject: name) }
    defer { rd_kafka_DeleteTopic_destroy(topic) }
    let event = try request(RD_KAFKA_ADMIN_OP_DELETETOPICS, timeout: timeout) { options in
      rd_kafka_DeleteTopics(handle.pointer, &topic, 1, options, replies)
    }
    defer { rd_kafka_event_destroy(event) }
    var count = 0
    guard let topics = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count) else {
      throw KafkaError(.other, detail: "DeleteTopics answered without a result")
    }
    for index in 0..<count {
      let error = rd_kafka_topic_result_error(topics[index])
      if error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART { continue }
      throw KafkaError(
        error, rd_kafka_topic_result_error_string(topics[index]).map { String(cString: $0) }, subject: name)
    }
  }

  // MARK: DeleteRecords

  /// - Throws: the first partition's error.
  func deleteRecords(before offsets: [Partition: Offset], timeout: Duration) throws(KafkaError) {
    let list = PartitionList()
    for (partition, offset) in offsets { list.add(name, partition, offset: offset) }
    var deletion: OpaquePointer? = list.lend { rd_kafka_DeleteRecords_new($0) }
    guard deletion != nil else { throw KafkaError(.configuration, subject: name) }
    defer { rd_kafka_DeleteRecords_destroy(deletion) }
    let event = try request(RD_KAFKA_ADMIN_OP_DELETERECORDS, timeout: timeout) { options in
      rd_kafka_DeleteRecords(handle.pointer, &deletion, 1, options, replies)
    }
    // The list of results is the event's.
    defer { rd_kafka_event_destroy(event) }
    guard let found = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event)) else {
      throw KafkaError(.other, detail: "DeleteRecords answered without a result")
    }
    for partition in UnsafeBufferPointer(start: found.pointee.elems, count: Int(found.pointee.cnt)) {
      guard partition.err == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(partition.err, subject: name) }
    }
  }
}
